/**
 * Files: tensors as safetensors.
 *
 * @module
 */

export type { ByteSink, ByteSource } from '../data/files';
export { loadSafetensors, type Safetensors, type SaveSafetensorsOptions, saveSafetensors } from './safetensors';
