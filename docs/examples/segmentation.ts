// Which pixels belong to a disc, which to a square? A small network that narrows and widens again paints them.
import { rng } from 'kompakt';
import { conv2d, maxPool2d, sequential, upSampling2d } from 'kompakt/nn';
import { choose, say } from './support';

const SIDE = 32;
const GLYPHS = ' o#';

/** Noisy pictures of a disc and a square, and for each pixel what it is of: 0 nothing, 1 the disc, 2 the square. */
function pictures(count: number, seed: number) {
  const random = rng(seed);
  const x = new Float32Array(count * SIDE * SIDE);
  const y = new Int32Array(count * SIDE * SIDE);
  for (let i = 0; i < count; i++) {
    const place = () => 6 + random.integer(SIDE - 12);
    const [cx, cy, r] = [place(), place(), 4 + random.integer(4)];
    const [sx, sy, h] = [place(), place(), 3 + random.integer(4)];
    for (let v = 0; v < SIDE; v++)
      for (let u = 0; u < SIDE; u++) {
        const at = (i * SIDE + v) * SIDE + u;
        const kind = Math.max(Math.abs(u - sx), Math.abs(v - sy)) <= h ? 2 : Math.hypot(u - cx, v - cy) <= r ? 1 : 0;
        y[at] = kind;
        x[at] = (kind === 0 ? 0 : 0.8) + 0.35 * random.gaussian();
      }
  }
  return { x: { data: x, shape: [count, SIDE, SIDE, 1] }, y: { data: y, shape: [count, SIDE, SIDE, 1] } };
}

const conv = (filters: number) => conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' });
const model = sequential(
  [
    conv(8),
    maxPool2d({ poolSize: 2 }),
    conv(16),
    maxPool2d({ poolSize: 2 }),
    conv(32),
    conv(32),
    upSampling2d({ size: 2 }),
    conv(16),
    upSampling2d({ size: 2 }),
    conv(16),
    conv2d({ filters: 3, kernelSize: 1, activation: 'softmax' }),
  ],
  { inputShape: [SIDE, SIDE, 1], seed: 5 },
);
model.compile({ optimizer: { name: 'adam', learningRate: 0.003 }, loss: 'sparseCategoricalCrossentropy' });
const train = pictures(choose(1_500, 128), 1);
const test = pictures(choose(200, 32), 2);
await model.fit(train.x, train.y, { epochs: choose(12, 2), batchSize: 16, verbose: 0, seed: 5 });

const scores = await model.predict(test.x).data();
const painted = Int32Array.from(test.y.data, (_, i) => {
  const own = scores.subarray(3 * i, 3 * i + 3);
  return own.indexOf(Math.max(...own));
});
const overlap = [1, 2].map((kind) => {
  let [both, either] = [0, 0];
  painted.forEach((p, i) => {
    const t = test.y.data[i]!;
    both += Number(p === kind && t === kind);
    either += Number(p === kind || t === kind);
  });
  return both / either;
});
for (let v = 0; v < SIDE; v += 2) {
  const line = (from: Int32Array) => Array.from(from.subarray(v * SIDE, (v + 1) * SIDE), (k) => GLYPHS[k]).join('');
  say(`${line(test.y.data)} | ${line(painted)}`);
}
say(`overlap of discs ${overlap[0]!.toFixed(3)}, of squares ${overlap[1]!.toFixed(3)} (intersection over union)`);
say(`mean overlap ${((overlap[0]! + overlap[1]!) / 2).toFixed(4)}`);
