import { describe, expect, it } from 'vitest';
import { grad } from '../../../src/autograd/grad';
import { wasm } from '../../../src/backends/wasm/index';
import type { Backend } from '../../../src/core/backend';
import type { DType } from '../../../src/core/dtype';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { cast, mul } from '../../../src/ops/elementwise';
import { normalizeRows } from '../../../src/ops/normalize';
import { sum } from '../../../src/ops/reduce';
import * as activations from '../../../src/ops/softmax';
import { expectSameBitsShattered } from './shattered';
import {
  countFallbacks,
  describeTwin,
  expectSame,
  randomShape,
  randomValue,
  referenceBackend,
  twin,
  wasmBackend,
} from './support';

type Unary = (x: Tensor) => Tensor;

/** The gradient of Σ w·f(x): a kernel of its own. */
const gradientOf =
  (f: Unary) =>
  (x: Tensor, w: Tensor): Tensor =>
    grad((t: Tensor) => sum(mul(f(t), w)))(x);

/** `f` on the tested backend by kernels alone, and with the same bits however the work is divided. */
function byKernels(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  let got!: Tensor;
  expect(countFallbacks(wasmBackend, () => (got = f(...inputs)))).toEqual([]);
  expectSameBitsShattered((...all) => [f(...all)], inputs);
  return got;
}

describe('softmax', () => {
  it.each([
    ['softmax', activations.softmax],
    ['logSoftmax', activations.logSoftmax],
  ] as const)('%s equals the reference over lengths, axes and layouts', (name, f) => {
    const rng = new Rng(name);
    for (let round = 0; round < 150; round++) {
      const shape = [...randomShape(rng, rng.integer(3), 5), 1 + rng.integer(40)];
      const specials = [NaN, Infinity, -Infinity, 1000, -1000];
      const value = (r: Rng): number => (r.random() < 0.02 ? specials[r.integer(5)]! : randomValue(r, 'float32', 20));
      const x = twin(rng, 'float32', shape, { value });
      const axis = rng.integer(shape.length) - (round % 2 ? 0 : shape.length);
      const got = byKernels((t) => f(t, { axis }), x.tested);
      expectSame(got, f(x.truth, { axis }), undefined, `${name} along ${axis} of ${describeTwin(x)}`);
    }
  });

  it.each([
    ['softmax', activations.softmax],
    ['logSoftmax', activations.logSoftmax],
  ] as const)('the gradient of %s equals the reference over lengths, axes and layouts', (name, f) => {
    const rng = new Rng(`${name} gradient`);
    for (let round = 0; round < 100; round++) {
      const shape = [...randomShape(rng, rng.integer(3), 5), 1 + rng.integer(70)];
      const [x, w] = [twin(rng, 'float32', shape), twin(rng, 'float32', shape)];
      const axis = rng.integer(shape.length) - (round % 2 ? 0 : shape.length);
      const pull = gradientOf((t) => f(t, { axis }));
      // What is subtracted is of the size of the sum of the cotangents.
      const tolerance = 1e-5 + 1e-6 * shape.at(axis)!;
      expectSame(
        byKernels(pull, x.tested, w.tested),
        pull(x.truth, w.truth),
        tolerance,
        `along ${axis} of ${describeTwin(x)}`,
      );
    }
  });
});

