import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference/index';
import { WebGPUBackend } from '../../../src/backends/webgpu/backend';
import { webgpu } from '../../../src/backends/webgpu/index';
import { KERNELS } from '../../../src/backends/webgpu/kernels';
import { compile } from '../../../src/compile/compile';
import type { Backend } from '../../../src/core/backend';
import { BackendError } from '../../../src/core/errors';
import * as kp from '../../../src/index';
import { rng, type Tensor, tensor } from '../../../src/index';
import { normalizeRows } from '../../../src/ops/normalize';
import { randomUniform } from '../../../src/ops/random-uniform';
import { expectSameLater } from '../../ops/close';
import { findWebGPU } from '../../setup/webgpu';

/** Binds 384 elements of at most 1536 bytes that begin anywhere. */
const LIMIT = 1792;

type Numbers = (...shape: number[]) => Tensor;
type Case = readonly [name: string, run: (x: Numbers, backend: Backend) => Tensor | readonly Tensor[]];

/** The gradient of Σ f·c by every input. */
function gradients(f: (...xs: Tensor[]) => Tensor, xs: readonly Tensor[], x: Numbers): Tensor[] {
  const c = x(...f(...xs).shape);
  return kp.grad((own: Tensor[]) => kp.sum(kp.mul(f(...own), c)))([...xs]) as Tensor[];
}

const withGradients =
  (f: (...xs: Tensor[]) => Tensor, ...shapes: number[][]) =>
  (x: Numbers): readonly Tensor[] => {
    const xs = shapes.map((shape) => x(...shape));
    return [f(...xs), ...gradients(f, xs, x)];
  };

const index = (values: number[], backend: Backend): Tensor => tensor(values, { dtype: 'int32', backend });

const CASES: readonly Case[] = [
  ['matmul by rows', (x) => kp.matmul(x(100, 9), x(9, 7))],
  ['matmul by columns', (x) => kp.matmul(x(3, 20), x(20, 90))],
  ['matmul by the inner axis', (x) => kp.matmul(x(2, 700), x(700, 2))],
  ['matmul of transposed', (x) => kp.matmul(x(9, 100), x(80, 9), { transposeA: true, transposeB: true })],
  ['matmul by batches', (x) => kp.matmul(x(30, 1, 4, 6), x(7, 6, 5))],
  ['matmul of a column of a large matrix', (x) => kp.matmul(x(2, 100), kp.slice(x(100, 30), [0, 4], [100, 6]))],
  ['convolution', withGradients((u, k) => kp.conv2d(u, k, { padding: 'same' }), [6, 7, 8, 4], [3, 3, 4, 5])],
  ['convolution with a large kernel', withGradients((u, k) => kp.conv2d(u, k), [1, 4, 4, 12], [3, 3, 12, 10])],
  ['depthwise convolution', withGradients((u, k) => kp.depthwiseConv2d(u, k), [5, 8, 8, 3], [3, 3, 3, 2])],
  ['grouped convolution', withGradients((u, k) => kp.conv2d(u, k, { groups: 2 }), [5, 6, 6, 8], [2, 2, 4, 6])],
  ['sums', (x) => [kp.sum(x(20, 41)), kp.sum(x(20, 41), { axis: 0 }), kp.sum(x(20, 41), { axis: 1, keepDims: true })]],
  ['mean over inner axes', (x) => kp.mean(x(9, 5, 30), { axis: [1, 2] })],
  ['products and extrema', (x) => [kp.prod(x(3, 400), { axis: 1 }), kp.max(x(900)), kp.min(x(30, 30), { axis: 0 })]],
  ['truth', (x) => [kp.any(kp.greater(x(900), 3)), kp.all(kp.less(x(30, 30), 2), { axis: 1 })]],
  ['places of extrema', (x) => [kp.argMax(x(60, 12), { axis: 1 }), kp.argMin(x(12, 60), { axis: 0 })]],
  ['running sums', (x) => kp.cumsum(x(40, 20), { axis: 1 })],
  ['softmax', withGradients((u) => kp.softmax(u), [20, 40])],
  ['logSoftmax on the first axis', withGradients((u) => kp.logSoftmax(u, { axis: 0 }), [20, 40])],
  ['layer normalisation', withGradients((u) => normalizeRows(u, 1e-3), [20, 40])],
  [
    'gather from a large table',
    (x, backend) => {
      const wanted = index([4, 0, 99, -1], backend);
      return withGradients((u) => kp.gather(u, wanted), [100, 9])(x);
    },
  ],
  [
    'gather many',
    (x, backend) => {
      const wanted = index(
        Array.from({ length: 200 }, (_, i) => (i * 7) % 5),
        backend,
      );
      return withGradients((u) => kp.gather(u, wanted, { axis: 1 }), [2, 5, 3])(x);
    },
  ],
  ['gather along an axis', (x) => kp.takeAlongAxis(x(20, 40), kp.argSort(x(20, 40)), { axis: 1 })],
  ['order', (x) => [kp.sort(x(20, 40)), kp.topK(x(40, 20), 3).values]],
  ['classes as rows', (_, backend) => kp.oneHot(index([3, 1, 250, 7, 0], backend), 300)],
  ['largest of windows', withGradients((u) => kp.maxPool2d(u, 2), [5, 8, 8, 3])],
  ['mean of windows', withGradients((u) => kp.avgPool2d(u, 3, { strides: 2, padding: 'same' }), [5, 7, 7, 3])],
  ['images of another size', withGradients((u) => kp.resize(u, [11, 9], { mode: 'bilinear' }), [3, 8, 8, 3])],
  [
    'padding and slices',
    withGradients(
      (u) =>
        kp.pad(kp.slice(u, [1, 2], [18, 39]), [
          [2, 3],
          [1, 0],
        ]),
      [20, 40],
    ),
  ],
  ['turned and put together', (x) => kp.concat([kp.transpose(x(20, 40)), x(40, 20)], 1)],
];

