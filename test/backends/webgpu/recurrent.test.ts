import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference/index';
import { webgpu } from '../../../src/backends/webgpu/index';
import { findWebGPU } from '../../setup/webgpu';
import { furthest, trainLayers } from '../gpujs/scenario';

const gpu = await findWebGPU();

describe.skipIf(gpu === null)('recurrent layers on webgpu', () => {
  it('go step by step, and learn what they learn on the reference', async () => {
    const name = 'an LSTM';
    const [got, wanted] = [await trainLayers(name, await webgpu({ gpu: gpu! })), await trainLayers(name, reference())];
    expect(furthest(got, wanted)).toBeLessThan(1e-5);
  });
});
