import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import {
  type Compiled,
  cast,
  compile,
  gather,
  grad,
  mul,
  ones,
  ShapeError,
  scatterAdd,
  slice,
  sum,
  type Tensor,
  takeAlongAxis,
  tensor,
  transpose,
  zeros,
} from '../../src/index';
import { dense, embedding, flatten, sequential } from '../../src/nn/index';

const BACKENDS = [wasm({ threads: 1 }), wasm({ threads: 2 }), reference()].map(
  (backend, i) => [`${backend.name} ${i}`, backend] as const,
);
type Call = (x: Tensor, indices: Tensor) => Tensor;
/** Each takes three rows of two, and indices of shape [2, 2] whose range is that of the rows. */
const CALLS: readonly (readonly [string, Call])[] = [
  ['gather', (x, i) => gather(x, i)],
  ['gather along the last axis', (x, i) => gather(transpose(x), i, { axis: 1 })],
  ['gather by some of them', (x, i) => gather(x, slice(i, [1], [2]))],
  ['gather by a transpose', (x, i) => gather(x, transpose(i))],
  ['scatterAdd', (x, i) => scatterAdd(x, i, ones([2, 2, 2], { backend: x.backend }))],
  ['takeAlongAxis', (x, i) => takeAlongAxis(x, i, { axis: 0 })],
  ['the gradient of gather', (x, i) => grad((v: Tensor) => sum(mul(gather(v, i), gather(v, i))))(x)],
  ['the gradient of takeAlongAxis', (x, i) => grad((v: Tensor) => sum(takeAlongAxis(v, i, { axis: 0 })))(x)],
];

function failure(f: () => unknown): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(BACKENDS)('compiled functions of indices on %s', (_, backend) => {
  const x = tensor([[1, 2], [3, 4], [5, 6]], { backend }); // biome-ignore format: a table
  const indices = (...values: number[]): Tensor => tensor(values, { dtype: 'int32', shape: [2, 2], backend });

  it.each(CALLS)('%s: an index out of range is refused as it is without compiling', (_name, f) => {
    const compiled: Compiled<[Tensor, Tensor], Tensor> = compile(f);
    const fine = indices(0, 1, 2, -3);
    const want = f(x, fine).toArraySync();
    expect(compiled(x, fine).toArraySync()).toEqual(want);
    for (const wrong of [3, -4, 1e9, -(2 ** 31)]) {
      const eager = failure(() => f(x, indices(0, 1, wrong, 2)));
      const error = failure(() => compiled(x, indices(0, 1, wrong, 2)));
      expect(error, String(wrong)).toBeInstanceOf(ShapeError);
      expect((error as Error).message).toBe((eager as Error).message);
    }
    // The plan is as good as before.
    expect(compiled(x, fine).toArraySync()).toEqual(want);
    expect(compiled.plans).toBe(1);
    compiled.dispose();
  });

  it('refuses them in the call that makes the plan, and when they are constants', () => {
    expect(() => compile((v: Tensor, i: Tensor) => gather(v, i))(x, indices(0, 0, 0, 9))).toThrow(/index 9/);
    expect(() => compile((v: Tensor) => gather(v, [9]))(x)).toThrow(/gather: index 9.*\[3, 2\]/);
    const known = indices(0, 0, -7, 0);
    expect(() => compile((v: Tensor) => gather(v, known))(x)).toThrow(/gather: index -7/);
    expect(() => compile(() => gather([1, 2], [5]))()).toThrow(/index 5/);
  });

  it('looks at a part of a larger tensor where it lies', () => {
    const f = compile((v: Tensor, i: Tensor) => gather(v, i));
    const many = tensor([9, 9, 1, 2, 9], { dtype: 'int32', backend });
    expect(f(x, slice(many, [2], [4])).toArraySync()).toEqual([[3, 4], [5, 6]]); // biome-ignore format: a table
    expect(() => f(x, slice(many, [3], [5]))).toThrow(/index 9/);
  });

  it('takes no indices, and any where nothing is picked', () => {
    const f = compile((v: Tensor, i: Tensor) => gather(v, i));
    expect(f(x, zeros([0], { dtype: 'int32', backend })).shape).toEqual([0, 2]);
    expect(() => f(zeros([0, 2], { backend }), zeros([1], { dtype: 'int32', backend }))).toThrow(ShapeError);
  });

  it('does not look at indices that are computed on the way', () => {
    const f = compile((v: Tensor, i: Tensor) => gather(v, cast(mul(i, 2), 'int32')));
    expect(f(x, tensor([0, 1], { backend })).toArraySync()).toEqual([[1, 2], [5, 6]]); // biome-ignore format: a table
  });
});

describe('embeddings', () => {
  const backend = wasm({ threads: 1 });
  const tokens = (last: number): Tensor => tensor([[1, 2], [3, last]], { dtype: 'int32', backend }); // biome-ignore format: a table

  it('say which token is out of range in fit and predict, with and without a plan', async () => {
    const model = sequential([embedding({ inputDim: 5, outputDim: 3 }), flatten(), dense({ units: 1 })], {
      inputShape: [2],
      seed: 1,
      backend,
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const y = tensor([[1], [0]], { backend });
    for (let i = 0; i < 3; i++) {
      await model.fit(tokens(4), y, { epochs: 2, verbose: 0 });
      await expect(model.fit(tokens(77), y, { epochs: 2, verbose: 0 })).rejects.toThrow(/embedding.*77/);
      await model.predict(tokens(4));
      await expect((async () => model.predict(tokens(77)))()).rejects.toThrow(/embedding.*77/);
    }
  });

  it('called in a compiled function of their own, too', () => {
    const layer = embedding({ inputDim: 5, outputDim: 3 });
    const f = compile(
      (table: Tensor, x: Tensor) => layer.call({ embeddings: table }, {}, x, { training: false, rng: null }).y,
    );
    expect(f(ones([5, 3], { backend }), tokens(4)).shape).toEqual([2, 2, 3]);
    expect(() => f(ones([5, 3], { backend }), tokens(5))).toThrow(/index 5/);
  });
});