const gpu = await findWebGPU();

describe.skipIf(gpu === null)('operations on more than a device binds at once', async () => {
  const device = gpu === null ? null! : (await webgpu({ gpu })).device;
  const backend = gpu === null ? null! : new WebGPUBackend(device, KERNELS, { limits: { bindingBytes: LIMIT } });
  const truth = reference();
  const numbersOn = (own: Backend): Numbers => {
    const draw = rng('split');
    return (...shape) =>
      tensor(
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw.gaussian()),
        { shape, backend: own },
      );
  };
  const list = (y: Tensor | readonly Tensor[]): readonly Tensor[] => (Array.isArray(y) ? y : [y as Tensor]);

  it.each(CASES)('%s', async (_, run) => {
    const wanted = list(run(numbersOn(truth), truth));
    for (const [i, y] of list(run(numbersOn(backend), backend)).entries())
      await expectSameLater(y, wanted[i]!, `result ${i}`);
  });

  it('draws the same random numbers', async () => {
    const draw = (own: Backend) => randomUniform(index([5, 6], own), { shape: [1003], stream: 2 });
    expect(await draw(backend).data()).toEqual(await draw(truth).data());
  });

  it('computes the same in plans, with what follows a product', async () => {
    const results = [];
    for (const own of [truth, backend]) {
      const x = numbersOn(own);
      const [a, w, b] = [x(60, 9), x(9, 20), x(60, 20)];
      const f = compile((u: Tensor) => kp.softmax(kp.relu(kp.add(kp.matmul(u, w), b))));
      results.push(f(a));
    }
    await expectSameLater(results[1]!, results[0]!);
  });

  it('says what it is that has to be split otherwise', () => {
    const x = numbersOn(backend);
    for (const f of [
      () => kp.softmax(x(1, 900)),
      () => kp.cumsum(x(900)),
      () => kp.argMax(x(900)),
      () => kp.conv2d(x(1, 30, 30, 1), x(3, 3, 1, 1)),
      () => kp.gather(x(900), index([1], backend)),
    ]) {
      expect(f).toThrow(BackendError);
      expect(f).toThrow(/more than this device can bind at once \(1792\). Split it/);
    }
  });
});
