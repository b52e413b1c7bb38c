import { describe, expect, it } from 'vitest';
import type { DType } from '../../../src/core/dtype';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { cumsum } from '../../../src/ops/reduce';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, describeTwin, expectSame, randomShape, randomValue, twin, wasmBackend } from './support';

const DTYPES: readonly DType[] = ['float32', 'float64', 'int32', 'int8', 'uint8', 'bool'];

function expectTrue(x: ReturnType<typeof twin>, options: { axis?: number; reverse: boolean }): void {
  const f = (t: Tensor): Tensor => cumsum(t, options);
  let got!: Tensor;
  expect(countFallbacks(wasmBackend, () => (got = f(x.tested)))).toEqual([]);
  expectSameBitsShattered((t) => [f(t)], [x.tested]);
  // In the same order, in doubles: to the last bit.
  expectSame(got, f(x.truth), 0, `axis ${options.axis}, reverse ${options.reverse}, of ${describeTwin(x)}`);
}

describe('running sums', () => {
  it('equal the reference along every axis, of every dtype and layout', () => {
    const rng = new Rng('cumsum');
    for (let round = 0; round < 150; round++) {
      const shape = randomShape(rng, 1 + rng.integer(3), round % 3 === 0 ? 50 : 10);
      const axis = rng.integer(shape.length + 1);
      const x = twin(rng, DTYPES[round % DTYPES.length]!, shape);
      expectTrue(x, { ...(axis < shape.length && { axis }), reverse: rng.random() < 0.5 });
    }
  });

  it('carry NaN and infinities on, and wrap around as int32', () => {
    const rng = new Rng('special');
    const special = [NaN, Infinity, -Infinity, 3e38, -3e38, -0];
    for (const [dtype, value] of [
      ['float32', (r: Rng) => (r.random() < 0.05 ? special[r.integer(6)]! : randomValue(r, 'float32'))],
      ['float64', (r: Rng) => (r.random() < 0.05 ? special[r.integer(6)]! : randomValue(r, 'float64'))],
      ['int32', (r: Rng) => r.integer(2 ** 32) - 2 ** 31],
    ] as const) {
      for (const shape of [
        [3, 70],
        [20, 37],
        [1, 1],
      ]) {
        for (const axis of [0, 1]) expectTrue(twin(rng, dtype, shape, { value }), { axis, reverse: axis === 1 });
      }
    }
  });
});
