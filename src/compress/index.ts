export { multiplyByQuantizedMultiplier, type QuantizedMultiplier, quantizeMultiplier } from '../core/fixed-point';
export { type FakeQuantizeOptions, fakeQuantize } from '../ops/fake-quantize';
export { type DistillOptions, distill } from './distill';
export { type DistillationOptions, distillationLoss } from './distillation-loss';
export { type FinetuneOptions, finetune } from './finetune';
export { foldBatchNorm } from './fold-batch-norm';
export { type Observer, type ObserverKind, type ObserverOptions, observer } from './observer';
export { compress, type Pass } from './pass';
export { type PruneOptions, prune } from './prune';
export { affineParams, type IntegerRange, type QuantizationParams, symmetricParams } from './quantization-params';
export { type QuantizeOptions, quantize } from './quantize';
export {
  type CompressionReport,
  compressionReport,
  type LayerCost,
  type ModelCost,
  type ReportOptions,
} from './report';
export type { Criterion } from './saliency';
export { type PolynomialDecayOptions, polynomialDecay, type SparsitySchedule } from './schedule';
