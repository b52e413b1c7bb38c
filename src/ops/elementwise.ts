export * from './elementwise/activations';
export * from './elementwise/arithmetic';
export { type CastAttrs, cast } from './elementwise/cast';
export * from './elementwise/comparison';
export * from './elementwise/exponential';
export * from './elementwise/rounding';
export * from './elementwise/select';
export * from './elementwise/stop-gradient';
export * from './elementwise/trigonometry';
