import { describe, it } from 'vitest';
import { webgpu } from '../../../src/backends/webgpu/index';
import { testGradientsAsync } from '../../ops/parity-async';
import { findWebGPU } from '../../setup/webgpu';
import { REFUSED } from './refused';

const gpu = await findWebGPU();
if (gpu === null) describe.skip('gradients on webgpu', () => it('needs an adapter', () => {}));
else {
  const promises = { tolerance: 4e-6, specials: 1e-5, isMissing: (name: string) => REFUSED.has(name) };
  testGradientsAsync('webgpu', () => webgpu({ gpu }), promises);
}
