/*
 * The same matrix product at 24 depths of the call stack, in GFLOP/s: where an engine spills registers to a stack that
 * straddles a page, a depth or two are slow (docs/performance.md). The stack lies elsewhere in every process: run it often.
 *   for i in 1 2 3 4; do node scripts/run-ts.mjs bench/evidence/call-depth.ts; done
 */
import { matmul, tensor } from 'kompakt';
import { wasm } from 'kompakt/backends/wasm';
import { noise } from '../measure';

const N = 512;
const DEPTHS = 24;
const x = tensor(noise(N * N), { shape: [N, N], backend: wasm({ threads: 1 }) });
const multiply = (): number => {
  const start = performance.now();
  matmul(x, x).dispose();
  return performance.now() - start;
};
const rate = (): number => (2 * N ** 3) / Math.min(...Array.from({ length: 8 }, multiply)) / 1e6;
const atDepth = (depth: number): number => (depth === 0 ? rate() : atDepth(depth - 1) + 0 * depth);

for (const began = performance.now(); performance.now() - began < 300; ) multiply();
process.stdout.write(`${Array.from({ length: DEPTHS }, (_, depth) => atDepth(depth).toFixed(0)).join(' ')}\n`);
