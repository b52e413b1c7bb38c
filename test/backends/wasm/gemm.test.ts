import { describe, expect, it, vi } from 'vitest';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { launchBlocked, launchPhases } from '../../../src/backends/wasm/gemm/blocked';
import { launchDirect } from '../../../src/backends/wasm/gemm/direct';
import { phasesOf } from '../../../src/backends/wasm/gemm/phases';
import type { BatchProduct } from '../../../src/backends/wasm/gemm/problem';
import { runProduct } from '../../../src/backends/wasm/gemm/product';
import { launchStream, suitsStream } from '../../../src/backends/wasm/gemm/stream';
import { blockK } from '../../../src/backends/wasm/gemm/work';
import { wasm } from '../../../src/backends/wasm/index';
import { F32_TILES, measurePeak } from '../../../src/backends/wasm/tuner/tile';
import { Rng } from '../../../src/core/rng';
import { sizeOf } from '../../../src/core/shape';
import { tensor } from '../../../src/ops/create';
import { matmul } from '../../../src/ops/matmul';
import { testParity } from '../../ops/parity';
import { linearRows } from '../../ops/table/linear';
import { countFallbacks, describeTwin, expectSame, ShatteringBackend, twin, wasmBackend } from './support';

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
    // Few rows, B by its rows: at the edges of vectors, of passes and of what is summed at a time.
    [1, 30, 1030],
    [1, 1031, 33],
    [2, 513, 131],
    [3, 261, 197],
    [4, 256, 257],
    [5, 250, 331],
    [7, 260, 449],
    [8, 251, 525],
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
});

describe('bits of products', () => {
  const rng = new Rng('gemm-bits');
  const features = (wasmBackend as WasmBackend).features;
  const gaussians = (size: number, dtype: 'float32' | 'float64' | 'int32' = 'float32') =>
    Float64Array.from({ length: size }, () => (dtype === 'int32' ? rng.integer(1000) : rng.gaussian()));

  it.each([false, true])('do not depend on the tile (deterministic: %s)', (deterministic) => {
    const backend = new WasmBackend({ threads: 1, deterministic });
    for (const [m, n, k] of [
      [23, 37, 50],
      [48, 48, 400],
      [7, 3, 801],
      [3, 300, 40],
      [50, 7, 9],
    ] as const) {
      const product = placeProduct(backend, m, n, k, gaussians);
      const results = F32_TILES.flatMap((tile) => [
        resultOf(backend, product, () => launchBlocked(product, backend, tile)),
        resultOf(backend, product, () => launchDirect(product, backend, tile)),
      ]);
      for (const result of results) expect(result).toEqual(results[0]);
    }
    expect(features.simd).toBe(true);
  });

  it.each([false, true])(
    'are those of other products where B is read by its rows (deterministic: %s)',
    (deterministic) => {
      const backend = new WasmBackend({ threads: 1, deterministic });
      for (const [kind, m, n, k] of [
        ['f32', 1, 2051, 65],
        ['f32', 1, 66, 2000],
        ['f32', 2, 515, 600],
        ['f32', 3, 1029, 100],
        ['f32', 4, 261, 513],
        ['f32', 5, 323, 515],
        ['f32', 6, 390, 700],
        ['f32', 7, 449, 530],
        ['f32', 8, 1029, 130],
        ['f64', 1, 513, 601],
        ['f64', 8, 513, 256],
        ['i32', 3, 197, 520],
      ] as const) {
        const label = `${kind} ${m} × ${n} × ${k}`;
        const product = placeProduct(backend, m, n, k, (size) => gaussians(size, KIND_DTYPES[kind]), n, kind);
        expect(suitsStream(product), label).toBe(true);
        const want = resultOf(backend, product, () => launchDirect(product, backend));
        const got = resultOf(backend, product, () => launchStream(product, backend));
        expect(
          got.findIndex((x, i) => !Object.is(x, want[i])),
          label,
        ).toBe(-1);
      }
    },
  );

  it('do not depend on the phases that a large product is cut into', () => {
    const backend = new WasmBackend({ threads: 1 });
    const tile = F32_TILES[0]!;
    const product = placeProduct(backend, 9, 61, 1000, gaussians);
    const scheme = { arithmetic: 'f32', tile, source: 'matrix', kc: blockK(1000) } as const;
    const want = resultOf(backend, product, () => launchPhases(backend, scheme, phasesOf(product, scheme)));
    for (const most of [64000, 20000, 1]) {
      const phases = phasesOf(product, scheme, most);
      expect(phases.length).toBeGreaterThan(1);
      expect(resultOf(backend, product, () => launchPhases(backend, scheme, phases))).toEqual(want);
    }
  });

  it.each([
    ['direct', 'float32', [40, 60], [60, 50], {}],
    ['by columns', 'float32', [9, 300], [300, 2000], {}],
    ['columns of A in place', 'float32', [300, 11], [300, 2000], { transposeA: true }],
    ['vector × matrix', 'float32', [1, 700], [700, 1501], {}],
    ['vector × matrix', 'float64', [1, 530], [530, 611], {}],
    ['few rows', 'float32', [7, 900], [900, 515], {}],
    ['few rows, columns of A', 'float32', [600, 3], [600, 515], { transposeA: true }],
    ['batches of few rows', 'float32', [5, 2, 300], [5, 300, 131], {}],
    ['packed', 'float32', [130, 400], [400, 150], {}],
    ['packed, read in rows', 'float32', [530, 400], [400, 60], {}],
    ['packed, few rows', 'float32', [20, 400], [900, 400], { transposeB: true }],
    ['transposed', 'float64', [300, 90], [110, 300], { transposeA: true, transposeB: true }],
    ['matrix × vector', 'float32', [700, 501], [501], {}],
    ['transposed matrix × vector', 'float64', [501, 700], [501], { transposeA: true }],
    ['dots', 'int32', [3, 501], [900, 501], { transposeB: true }],
    ['long sums', 'float32', [9000, 17], [9000, 30], { transposeA: true }],
    ['batches', 'float32', [30, 20, 40], [30, 40, 50], {}],
    ['packed batches', 'float32', [4, 3, 70, 90], [3, 80, 90], { transposeB: true }],
    ['batches of dots', 'float32', [40, 100, 30], [40, 30, 1], {}],
  ] as const)('do not depend on how the work is divided: %s', (_, dtype, left, right, options) => {
    const [a, b] = [gaussians(sizeOf(left), dtype), gaussians(sizeOf(right), dtype)];
    const multiply = (backend: WasmBackend) =>
      matmul(
        tensor(a, { shape: left, dtype, backend }),
        tensor(b, { shape: right, dtype, backend }),
        options,
      ).dataSync();
    const want = multiply(new WasmBackend({ threads: 1 }));
    const shattering = new ShatteringBackend();
    for (let round = 0; round < 3; round++) expect(multiply(shattering)).toEqual(want);
  });
});

