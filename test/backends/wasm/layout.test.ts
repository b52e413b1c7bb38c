import { describe, expect, it } from 'vitest';
import type { DType } from '../../../src/core/dtype';
import { ShapeError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { gather, scatterAdd } from '../../../src/ops/index-ops';
import * as ops from '../../../src/ops/shape-ops';
import { countFallbacks, describeTwin, expectSame, randomShape, twin, wasmBackend } from './support';

const DTYPES: readonly DType[] = ['float32', 'float64', 'int32', 'int8', 'uint8', 'bool'];

function withoutFallback(work: () => Tensor): Tensor {
  let result!: Tensor;
  expect(countFallbacks(wasmBackend, () => (result = work()))).toEqual([]);
  return result;
}

describe('layout kernels', () => {
  it('reshape copies every layout', () => {
    const rng = new Rng('reshape');
    for (let round = 0; round < 120; round++) {
      const dtype = DTYPES[round % DTYPES.length]!;
      const shape = randomShape(rng, 1 + rng.integer(4), 9);
      const x = twin(rng, dtype, shape);
      const flat = [x.truth.size];
      expectSame(
        withoutFallback(() => ops.reshape(x.tested, flat)),
        ops.reshape(x.truth, flat),
        0,
        describeTwin(x),
      );
    }
  });

  it('reshape copies transposed matrices of every size around the block', () => {
    const rng = new Rng('transpose');
    for (const [m, n] of [
      [4, 4],
      [5, 7],
      [8, 4],
      [33, 18],
      [6, 65],
      [64, 64],
      [3, 9],
    ] as const) {
      for (const dtype of ['float32', 'int32', 'float64', 'uint8'] as const) {
        const x = twin(rng, dtype, [2, n, m], { layouts: ['contiguous', 'offset'] });
        const f = (t: Tensor): Tensor => ops.reshape(ops.transpose(t, [0, 2, 1]), [2 * m * n]);
        expectSame(
          withoutFallback(() => f(x.tested)),
          f(x.truth),
          0,
          `${dtype} ${m}×${n}`,
        );
      }
    }
  });

  it('concat joins along every axis', () => {
    const rng = new Rng('concat');
    for (let round = 0; round < 60; round++) {
      const dtype = DTYPES[round % DTYPES.length]!;
      const shape = randomShape(rng, 1 + rng.integer(4), 6);
      const axis = rng.integer(shape.length);
      const parts = Array.from({ length: 1 + rng.integer(4) }, () => {
        const size = rng.random() < 0.1 ? 0 : 1 + rng.integer(Math.ceil(200 / shape.length ** 2));
        return twin(
          rng,
          dtype,
          shape.map((n, i) => (i === axis ? size : n)),
        );
      });
      const got = withoutFallback(() =>
        ops.concat(
          parts.map((p) => p.tested),
          axis,
        ),
      );
      expectSame(
        got,
        ops.concat(
          parts.map((p) => p.truth),
          axis,
        ),
        0,
        `axis ${axis} of ${parts.map(describeTwin).join('; ')}`,
      );
    }
  });

  it('pad surrounds every axis', () => {
    const rng = new Rng('pad');
    for (let round = 0; round < 80; round++) {
      const dtype = DTYPES[round % DTYPES.length]!;
      const shape = randomShape(rng, 1 + rng.integer(4), 6);
      const pads = shape.map(() =>
        rng.random() < 0.4 ? ([0, 0] as const) : ([rng.integer(4), rng.integer(4)] as const),
      );
      const x = twin(rng, dtype, shape);
      const got = withoutFallback(() => ops.pad(x.tested, pads, { value: 3 }));
      expectSame(got, ops.pad(x.truth, pads, { value: 3 }), 0, `${describeTwin(x)} by ${JSON.stringify(pads)}`);
    }
  });

  it('gather picks rows along every axis, by indices of every layout', () => {
    const rng = new Rng('gather');
    for (let round = 0; round < 80; round++) {
      const dtype = DTYPES[round % DTYPES.length]!;
      const shape = randomShape(rng, 1 + rng.integer(3), 40);
      const axis = rng.integer(shape.length);
      const n = shape[axis]!;
      const x = twin(rng, dtype, shape);
      const indices = twin(rng, 'int32', randomShape(rng, rng.integer(3), 6), { value: (r) => r.integer(2 * n) - n });
      const got = withoutFallback(() => gather(x.tested, indices.tested, { axis }));
      expectSame(
        got,
        gather(x.truth, indices.truth, { axis }),
        0,
        `axis ${axis} of ${describeTwin(x)} by ${describeTwin(indices)}`,
      );
    }
  });

  it('scatterAdd adds rows in order, repeats included', () => {
    const rng = new Rng('scatter');
    for (let round = 0; round < 80; round++) {
      const dtype = (['float32', 'float64'] as const)[round % 2]!;
      const shape = randomShape(rng, 1 + rng.integer(3), 20);
      const axis = rng.integer(shape.length);
      const n = shape[axis]!;
      const x = twin(rng, dtype, shape);
      const picks = randomShape(rng, rng.integer(3), 6);
      const indices = twin(rng, 'int32', picks, { value: (r) => r.integer(2 * n) - n });
      const updates = twin(rng, dtype, [...shape.slice(0, axis), ...picks, ...shape.slice(axis + 1)]);
      const got = withoutFallback(() => scatterAdd(x.tested, indices.tested, updates.tested, { axis }));
      expectSame(
        got,
        scatterAdd(x.truth, indices.truth, updates.truth, { axis }),
        undefined,
        `axis ${axis} of ${describeTwin(x)}`,
      );
    }
  });

  it('leaves an index out of range to the rule that says so', () => {
    const x = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { backend: wasmBackend },
    );
    expect(() => gather(x, [0, 2])).toThrow(ShapeError);
    expect(() => scatterAdd(x, [-3], [[1, 1]])).toThrow(ShapeError);
  });
});
