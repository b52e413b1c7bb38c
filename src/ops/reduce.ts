export { sum } from './broadcast';
export * from './reduce/extrema';
export * from './reduce/logical';
export type { ReduceAttrs, ReduceOptions } from './reduce/loop';
export * from './reduce/moments';
export * from './reduce/product';
export * from './reduce/scan';