describe('a product as the driver gets it', () => {
  const rng = new Rng('gemm-driver');
  const values = (size: number) => Float64Array.from({ length: size }, () => rng.gaussian());

  it('adds to what C holds, in rows that lie apart', () => {
    for (const [m, n, k] of [
      [5, 7, 9],
      [70, 90, 100],
      [30, 20, 5000],
      [40, 1, 33],
      [3, 4, 0],
      [1, 1037, 600],
      [6, 400, 300],
    ] as const) {
      const backend = new ShatteringBackend();
      const product = { ...placeProduct(backend, m, n, k, values, 2 * n), accumulate: true };
      const { f32 } = backend.arena;
      const c = product.c.address / 4;
      f32.fill(10, c, c + 2 * m * n);
      runProduct(product, backend);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let want = 10;
          for (let p = 0; p < k; p++) {
            want +=
              f32[(product.a.address + i * product.a.row) / 4 + p]! *
              f32[(product.b.address + p * product.b.row) / 4 + j]!;
          }
          expect(f32[c + i * 2 * n + j]).toBeCloseTo(want, 2);
          expect(f32[c + i * 2 * n + n + j]).toBe(10);
        }
      }
    }
  });

  it('is measured by what the best microkernel reaches', () => {
    const { gflops, tile } = measurePeak(wasmBackend as WasmBackend, 5);
    expect(gflops).toBeGreaterThan(0);
    expect(F32_TILES).toContain(tile);
  });

  it('has a tile at once, and measures only what products have paid for', async () => {
    vi.resetModules();
    const fresh = await import('../../../src/backends/wasm/tuner/tile');
    const { features } = wasmBackend as WasmBackend;
    const compile = vi.spyOn(WebAssembly, 'Module');
    try {
      const expected = fresh.tunedTile({ features }, 600_000);
      expect(fresh.F32_TILES).toContainEqual(expected);
      expect(compile).not.toHaveBeenCalled();
      fresh.tunedTile({ features }, 600_000);
      expect(compile).toHaveBeenCalled();
      for (let round = 0; round < 150; round++) fresh.tunedTile({ features }, 1e9);
      expect(compile).toHaveBeenCalledTimes(fresh.F32_TILES.length);
      expect(fresh.knownTile({ features })).toBe(fresh.tunedTile({ features }, 0));
    } finally {
      compile.mockRestore();
    }
  });

  it.each([
    ['stands still', () => 1000],
    ['counts tenths of milliseconds', (now: number) => Math.floor(10 * now) / 10],
    ['goes backwards', (now: number) => -now],
    ['knows no time', () => Number.NaN],
  ])('keeps what is expected where the clock %s', async (_, clock) => {
    vi.resetModules();
    const fresh = await import('../../../src/backends/wasm/tuner/tile');
    const { features } = wasmBackend as WasmBackend;
    const real = performance.now.bind(performance);
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock(real()));
    try {
      const expected = fresh.knownTile({ features });
      for (let round = 0; round < 3; round++) expect(fresh.tunedTile({ features }, 1e9)).toBe(expected);
      expect(fresh.measurePeak({ features }, 5).tile).toBeDefined();
    } finally {
      now.mockRestore();
    }
  });
});

const KIND_DTYPES = { f32: 'float32', f64: 'float64', i32: 'int32' } as const;

/** Operands with random values in the memory of a backend. */
function placeProduct(
  backend: WasmBackend,
  m: number,
  n: number,
  k: number,
  values: (size: number) => Float64Array,
  cRow = n,
  kind: BatchProduct['kind'] = 'f32',
) {
  const bytes = kind === 'f64' ? 8 : 4;
  const place = (size: number): number => {
    const address = backend.arena.allocate(bytes * size + 64);
    backend.arena[kind].set(values(size), address / bytes);
    return address;
  };
  const none = { outer: 0, inner: 0 };
  return {
    ...{ kind, m, n, k },
    a: { address: place(m * k), row: bytes * k, column: bytes },
    b: { address: place(k * n), row: bytes * n, column: bytes },
    c: { address: place(m * cRow), row: bytes * cRow },
    batch: { outer: 1, inner: 1, a: none, b: none, c: none },
  };
}

/** The values of C after `launch`, which finds junk there. */
function resultOf(backend: WasmBackend, { kind, m, n, c }: BatchProduct, launch: () => void) {
  const at = c.address / (kind === 'f64' ? 8 : 4);
  backend.arena[kind].fill(NaN, at, at + m * n);
  launch();
  return backend.arena[kind].slice(at, at + m * n);
}
