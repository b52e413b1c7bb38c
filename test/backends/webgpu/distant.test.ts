import { describe, it } from 'vitest';
import { webgpu } from '../../../src/backends/webgpu/index';
import { testDistant } from '../../nn/distant';
import { findWebGPU } from '../../setup/webgpu';

const gpu = await findWebGPU();

if (gpu === null) describe.skip('tensors and models of webgpu', () => it('needs an adapter', () => {}));
else testDistant(await webgpu({ gpu }));
