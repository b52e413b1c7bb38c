/**
 * Files: tensors as safetensors.
 *
 * @module
 */

export { loadSafetensors, type Safetensors, type SaveSafetensorsOptions, saveSafetensors } from './safetensors';
