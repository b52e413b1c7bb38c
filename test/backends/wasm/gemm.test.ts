import { describe, expect, it } from 'vitest';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { ARITHMETICS, type ArithmeticName } from '../../../src/backends/wasm/gemm/arithmetic';
import { gemmModule } from '../../../src/backends/wasm/gemm/module';
import type { Tile } from '../../../src/backends/wasm/gemm/tile';
import { wasm } from '../../../src/backends/wasm/index';
import { F32_TILES, pickTile, tunedTile } from '../../../src/backends/wasm/tuner/tile';
import { Rng } from '../../../src/core/rng';
import { tensor } from '../../../src/ops/create';
import { matmul } from '../../../src/ops/matmul';
import { testParity } from '../../ops/parity';
import { linearRows } from '../../ops/table/linear';
import { countFallbacks, describeTwin, expectSame, twin, wasmBackend } from './support';

testParity(wasm(), linearRows);

/** Sums of k products of values up to 4, rounded once or twice per step. */
const tolerance = (dtype: string, k: number): number =>
  (dtype === 'float32' ? 1e-5 : 1e-13) * Math.max(1, Math.sqrt(k));

describe('matmul kernels', () => {
  const rng = new Rng('gemm');
  const sizes: [number, number, number][] = [
    [1, 1, 1],
    [1, 300, 17],
    [3, 5, 2],
    [4, 4, 8],
    [7, 9, 11],
    [5, 1000, 3],
    [64, 64, 64],
    [65, 63, 70],
    [9, 500, 130],
    [300, 10, 9],
    [121, 385, 49],
    [130, 770, 61],
    [33, 40, 1030],
    [250, 3, 1],
    [1, 1, 500],
  ];
  for (const dtype of ['float32', 'float64', 'int32'] as const) {
    it.each(sizes)(`${dtype} %i × %i × %i, plain, transposed and strided`, (m, k, n) => {
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const a = twin(rng, dtype, transposeA ? [k, m] : [m, k]);
        const b = twin(rng, dtype, transposeB ? [n, k] : [k, n]);
        const options = { transposeA, transposeB };
        const want = matmul(a.truth, b.truth, options);
        const fallen = countFallbacks(wasmBackend, () =>
          expectSame(
            matmul(a.tested, b.tested, options),
            want,
            tolerance(dtype, k),
            `${describeTwin(a)} × ${describeTwin(b)}`,
          ),
        );
        expect(fallen).toEqual([]);
      }
    });
  }

  it('multiplies batches, broadcast in either operand', () => {
    const shapes: [number[], number[]][] = [
      [
        [3, 4, 5],
        [3, 5, 6],
      ],
      [
        [2, 1, 7, 30],
        [3, 30, 5],
      ],
      [
        [1, 70, 80],
        [4, 80, 90],
      ],
      [
        [5, 2, 3],
        [3, 4],
      ],
      [
        [2, 3],
        [4, 3, 2],
      ],
    ];
    for (const [left, right] of shapes) {
      const a = twin(rng, 'float32', left);
      const b = twin(rng, 'float32', right);
      expectSame(matmul(a.tested, b.tested), matmul(a.truth, b.truth), tolerance('float32', left.at(-1)!));
    }
  });

  it('is zero where there is nothing to sum, and empty where there is nothing at all', () => {
    const backend = wasmBackend;
    const none = tensor([], { shape: [3, 0], backend });
    // Dirty memory of the size of the result, so that zeros have to be written.
    tensor(
      Float32Array.from({ length: 12 }, () => 7),
      { shape: [3, 4], backend },
    ).dispose();
    expect(matmul(none, tensor([], { shape: [0, 4], backend })).toArraySync()).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(matmul(tensor([], { shape: [0, 3], backend }), tensor([[1], [2], [3]], { backend })).shape).toEqual([0, 1]);
  });

  it.each([
    [5, 6, 7],
    [129, 300, 70],
  ])('keeps NaN and infinities in their rows and columns (%i × %i × %i)', (m, k, n) => {
    const a = twin(rng, 'float32', [m, k], { layouts: ['contiguous'], value: (r) => r.random() + 0.5 });
    const b = twin(rng, 'float32', [k, n], { layouts: ['contiguous'], value: (r) => r.random() + 0.5 });
    for (const x of [a.tested, a.truth]) x.backend.host(x.block)!.set([NaN], (m - 1) * k + 2);
    for (const x of [b.tested, b.truth]) x.backend.host(x.block)!.set([Infinity], n - 1);
    const y = matmul(a.tested, b.tested);
    expectSame(y, matmul(a.truth, b.truth), tolerance('float32', k));
    const values = y.dataSync();
    expect(values.filter((v) => Number.isNaN(v)).length).toBe(n);
    expect(values.filter((v) => v === Infinity).length).toBe(m - 1);
  });

  it('gives the same bits for every tile', () => {
    for (const arithmetic of [
      'f32',
      ...(wasmBackend instanceof WasmBackend && wasmBackend.features.relaxedSimd ? ['f32-fma'] : []),
    ]) {
      const results = F32_TILES.map((tile) => multiplyPacked(arithmetic as ArithmeticName, tile));
      for (const result of results) expect(result).toEqual(results[0]);
    }
  });

  it('gives the same bits directly and packed', () => {
    const backend = wasm({ deterministic: true });
    const make = (m: number, n: number): Float32Array => Float32Array.from({ length: m * n }, () => rng.gaussian());
    const [wide, tall] = [make(8, 700), make(700, 200)];
    const direct = matmul(
      tensor(wide, { shape: [8, 700], backend }),
      tensor(tall, { shape: [700, 200], backend }),
    ).dataSync();
    const twice = Float32Array.from([...wide, ...wide]);
    const packed = matmul(
      tensor(twice, { shape: [16, 700], backend }),
      tensor(tall, { shape: [700, 200], backend }),
    ).dataSync();
    expect(packed.slice(0, 1600)).toEqual(direct);
    expect(packed.slice(1600)).toEqual(direct);
  });

  it('picks the fastest tile, what it wastes at the edges considered', () => {
    expect(F32_TILES).toContain(tunedTile(wasmBackend as WasmBackend, 1000, 1000));
    const times = F32_TILES.map(({ columns }) => (columns === 12 ? 1 : 1.3));
    expect(pickTile(times, 1200, 1200).columns).toBe(12);
    // Twelve columns would be two thirds full, eight quite.
    expect(pickTile(times, 1200, 8).columns).toBe(8);
  });
});

