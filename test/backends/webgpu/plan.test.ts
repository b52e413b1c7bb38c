import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference/index';
import { webgpu } from '../../../src/backends/webgpu/index';
import { compile } from '../../../src/compile/compile';
import type { Backend } from '../../../src/core/backend';
import { BackendError } from '../../../src/core/errors';
import {
  add,
  clip,
  conv2d,
  exp,
  grad,
  greater,
  logSoftmax,
  matmul,
  mean,
  mul,
  relu,
  rng,
  slice,
  sub,
  sum,
  type Tensor,
  tensor,
} from '../../../src/index';
import { expectSameLater, expectValues } from '../../ops/close';
import { findWebGPU } from '../../setup/webgpu';
import { losses } from './losses';

const gpu = await findWebGPU();

describe.skipIf(gpu === null)('plans on WebGPU', () => {
  const open = () => webgpu({ gpu: gpu! });
  const draw = rng('plans');
  const numbers = (shape: number[], backend: Backend): Tensor =>
    tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw.gaussian()),
      { shape, backend },
    );

  it('compute what operations one by one do, from inputs anywhere in their blocks, again and again', async () => {
    const backend = await open();
    const w = numbers([5, 7], backend);
    const f = (x: Tensor, b: Tensor) => {
      const y = relu(add(matmul(x, w), b));
      return { y, z: sum(exp(mul(logSoftmax(y), 0.5)), { axis: 1 }), total: mean(sub(y, b)) };
    };
    const planned = compile(f);
    for (let i = 0; i < 3; i++) {
      const x = slice(numbers([6, 5], backend), [i], [i + 3]);
      const b = numbers([7], backend);
      const [got, wanted] = [planned(x, b), f(x, b)];
      for (const key of ['y', 'z', 'total'] as const) await expectSameLater(got[key], wanted[key], `${key}, run ${i}`);
    }
    expect(planned.plans).toBe(1);
    expect(planned.peakBytes).toBeGreaterThan(0);
    planned.dispose();
  });

  it('do what follows a product as it is written', async () => {
    const backend = await open();
    const labels: string[] = [];
    const { device } = backend;
    const create = device.createComputePipeline.bind(device);
    device.createComputePipeline = (descriptor) => {
      labels.push(descriptor.label ?? '');
      return create(descriptor);
    };
    const [x, w, b] = [numbers([2, 5, 5, 3], backend), numbers([3, 3, 3, 4], backend), numbers([4], backend)];
    const f = (v: Tensor) => greater(clip(add(conv2d(v, w), b), -0.5, 1), mul(b, 0.1));
    const planned = compile(f);
    await expectSameLater(planned(x), f(x), 'convolution');
    expect(labels.filter((l) => l.startsWith('product')).join()).toMatch(/conv output .*clip.*greater/);
    // The loop over the inner axis in parts leaves what follows to a kernel of its own.
    const long = compile((v: Tensor, u: Tensor) => relu(matmul(v, u)));
    const [left, right] = [numbers([2, 3000], backend), numbers([3000, 2], backend)];
    await expectSameLater(long(left, right), relu(matmul(left, right)), 'long product');
    for (const plan of [planned, long]) plan.dispose();
  });

  it('are one submission', async () => {
    const backend = await open();
    const x = numbers([4, 4], backend);
    const step = compile((v: Tensor) => sub(v, mul(grad((u: Tensor) => sum(mul(u, matmul(u, u))))(v), 0.01)));
    await step(x).data();
    const before = backend.submissions;
    step(x);
    expect(backend.submissions - before).toBe(1);
    step.dispose();
  });

  it('give their memory back', async () => {
    const backend = await open();
    const x = numbers([16, 16], backend);
    const run = async (): Promise<void> => {
      const f = compile((v: Tensor) => sum(exp(matmul(relu(matmul(v, v)), v))));
      const y = f(x);
      await y.data();
      y.dispose();
      f.dispose();
    };
    await run();
    const before = backend.buffers;
    for (let i = 0; i < 5; i++) await run();
    expect(backend.buffers).toEqual(before);
  });

  it('refuse what asks the host', async () => {
    const backend = await open();
    const { hostScalar } = await import('../../../src/ops/host-scalar');
    const f = compile((v: Tensor) => hostScalar((u) => u + 1, v));
    expect(() => f(tensor(1, { backend }))).toThrow(BackendError);
  });

  it('train a network along the same losses as the reference', async () => {
    const [got, wanted] = [await losses(await open(), 50), await losses(reference(), 50)];
    expect(got.length).toBe(51);
    expectValues(got, wanted, 1e-4, 'loss');
  }, 300_000);
});
