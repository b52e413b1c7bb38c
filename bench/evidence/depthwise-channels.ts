/*
 * A depthwise 3×3 convolution of 14×14 pixels by numbers of channels, multiply-adds in a nanosecond, of the best of many
 * rounds: where pixels lie a multiple of 2048 bytes apart (512 channels, 1024), the columns of a tile share a few sets of
 * the first-level cache, unless they are copied further apart first (docs/decisions/0011-wasm-products.md).
 *   node scripts/run-ts.mjs bench/evidence/depthwise-channels.ts
 */
import { depthwiseConv2d } from 'kompakt';
import { noiseOf, put } from '../ours';

const SIZE = 14;
const CHANNELS = [480, 496, 512, 528, 544, 1008, 1024, 1040];
const MS = 4000;

const cases = CHANNELS.map((channels) => {
  const shapes = [
    [1, SIZE, SIZE, channels],
    [3, 3, channels, 1],
  ] as const;
  const [x, w] = [put(noiseOf(shapes[0]), shapes[0]), put(noiseOf(shapes[1]), shapes[1])];
  return { channels, best: Infinity, run: () => depthwiseConv2d(x, w, { padding: 'same' }).dispose() };
});
for (const began = performance.now(); performance.now() - began < MS; ) {
  for (const one of cases) {
    const start = performance.now();
    one.run();
    one.best = Math.min(one.best, performance.now() - start);
  }
}
const rate = ({ channels, best }: { channels: number; best: number }): number =>
  (SIZE * SIZE * channels * 9) / best / 1e6;
process.stdout.write(`${cases.map((one) => `${one.channels}: ${rate(one).toFixed(1)}`).join('  ')}\n`);
