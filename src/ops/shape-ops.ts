export { broadcastTo, reshape, type ShapeAttrs } from './broadcast';
export * from './shape/join';
export * from './shape/layout';
export * from './shape/repeat';
export * from './shape/slice';
