export { type CheckLayerOptions, checkLayer, type LayerFactory } from './check-layer';
export { type CheckPassOptions, checkPass } from './check-pass';
