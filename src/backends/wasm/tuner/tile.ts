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
/** Long enough for the engine to have optimised every candidate. */
const LEAST_MS = 10;
const MOST_MS = 40;
/** Rounds without a new best time after which the measurement is believed. */
const CALM_ROUNDS = 12;

/** Seconds per multiply-add of each tile, by arithmetic; measured once per process. */
const measured = /* @__PURE__ */ new Map<string, readonly number[]>();

/** The tile expected to be fastest for C[m × n], its speed and what it wastes at the edges considered. */
export function tunedTile(context: KernelContext, m: number, n: number): Tile {
  const costs = tileCosts(context);
  let best = F32_TILES[0]!;
  let least = Infinity;
  F32_TILES.forEach((tile, i) => {
    const work = Math.ceil(m / tile.rows) * tile.rows * Math.ceil(n / tile.columns) * tile.columns * costs[i]!;
    if (work >= least) return;
    best = tile;
    least = work;
  });
  return best;
}

function tileCosts(context: KernelContext): readonly number[] {
  const key = arithmeticFor('f32', context);
  let costs = measured.get(key);
  if (costs === undefined) {
    costs = measureTiles(context);
    measured.set(key, costs);
  }
  return costs;
}

/** Runs the candidates in turn, until the best time of none improves any more. */
function measureTiles(context: KernelContext): number[] {
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
  const best = kernels.map(() => Infinity);
  const began = performance.now();
  for (let calm = 0, elapsed = 0; elapsed < LEAST_MS || (calm < CALM_ROUNDS && elapsed < MOST_MS); calm++) {
    kernels.forEach((macro, i) => {
      const start = performance.now();
      macro(a, b, c, 4 * n, m, n, k, 0, spare, 0);
      const time = performance.now() - start;
      if (time < 0.98 * best[i]!) calm = 0;
      best[i] = Math.min(best[i]!, time);
    });
    elapsed = performance.now() - began;
  }
  context.arena.release(address, bytes);
  return best.map((time) => time / (m * n * k));
}
