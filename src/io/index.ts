/**
 * Files: tensors and fitted estimators as safetensors, arrays of NumPy; models of Keras and TensorFlow.js.
 *
 * @module
 */

export type { ByteSink, ByteSource } from '../data/files';
export { loadEstimator, saveEstimator } from './estimators';
export type { ImportedModel } from './keras/build-model';
export { type FromKerasOptions, fromKeras } from './keras/from-keras';
export { type LoadKerasWeightsOptions, loadKerasWeights } from './keras/load-weights';
export type { CustomLayer } from './keras/make-layer';
export { type LoadNpyOptions, type LoadNpzOptions, loadNpy, loadNpz } from './numpy/load';
export { loadSafetensors, type Safetensors, type SaveSafetensorsOptions, saveSafetensors } from './safetensors';
export { type FromTFJSOptions, fromTFJS, type TFJSFiles } from './tfjs/from-tfjs';
