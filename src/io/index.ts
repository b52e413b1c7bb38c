/**
 * Files: tensors as safetensors.
 *
 * @module
 */

export { loadSafetensors, type Safetensors, saveSafetensors, type SaveSafetensorsOptions } from './safetensors';
