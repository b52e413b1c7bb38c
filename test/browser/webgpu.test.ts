import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { webgpu } from '../../src/backends/webgpu/index';
import { BackendError } from '../../src/core/errors';
import { add, tensor } from '../../src/index';
import { losses } from '../backends/webgpu/losses';
import { REFUSED } from '../backends/webgpu/refused';
import { expectValues } from '../ops/close';
import { testParity } from '../ops/parity';

// Every layout is tried in Node; here the compiler of the browser is what is new.
testParity(await webgpu(), undefined, { refused: REFUSED, layouts: ['contiguous', 'strided'] });

describe('WebGPU in a page', () => {
  it('trains a network along the same losses as the reference', async () => {
    const [got, wanted] = [await losses(await webgpu(), 50), await losses(reference(), 50)];
    expectValues(got, wanted, 1e-4, 'loss');
  }, 300_000);

  it('says when its device is lost', async () => {
    const backend = await webgpu();
    const x = tensor([1, 2], { backend });
    expect(await add(x, 1).toArray()).toEqual([2, 3]);
    backend.device.destroy();
    await backend.device.lost;
    await expect(x.data()).rejects.toThrow(BackendError);
    expect(() => add(x, 1)).toThrow(/the device is lost/);
  });
});
