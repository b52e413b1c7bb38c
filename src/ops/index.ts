/** Every operation, for the floors above. The public face picks from it in `src/index.ts`. */
export * from './conv';
export * from './create';
export * from './decompose';
export * from './einsum';
export * from './elementwise';
export * from './fake-quantize';
export * from './index-ops';
export * from './linear';
export * from './pool';
export * from './quantized';
export * from './random';
export * from './reduce';
export * from './resize';
export * from './shape-ops';
export * from './softmax';
export * from './transfer';
