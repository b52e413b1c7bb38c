import { f32x4, i8x16, i32, type Local, ModuleBuilder, type V128, v128 } from '../src/backends/wasm/assembler/index';
import { detectFeatures } from '../src/backends/wasm/features';
import type { Contender } from './measure';

/**
 * rows × columns of C in registers, how an element of A gets into every lane, a load that repeats it or a shuffle, and
 * steps along k in a turn of the loop.
 */
type Tile = readonly [rows: number, columns: number, access: 'splat' | 'shuffle', unroll: 1 | 4];

const TILES: readonly Tile[] = (
  [
    [4, 8],
    [5, 8],
    [6, 8],
    [4, 12],
    [3, 12],
    [2, 16],
  ] as const
).flatMap(([rows, columns]) => [
  [rows, columns, 'splat', 1] as const,
  [rows, columns, 'splat', 4] as const,
  [rows, columns, 'shuffle', 4] as const,
]);

/** Steps along k: panels of A and B of this length stay in the first-level cache. */
const K = 256;
/** Runs of the microkernel in one measurement, about a third of a millisecond. */
const REPEATS = 512;
const ROUNDS = 40;

export const PEAK = 'microkernel, L1-hot';

interface Microkernel {
  readonly tile: Tile;
  run(repeats: number): void;
}

let fastest: Microkernel | undefined;

/**
 * The most that a float32 microkernel of this engine and machine reaches, as a yardstick: so many operations done by the
 * best of several tiles, summing over packed panels that stay in the first-level cache.
 */
export function peakOf(flop: number): Contender {
  fastest ??= findFastest();
  const { tile, run } = fastest;
  const repeats = Math.round(flop / flopOf(tile));
  return {
    name: PEAK,
    run: () => {
      run(repeats);
      return 0;
    },
  };
}

function flopOf([rows, columns]: Tile): number {
  return 2 * rows * columns * K;
}

function findFastest(): Microkernel {
  const kernels = TILES.map((tile) => ({ tile, run: build(tile), rate: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const kernel of kernels) {
      const start = performance.now();
      kernel.run(REPEATS);
      kernel.rate = Math.max(kernel.rate, (flopOf(kernel.tile) * REPEATS) / (performance.now() - start));
    }
  }
  return kernels.reduce((best, kernel) => (kernel.rate > best.rate ? kernel : best));
}

function build(tile: Tile): Microkernel['run'] {
  const [rows, columns, access, unroll] = tile;
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const module = new ModuleBuilder({ maximumPages: 2, shared: false });
  const multiplyAdd = detectFeatures().relaxedSimd
    ? f32x4.relaxedMadd
    : (x: V128, y: V128, sum: V128): V128 => f32x4.add(f32x4.mul(x, y), sum);
  const bStart = 4 * rows * K;
  module.func('run', ['i32'], 'void', (f, repeats) => {
    const sums = Array.from({ length: rows }, () => f.locals('v128', columns / 4) as Local<'v128'>[]);
    const as = f.locals('v128', rows) as Local<'v128'>[];
    const bs = f.locals('v128', columns / 4) as Local<'v128'>[];
    const [a, b, k] = f.locals('i32', 3);
    const x = f.local('v128');
    const step = (u: number): void => {
      bs.forEach((value, v) => f.set(value, v128.load(b, 4 * u * columns + 16 * v)));
      sums.forEach((row, r) => {
        const lanes = Array.from({ length: 16 }, (_, i) => 4 * u + (i % 4));
        f.set(x, access === 'splat' ? v128.load32Splat(a, 4 * (u * rows + r)) : i8x16.shuffle(as[r]!, as[r]!, lanes));
        row.forEach((sum, v) => f.set(sum, multiplyAdd(x, bs[v]!, sum)));
      });
    };
    f.while(repeats, () => {
      f.set(a, 0);
      f.set(b, bStart);
      f.for(k, 0, K, unroll, () => {
        if (access === 'shuffle') as.forEach((row, r) => f.set(row, v128.load(a, 16 * r)));
        for (let u = 0; u < unroll; u++) step(u);
        f.increment(a, 4 * unroll * rows);
        f.increment(b, 4 * unroll * columns);
      });
      f.set(repeats, i32.sub(repeats, 1));
    });
    // Stored, so that the sums are wanted.
    sums.flat().forEach((sum, i) => f.do(v128.store(65536, sum, 16 * i)));
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  new Float32Array(memory.buffer).fill(1e-3);
  return instance.exports.run as Microkernel['run'];
}