/** A product that every tile cuts at both edges, over three blocks of k, from panels packed by the module itself. */
function multiplyPacked(arithmetic: ArithmeticName, tile: Tile): Float32Array {
  const backend = new WasmBackend({}, {});
  const [m, n, k] = [23, 37, 50];
  const { bytes } = ARITHMETICS[arithmetic];
  const exports = gemmModule(backend, arithmetic, tile, 'matrix') as unknown as {
    macro(...args: number[]): void;
    packA(...args: number[]): void;
    packB(...args: number[]): void;
  };
  const [a, b, c, aPack, bPack, spare] = Array.from({ length: 6 }, () => backend.arena.allocate(40000)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < m * 150; i++) backend.arena.f32[a / 4 + i] = Math.sin(i);
  for (let i = 0; i < n * 150; i++) backend.arena.f32[b / 4 + i] = Math.cos(i);
  for (let block = 0; block < 3; block++) {
    exports.packA(aPack, a + block * k * bytes, m, k, 150 * bytes, bytes);
    exports.packB(bPack, b + block * k * n * bytes, n, k, bytes, n * bytes);
    exports.macro(aPack, bPack, c, n * bytes, m, n, k, block > 0 ? 1 : 0, spare, 0);
  }
  return backend.arena.f32.slice(c / 4, c / 4 + m * n);
}
