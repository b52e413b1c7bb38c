import { describe, expect, it } from 'vitest';
import { grad } from '../../../src/autograd/grad';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { mul } from '../../../src/ops/elementwise';
import { normalizeRows } from '../../../src/ops/normalize';
import { sum } from '../../../src/ops/reduce';
import * as activations from '../../../src/ops/softmax';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, describeTwin, expectSame, randomShape, randomValue, twin, wasmBackend } from './support';

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
});
