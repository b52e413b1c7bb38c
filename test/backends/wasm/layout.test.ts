import { describe, expect, it } from 'vitest';
import { gatherKernel, scatterAddKernel } from '../../../src/backends/wasm/kernels';
import type { Backend, Primitive } from '../../../src/core/backend';
import type { DType } from '../../../src/core/dtype';
import { ShapeError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import { Tensor } from '../../../src/core/tensor';
import { full, tensor } from '../../../src/ops/create';
import { gather, scatterAdd } from '../../../src/ops/index-ops';
import * as ops from '../../../src/ops/shape-ops';
import { expectSameBitsShattered } from './shattered';
import {
  countFallbacks,
  describeTwin,
  expectSame,
  randomShape,
  referenceBackend,
  ShatteringBackend,
  twin,
  wasmBackend,
} from './support';

const DTYPES: readonly DType[] = ['float32', 'float64', 'int32', 'int8', 'uint8', 'bool'];

/** `f` of tensors of the tested backend: by kernels alone, and with the same bits however the work is divided. */
function byKernels(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  let result!: Tensor;
  expect(countFallbacks(wasmBackend, () => (result = f(...inputs)))).toEqual([]);
  expectSameBitsShattered((...all) => [f(...all)], inputs);
  return result;
}

function bytesOf(x: Tensor): Buffer {
  const { buffer, byteOffset, byteLength } = x.dataSync();
  return Buffer.from(buffer, byteOffset, byteLength);
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
        byKernels((t) => ops.reshape(t, flat), x.tested),
        ops.reshape(x.truth, flat),
        0,
        describeTwin(x),
      );
    }
  });

  it('reshape copies transposed matrices of every size around blocks and tiles', () => {
    const rng = new Rng('transpose');
    for (const [m, n] of [
      [4, 4],
      [5, 7],
      [8, 4],
      [33, 18],
      [6, 65],
      [64, 64],
      [3, 9],
      [67, 131],
      [130, 259],
      [128, 30],
      [256, 1030],
    ] as const) {
      const large = m * n > 20_000;
      for (const dtype of large ? (['float32'] as const) : (['float32', 'int32', 'float64', 'uint8'] as const)) {
        const x = twin(rng, dtype, [2, n, m], { layouts: ['contiguous', 'offset'] });
        const f = (t: Tensor): Tensor => ops.reshape(ops.transpose(t, [0, 2, 1]), [2 * m * n]);
        expectSame(byKernels(f, x.tested), f(x.truth), 0, `${dtype} ${m}×${n}`);
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
      const got = byKernels((...all) => ops.concat(all, axis), ...parts.map((p) => p.tested));
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
      // Rows that are copied at once, too, and operands of which nothing is left but what surrounds them.
      const long = round % 4 === 0 ? [200 + rng.integer(300)] : [];
      const most = rng.random() < 0.1 ? 0 : 6;
      const shape = [
        ...randomShape(rng, 1 + rng.integer(4 - 2 * long.length), 6).map((n) => Math.min(n, most + rng.integer(2))),
        ...long,
      ];
      const pads = shape.map(() =>
        rng.random() < 0.4 ? ([0, 0] as const) : ([rng.integer(4), rng.integer(4)] as const),
      );
      const x = twin(rng, dtype, shape);
      const got = byKernels((t) => ops.pad(t, pads, { value: 3 }), x.tested);
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
      const got = byKernels((t, i) => gather(t, i, { axis }), x.tested, indices.tested);
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
      const dtype = (['float32', 'float64', 'int32'] as const)[round % 3]!;
      const shape = randomShape(rng, 1 + rng.integer(3), round % 5 === 0 ? 90 : 20);
      const axis = rng.integer(shape.length);
      const n = shape[axis]!;
      const x = twin(rng, dtype, shape);
      const picks = randomShape(rng, rng.integer(3), 6);
      const indices = twin(rng, 'int32', picks, { value: (r) => r.integer(2 * n) - n });
      const updates = twin(rng, dtype, [...shape.slice(0, axis), ...picks, ...shape.slice(axis + 1)]);
      const got = byKernels((t, i, u) => scatterAdd(t, i, u, { axis }), x.tested, indices.tested, updates.tested);
      expectSame(
        got,
        scatterAdd(x.truth, indices.truth, updates.truth, { axis }),
        undefined,
        `axis ${axis} of ${describeTwin(x)}`,
      );
    }
  });

  it('one element all over is copied, of every dtype, and added to', () => {
    const rng = new Rng('repeated');
    for (const shape of [[1], [7], [3, 5], [33, 31], [9, 1100]]) {
      for (const dtype of DTYPES) {
        const x = twin(rng, dtype, []);
        const f = (t: Tensor): Tensor => ops.reshape(ops.broadcastTo(t, shape), [shape.reduce((a, b) => a * b)]);
        expectSame(byKernels(f, x.tested), f(x.truth), 0, `${dtype} over ${shape.join('×')}`);
        if (dtype === 'int8' || dtype === 'uint8' || dtype === 'bool') continue;
        const n = shape[0]!;
        const indices = twin(rng, 'int32', [11], { value: (r) => r.integer(2 * n) - n });
        const updates = twin(rng, dtype, [11, ...shape.slice(1)]);
        const add = (t: Tensor, i: Tensor, u: Tensor): Tensor => scatterAdd(ops.broadcastTo(t, shape), i, u);
        const got = byKernels(add, x.tested, indices.tested, updates.tested);
        expectSame(got, add(x.truth, indices.truth, updates.truth), undefined, `${dtype} over ${shape.join('×')}`);
      }
    }
  });

  it('adds to what was filled with one value, and is large, and leaves it whole', () => {
    const indices = [5, 699, -700, 5];
    for (const value of [0, -0, 3]) {
      for (const dtype of ['float32', 'float64', 'int32'] as const) {
        const add = (backend: Backend): Tensor => {
          const [start, wide] = [
            [700, 30],
            [30, 700],
          ].map((s) => full(s, value, { dtype, backend }));
          const updates = full([4, 30], 2.5, { dtype, backend });
          const sums = [start!, ops.transpose(wide!)].map((x) => scatterAdd(x, indices, updates));
          const cut = scatterAdd(ops.slice(start!, [1], [690]), [3, -1, 3, 0], updates);
          return ops.concat([...sums, cut, start!, ops.transpose(wide!)]);
        };
        const want = bytesOf(add(referenceBackend));
        for (const backend of [wasmBackend, new ShatteringBackend()]) {
          expect(bytesOf(add(backend)).equals(want), `${dtype} ${value}`).toBe(true);
        }
      }
    }
  });

  it('refuses an index out of range', () => {
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

describe('large layouts', () => {
  it('are moved whole, in pieces that are copied by themselves', () => {
    const rng = new Rng('large');
    const wide = twin(rng, 'float32', [3, 70001], { layouts: ['offset'] });
    const f = (t: Tensor): Tensor => ops.concat([t, t], 1);
    expectSame(byKernels(f, wide.tested), f(wide.truth), 0);
    const long = twin(rng, 'uint8', [3001, 37], { layouts: ['transposed'] });
    const g = (t: Tensor): Tensor => ops.reshape(ops.transpose(t, [1, 0]), [37 * 3001]);
    expectSame(byKernels(g, long.tested), g(long.truth), 0);
  });

  it('of many axes that do not join are copied, too', () => {
    const rng = new Rng('axes');
    const shape = [2, 3, 2, 2, 3, 2, 2, 3];
    const x = twin(rng, 'float64', shape, { layouts: ['contiguous'] });
    const f = (t: Tensor): Tensor => ops.reshape(ops.transpose(t, [7, 5, 3, 1, 6, 4, 2, 0]), [x.truth.size]);
    expectSame(byKernels(f, x.tested), f(x.truth), 0);
  });

  it('are surrounded by values of every dtype, negative and fractional ones as arrays convert them', () => {
    const rng = new Rng('values');
    for (const dtype of DTYPES) {
      for (const value of [-3, 2.5, 300, -0, 0]) {
        const x = twin(rng, dtype, [3, 5, 7]);
        const f = (t: Tensor): Tensor =>
          ops.pad(
            t,
            [
              [1, 2],
              [0, 3],
              [2, 0],
            ],
            { value },
          );
        expectSame(byKernels(f, x.tested), f(x.truth), 0, `${dtype} ${value}`);
      }
    }
  });
});

describe('indices that nobody could read beforehand', () => {
  const refuses = (name: string, kernel: unknown): Primitive => ({
    name,
    kernel,
    reference: () => expect.fail('the kernel must run'),
  });
  const x = tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2], backend: wasmBackend });
  const indices = tensor([2, 1e9, -4, -1, 3], { dtype: 'int32', backend: wasmBackend });

  it('lead gather to no other memory', () => {
    const out = Tensor.allocate(wasmBackend, 'float32', [5, 2]);
    wasmBackend.run(refuses('gather', gatherKernel), [x, indices], out, { axis: 0 });
    const rows = out.toArraySync() as number[][];
    expect([rows[0], rows[3]]).toEqual([
      [5, 6],
      [5, 6],
    ]);
    for (const row of rows) expect(x.toArraySync()).toContainEqual(row);
  });

  it('add nothing in scatterAdd', () => {
    const out = Tensor.allocate(wasmBackend, 'float32', [3, 2]);
    const updates = tensor(new Float32Array(10).fill(10), { shape: [5, 2], backend: wasmBackend });
    wasmBackend.run(refuses('scatterAdd', scatterAddKernel), [x, indices, updates], out, { axis: 0 });
    expect(out.toArraySync()).toEqual([
      [1, 2],
      [3, 4],
      [25, 26],
    ]);
  });
});