describe('normalizeRows', () => {
  const unit = (rng: Rng, mean: number) => ({ value: (): number => mean + rng.random() - 0.5 });

  it.each([0, 3, -1000])('equals the reference around %d, over lengths and layouts', (mean) => {
    const rng = new Rng('rows');
    for (let round = 0; round < 80; round++) {
      const shape = [...randomShape(rng, rng.integer(3), 5), 1 + rng.integer(300)];
      const x = twin(rng, 'float32', shape, unit(rng, mean));
      const f = (t: Tensor): Tensor => normalizeRows(t, 1e-3);
      expectSame(byKernels(f, x.tested), f(x.truth), 1e-5, describeTwin(x));
    }
  });

  it('has the gradient of the reference', () => {
    const rng = new Rng('rows gradient');
    for (let round = 0; round < 80; round++) {
      const shape = [...randomShape(rng, rng.integer(3), 5), 1 + rng.integer(300)];
      const [x, w] = [twin(rng, 'float32', shape, unit(rng, 2)), twin(rng, 'float32', shape)];
      const pull = gradientOf((t) => normalizeRows(t, 1e-3));
      expectSame(byKernels(pull, x.tested, w.tested), pull(x.truth, w.truth), 1e-4, describeTwin(x));
    }
  });

  /** Rows whose moments are hard to take in one pass: element `i` of `n`, given a normal number. */
  const HARD: readonly (readonly [string, (z: number, i: number, n: number) => number])[] = [
    ['far from 0', (z) => 1e4 + z],
    ['of noise that floats hardly hold', (z) => -1e6 + 3 * z],
    ['beginning elsewhere', (z, i) => (i < 16 ? 0 : 1e4 + z)],
    ['beginning with one far off', (z, i) => (i === 0 ? 1e5 : z)],
    ['ending with one far off', (z, i, n) => (i === n - 1 ? 1e6 : z)],
    ['of two levels', (z, i, n) => (2 * i < n ? 1e4 + z : z)],
    ['rising', (z, i) => i + z],
    ['too large for their squares', (z) => 1e19 * z],
    ['with one such far off', (z, i) => (i === 20 ? -3e30 : z)],
    ['as large as floats are', (z) => 3.3e38 * Math.tanh(z)],
  ];
  const deterministic = wasm({ threads: 1, deterministic: true });
  const LENGTHS = [1, 2, 15, 16, 17, 127, 128, 129, 255, 256, 257, 500, 512, 1000, 4100];

  /** Rows that are filled by `f`, for backends: in float32, and the same numbers in doubles. */
  function hardRows(f: (z: number, i: number, n: number) => number, n: number) {
    const rng = new Rng(`hard ${n}`);
    const data = Float32Array.from({ length: 2 * n }, (_, i) => f(rng.gaussian(), i % n, n));
    const cotangent = Float32Array.from({ length: 2 * n }, () => 2 + rng.gaussian());
    return (backend: Backend, dtype: DType): [Tensor, Tensor] => {
      const of = (x: Float32Array): Tensor => tensor(x, { shape: [2, n], dtype, backend });
      return [of(data), of(cotangent)];
    };
  }

  const largest = (x: Tensor): number => Math.max(...[...x.dataSync()].map(Math.abs));

  it.each(HARD)('keeps its digits in rows %s', (_, f) => {
    for (const n of LENGTHS) {
      const rows = hardRows(f, n);
      const normalized = (x: Tensor): Tensor => normalizeRows(x, 1e-5);
      const pull = gradientOf(normalized);
      const [x, w] = rows(referenceBackend, 'float64');
      const [truth, slope] = [normalized(x), pull(x, w)];
      for (const backend of [wasmBackend, deterministic]) {
        const [t, u] = rows(backend, 'float32');
        expectSame(cast(normalized(t), 'float64'), truth, 3e-6, `rows of ${n}`);
        // That of shorter rows is what rounding leaves of 0.
        if (n < 15 || largest(slope) < 1e-30) continue;
        const unit = 1 / largest(slope);
        const got = mul(cast(pull(t, u), 'float64'), unit);
        expectSame(got, mul(slope, unit), 3e-6, `gradient of rows of ${n}`);
      }
    }
  });

  it('is 0 for rows of one number', () => {
    for (const n of LENGTHS) {
      const x = tensor(new Float32Array(2 * n).fill(0.1), { shape: [2, n], backend: wasmBackend });
      expect(
        normalizeRows(x, 1e-12)
          .dataSync()
          .every((y: number) => y === 0),
      ).toBe(true);
    }
  });
});
