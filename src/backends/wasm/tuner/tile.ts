import { arithmeticFor, gemmModule } from '../gemm/module';
import type { Tile } from '../gemm/tile';
import type { KernelContext } from '../kernel';

/** Microkernels worth trying: which is fastest depends on the engine's register allocation as much as on the machine. */
export const F32_TILES: readonly Tile[] = [
  { rows: 6, columns: 8, access: 'shuffle' },
  { rows: 4, columns: 12, access: 'shuffle' },
  { rows: 4, columns: 8, access: 'shuffle' },
  { rows: 6, columns: 8, access: 'splat' },
  { rows: 5, columns: 8, access: 'splat' },
  { rows: 3, columns: 12, access: 'splat' },
];

/** A product without partial tiles for any of them, small enough to stay in the first-level cache. */
const PROBE = { m: 60, n: 48, k: 128 };
const LEAST_MS = 8;
const MOST_MS = 60;
/** Rounds without a new best time after which the measurement is believed. */
const CALM_ROUNDS = 10;
/** No candidate is slower than the best by more than this, unless the engine has not optimised it yet. */
const PLAUSIBLE = 2.5;
/**
 * Choices after which the candidates are measured once more. On a busy machine the engine may take long to optimise
 * code, and the first measurement then compares unoptimised kernels. Changing the tile never changes a result.
 */
const REVISITS = [8, 64];

interface Measurement {
  /** The best time of each tile, in milliseconds. */
  readonly times: number[];
  choices: number;
}

/** By arithmetic, for the whole process. */
const measured = /* @__PURE__ */ new Map<string, Measurement>();

/** The tile expected to be fastest for C[m × n]. */
export function tunedTile(context: KernelContext, m: number, n: number): Tile {
  return pickTile(tileTimes(context), m, n);
}

/** The tile that takes least for C[m × n], given the time of each for the same work and counting what it wastes at edges. */
export function pickTile(times: readonly number[], m: number, n: number): Tile {
  let best = F32_TILES[0]!;
  let least = Infinity;
  F32_TILES.forEach((tile, i) => {
    const work = Math.ceil(m / tile.rows) * tile.rows * Math.ceil(n / tile.columns) * tile.columns * times[i]!;
    if (work >= least) return;
    best = tile;
    least = work;
  });
  return best;
}

function tileTimes(context: KernelContext): readonly number[] {
  const key = arithmeticFor('f32', context);
  let found = measured.get(key);
  if (found === undefined) {
    found = { times: F32_TILES.map(() => Infinity), choices: 0 };
    measured.set(key, found);
    measureTiles(context, found.times);
  } else if (REVISITS.includes(found.choices)) {
    measureTiles(context, found.times);
  }
  found.choices++;
  return found.times;
}

/** Runs the candidates in turn, until the best time of none improves any more. */
function measureTiles(context: KernelContext, times: number[]): void {
  const { m, n, k } = PROBE;
  const bytes = 4 * (m * k + n * k + m * n + 64);
  const address = context.arena.allocate(bytes);
  context.arena.f32.fill(1, address / 4, (address + bytes) / 4);
  const a = address;
  const b = a + 4 * m * k;
  const c = b + 4 * n * k;
  const spare = c + 4 * m * n;
  const arithmetic = arithmeticFor('f32', context);
  const kernels = F32_TILES.map((tile) => gemmModule(context, arithmetic, tile, 'matrix').macro);
  const began = performance.now();
  const settled = (calm: number): boolean =>
    calm >= CALM_ROUNDS && Math.max(...times) <= PLAUSIBLE * Math.min(...times);
  for (let calm = 0, elapsed = 0; elapsed < LEAST_MS || (elapsed < MOST_MS && !settled(calm)); calm++) {
    kernels.forEach((macro, i) => {
      const start = performance.now();
      macro(a, b, c, 4 * n, m, n, k, 0, spare, 0);
      const time = performance.now() - start;
      if (time < 0.98 * times[i]!) calm = 0;
      times[i] = Math.min(times[i]!, time);
    });
    elapsed = performance.now() - began;
  }
  context.arena.release(address, bytes);
}
