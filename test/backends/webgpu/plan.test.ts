import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference/index';
import { webgpu } from '../../../src/backends/webgpu/index';
import { compile } from '../../../src/compile/compile';
import type { Backend } from '../../../src/core/backend';
import { BackendError } from '../../../src/core/errors';
import {
  add,
  exp,
  grad,
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
import * as nn from '../../../src/nn/index';
import { expectSameLater, expectValues } from '../../ops/close';
import { findWebGPU } from '../../setup/webgpu';

const gpu = await findWebGPU();

/** Losses of the steps of a small convolutional network, all drawn from one seed. */
async function losses(backend: Backend, steps: number): Promise<number[]> {
  const batchSize = 8;
  const model = nn.sequential(
    [
      nn.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', padding: 'same' }),
      nn.maxPool2d({ poolSize: 2 }),
      nn.batchNorm(),
      nn.conv2d({ filters: 6, kernelSize: 3, activation: 'gelu' }),
      nn.flatten(),
      nn.dropout({ rate: 0.2 }),
      nn.dense({ units: 3 }),
    ],
    { inputShape: [8, 8, 2], seed: 1, backend },
  );
  model.compile({ optimizer: 'adam', loss: { name: 'sparseCategoricalCrossentropy', fromLogits: true } });
  const draw = rng('images');
  const n = batchSize * steps;
  const x = Float32Array.from({ length: n * 128 }, () => draw.random());
  const y = Float32Array.from({ length: n }, (_, i) => Math.floor(3 * x[i * 128]!));
  const found: number[] = [];
  const { history } = await model.fit({ data: x, shape: [n, 8, 8, 2] }, y, {
    epochs: 1,
    batchSize,
    shuffle: false,
    verbose: 0,
    seed: 3,
    callbacks: [{ onBatchEnd: (_, { loss }) => void found.push(loss!) }],
  });
  model.dispose();
  return [...found, ...history.loss];
}

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
  }, 120_000);
});
