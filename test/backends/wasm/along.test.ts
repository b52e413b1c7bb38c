import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/autograd/grad';
import { scatterAddAlongAxisKernel, takeAlongAxisKernel } from '../../../src/backends/wasm/kernels';
import type { Primitive } from '../../../src/core/backend';
import type { DType } from '../../../src/core/dtype';
import { ShapeError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { oneHot, takeAlongAxis } from '../../../src/ops/index-ops';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, describeTwin, expectSame, randomShape, twin, wasmBackend } from './support';

const DTYPES: readonly DType[] = ['float32', 'float64', 'int32', 'int8', 'uint8', 'bool'];

/** `f` of tensors of the tested backend: by kernels alone, and with the same bits however the work is divided. */
function byKernels(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  let result!: Tensor;
  expect(countFallbacks(wasmBackend, () => (result = f(...inputs)))).toEqual([]);
  expectSameBitsShattered((...all) => [f(...all)], inputs);
  return result;
}

/** A random operand, and indices along a random axis, some of them negative and some given twice. */
function along(rng: Rng, dtype: DType, most: number) {
  const shape = randomShape(rng, 1 + rng.integer(3), most);
  const axis = rng.integer(shape.length);
  const n = shape[axis]!;
  const count = 1 + rng.integer(most);
  const picks = shape.map((m, i) => (i === axis ? count : m));
  const indices = twin(rng, 'int32', picks, { value: (r) => r.integer(2 * n) - n });
  return { x: twin(rng, dtype, shape), indices, axis };
}

describe('elements along an axis', () => {
  it('are picked as by the reference, of every dtype and layout', () => {
    const rng = new Rng('take');
    for (let round = 0; round < 120; round++) {
      const { x, indices, axis } = along(rng, DTYPES[round % DTYPES.length]!, round % 4 === 0 ? 40 : 9);
      const f = (t: Tensor, i: Tensor): Tensor => takeAlongAxis(t, i, { axis });
      const got = byKernels(f, x.tested, indices.tested);
      expectSame(got, f(x.truth, indices.truth), 0, `axis ${axis} of ${describeTwin(x)} by ${describeTwin(indices)}`);
    }
  });

  it('have gradients as by the reference: added in order, those of an index given twice, too', () => {
    const rng = new Rng('gradients');
    for (let round = 0; round < 40; round++) {
      const dtype = round % 2 === 0 ? 'float32' : 'float64';
      const { x, indices, axis } = along(rng, dtype, 30);
      const g = twin(rng, dtype, indices.truth.shape);
      const f = (t: Tensor, i: Tensor, c: Tensor): Tensor => vjp((u) => takeAlongAxis(u, i, { axis }), t)[1](c)[0];
      const got = byKernels(f, x.tested, indices.tested, g.tested);
      expectSame(got, f(x.truth, indices.truth, g.truth), 0, `axis ${axis} of ${describeTwin(x)}`);
    }
  });

  it('refuse an index out of range', () => {
    const x = tensor([1, 2, 3], { backend: wasmBackend });
    expect(() => takeAlongAxis(x, [0, 3])).toThrow(ShapeError);
    expect(() => takeAlongAxis(x, [-4])).toThrow(ShapeError);
  });

  it('are safe from indices that nobody could read beforehand', () => {
    const x = tensor([1, 2, 3], { backend: wasmBackend });
    const indices = tensor([2, 1e9, -4, -1, 3], { dtype: 'int32', backend: wasmBackend });
    const refuses = (name: string, kernel: unknown): Primitive => ({
      name,
      kernel,
      reference: () => expect.fail('the kernel must run'),
    });
    const picked = Tensor.allocate(wasmBackend, 'float32', [5]);
    wasmBackend.run(refuses('takeAlongAxis', takeAlongAxisKernel), [x, indices], picked, { axis: 0 });
    const values = picked.toArraySync() as number[];
    expect([values[0], values[3]]).toEqual([3, 3]);
    for (const value of values) expect([1, 2, 3]).toContain(value);
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      const sums = Tensor.allocate(wasmBackend, dtype, [3]);
      const start = tensor([1, 2, 3], { dtype, backend: wasmBackend });
      const tens = tensor([10, 10, 10, 10, 10], { dtype, backend: wasmBackend });
      wasmBackend.run(refuses('scatterAddAlongAxis', scatterAddAlongAxisKernel), [start, indices, tens], sums, {
        axis: 0,
      });
      expect(sums.toArraySync()).toEqual([1, 2, 23]);
    }
  });
});

describe('oneHot', () => {
  it('equals the reference over axes, dtypes and values, indices out of range included', () => {
    const rng = new Rng('oneHot');
    for (let round = 0; round < 120; round++) {
      const shape = randomShape(rng, rng.integer(4), 8);
      const depth = 1 + rng.integer(12);
      const indices = twin(rng, 'int32', shape, { value: (r) => r.integer(depth + 4) - 2 });
      const dtype = DTYPES[round % DTYPES.length]!;
      const axis = rng.integer(shape.length + 1);
      const [onValue, offValue] = round % 3 === 0 ? [1, 0] : [[2.75, -3, 300][rng.integer(3)]!, rng.integer(5) - 2.5];
      const f = (t: Tensor): Tensor => oneHot(t, depth, { axis, dtype, onValue, offValue });
      const label = `${depth} on axis ${axis} of ${describeTwin(indices)}, ${dtype} ${onValue} or ${offValue}`;
      expectSame(byKernels(f, indices.tested), f(indices.truth), 0, label);
    }
  });
});
