/**
 * Online learning under drift: what belongs to which class turns slowly, and a model that goes on learning keeps up with it
 * while one that was trained once falls behind.
 *
 * Run: `node scripts/run-ts.mjs docs/examples/online-learning.ts`
 */
import { rng } from 'kompakt';
import { dense, type Sequential, sequential } from 'kompakt/nn';
import { adam } from 'kompakt/optim';
import { choose, say } from './support';

const batches = choose(400, 120);
const size = 32;
const random = rng(1);

/** A batch at a time of the stream: points in the plane, on one side of a line that makes a half turn on the way. */
function batchAt(time: number): { x: number[][]; y: number[] } {
  const angle = (Math.PI * time) / batches;
  const x = Array.from({ length: size }, () => [random.gaussian(), random.gaussian()]);
  return { x, y: x.map(([a, b]) => (a! * Math.cos(angle) + b! * Math.sin(angle) > 0 ? 1 : 0)) };
}

function model(): Sequential {
  const m = sequential([dense({ units: 16, activation: 'tanh' }), dense({ units: 1, activation: 'sigmoid' })], {
    inputShape: [2],
    seed: 2,
  });
  m.compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  return m;
}

const [online, frozen] = [model(), model()];
const first = Math.round(batches / 10);
const shown = Math.max(1, Math.round(batches / 8));
const sums = { online: 0, frozen: 0, count: 0 };
let latest = 0;
for (let t = 0; t < batches; t++) {
  const { x, y } = batchAt(t);
  // Each batch is looked at before it is learned from.
  const before = await frozen.testOnBatch(x, y);
  const learned = await online.partialFit(x, y);
  if (t < first) await frozen.partialFit(x, y);
  sums.online += learned.accuracy!;
  sums.frozen += before.accuracy!;
  if (++sums.count === shown) {
    const text = (sum: number): string => (sum / sums.count).toFixed(3);
    latest = sums.online / sums.count;
    say(`batch ${String(t + 1).padStart(4)}  learning on ${text(sums.online)}  trained once ${text(sums.frozen)}`);
    Object.assign(sums, { online: 0, frozen: 0, count: 0 });
  }
}
say(`accuracy at the end, learning on ${latest.toFixed(4)}`);
