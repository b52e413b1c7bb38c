import { describe, expect, it } from 'vitest';
import { gpujs } from '../../../src/backends/gpujs/index';
import { BackendError } from '../../../src/core/errors';
import { asynchronous } from './asynchronous';
import { add, exp, int32Sum, mul, scope, sum, tensor } from './ops';
import { gpuJs } from './peer';

describe.skipIf(gpuJs === null)('kernels that answer with promises', () => {
  const open = async () => gpujs(asynchronous(gpuJs!), { mode: 'cpu' });

  it('wait for each other, and the reader for them', async () => {
    const x = tensor([1, 2, 3], { backend: await open() });
    const y = scope(() => sum(mul(add(x, 1), exp(mul(x, 0)))));
    expect(() => y.dataSync()).toThrow(/Await x\.data\(\) instead/);
    expect(() => y.dataSync()).toThrow(BackendError);
    expect(Array.from(await y.data())).toEqual([9]);
  });

  it('use what was freed before they began', async () => {
    const x = tensor([1, 2, 3], { backend: await open() });
    const y = add(mul(x, 2), 1);
    x.dispose();
    expect(await y.toArray()).toEqual([3, 5, 7]);
  });

  it('hand on what failed to those who wait, and to nobody else', async () => {
    const backend = await open();
    const module = gpuJs as { GPU: { prototype: { createKernel(source: string, settings: object): unknown } } };
    class Failing extends (module.GPU as unknown as new (
      s: object,
    ) => { createKernel(source: string, s: object): unknown }) {
      override createKernel(source: string, settings: object): unknown {
        const kernel = super.createKernel(source, settings) as (...args: unknown[]) => unknown;
        if (!source.includes('Math.sqrt')) return kernel;
        return Object.assign(() => Promise.reject(new Error('out of something')), {
          kernel: (kernel as never as { kernel: unknown }).kernel,
          destroy: () => {},
        });
      }
    }
    const failing = await gpujs({ GPU: Failing }, { mode: 'cpu' });
    const { sqrt } = await import('../../../src/ops/elementwise');
    const x = tensor([4, 9], { backend: failing });
    const wrong = add(sqrt(x), 1);
    await expect(wrong.data()).rejects.toThrow(/elementwise failed in mode 'cpu': out of something/);
    await expect(wrong.data()).rejects.toThrow(BackendError);
    expect(await add(x, 1).toArray()).toEqual([5, 10]);
    await expect(int32Sum(backend).data()).rejects.toThrow(/exact below 2\^24/);
  });
});
