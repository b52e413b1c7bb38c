/*
 * The same matrix product at 64 depths of the call stack, in GFLOP/s: first by the tile that is fed by shuffles, then by the
 * one that this engine is expected to do best with. Where an engine spills registers to a stack that straddles a page, a depth
 * or two are slow (docs/performance.md). The best of several passes, as other programs disturb some. The stack lies elsewhere in
 * every process: run it often.
 *   for i in 1 2 3 4; do node scripts/run-ts.mjs bench/evidence/call-depth.ts; done
 */
import { WasmBackend } from '../../src/backends/wasm/backend';
import { reordersSteps } from '../../src/backends/wasm/features';
import { launchBlocked } from '../../src/backends/wasm/gemm/blocked';
import { ALONE } from '../../src/backends/wasm/gemm/product';
import type { Tile } from '../../src/backends/wasm/gemm/tile';
import { noise } from '../measure';

const N = 512;
const ROW = 4 * N;
const DEPTHS = 64;
const PASSES = 5;
const SHUFFLES: Tile = { rows: 6, columns: 8, access: 'shuffle' };
const EXPECTED: Tile = { rows: 6, columns: 8, access: 'splat', ...(reordersSteps() && { unroll: 1 }) };

const backend = new WasmBackend({ threads: 1 });
const [x, y] = [backend.allocate('float32', N * N), backend.allocate('float32', N * N)];
backend.write(x, noise(N * N));
const operand = { address: x.address, row: ROW, column: 4 };
const c = { address: y.address, row: ROW };
const product = { kind: 'f32', m: N, n: N, k: N, a: operand, b: operand, c, batch: ALONE } as const;

for (const [name, tile] of [
  ['shuffles', SHUFFLES],
  ['expected', EXPECTED],
] as const) {
  const multiply = (): number => {
    const start = performance.now();
    launchBlocked(product, backend, tile);
    return performance.now() - start;
  };
  const rate = (): number => (2 * N ** 3) / Math.min(...Array.from({ length: 3 }, multiply)) / 1e6;
  const atDepth = (depth: number): number => (depth === 0 ? rate() : atDepth(depth - 1) + 0 * depth);
  for (const began = performance.now(); performance.now() - began < 300; ) multiply();
  const best = new Float64Array(DEPTHS);
  for (let pass = 0; pass < PASSES; pass++)
    best.forEach((fastest, depth) => {
      best[depth] = Math.max(fastest, atDepth(depth));
    });
  process.stdout.write(`${name} ${Array.from(best, (gflops) => gflops.toFixed(0)).join(' ')}\n`);
}
