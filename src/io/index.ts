/**
 * Files: tensors and fitted estimators as safetensors.
 *
 * @module
 */

export type { ByteSink, ByteSource } from '../data/files';
export { loadEstimator, saveEstimator } from './estimators';
export { loadSafetensors, type Safetensors, type SaveSafetensorsOptions, saveSafetensors } from './safetensors';
