// Where is it, and what is it? One network with a box and a class, as detectors for one object have; a loss of one's own.
import { add, mul, rng, slice, type Tensor } from 'kompakt';
import { conv2d, dense, flatten, huber, maxPool2d, sequential, sparseCategoricalCrossentropy } from 'kompakt/nn';
import { choose, percent, say } from './support';

const SIDE = 40;
const KINDS = ['disc', 'square', 'cross'];

/** Noisy pictures with one thing in each; targets are [left, top, right, bottom, class], places in [0, 1]. */
function scenes(count: number, seed: number) {
  const random = rng(seed);
  const x = new Float32Array(count * SIDE * SIDE);
  const y = new Float32Array(count * 5);
  for (let i = 0; i < count; i++) {
    const [r, kind] = [4 + random.integer(6), random.integer(3)];
    const [cx, cy] = [r + random.integer(SIDE - 2 * r), r + random.integer(SIDE - 2 * r)];
    y.set([(cx - r) / SIDE, (cy - r) / SIDE, (cx + r) / SIDE, (cy + r) / SIDE, kind], 5 * i);
    for (let v = 0; v < SIDE; v++)
      for (let u = 0; u < SIDE; u++) {
        const [a, b] = [Math.abs(u - cx), Math.abs(v - cy)];
        const inside = [Math.hypot(a, b) <= r, Math.max(a, b) <= r, Math.max(a, b) <= r && Math.min(a, b) <= r / 3][
          kind
        ]!;
        x[(i * SIDE + v) * SIDE + u] = (inside ? 0.9 : 0) + 0.3 * random.gaussian();
      }
  }
  return { x: { data: x, shape: [count, SIDE, SIDE, 1] }, y: { data: y, shape: [count, 5] } };
}

const part = (t: Tensor, from: number, to: number) => slice(t, [0, from], [t.shape[0]!, to]);
const [boxLoss, classLoss] = [huber({ delta: 0.1 }), sparseCategoricalCrossentropy({ fromLogits: true })];
/** The first four outputs are a box, the rest logits of classes. */
const detectionLoss = (yTrue: Tensor, yPred: Tensor): Tensor =>
  add(
    mul(boxLoss(part(yTrue, 0, 4), part(yPred, 0, 4)), 40),
    mul(classLoss(part(yTrue, 4, 5), part(yPred, 4, 7)), 0.3),
  );

const block = (filters: number) => [
  conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }),
  maxPool2d({ poolSize: 2 }),
];
const model = sequential(
  [...block(12), ...block(24), ...block(32), flatten(), dense({ units: 96, activation: 'relu' }), dense({ units: 7 })],
  { inputShape: [SIDE, SIDE, 1], seed: 2 },
);
model.compile({ optimizer: 'adam', loss: detectionLoss });
const train = scenes(choose(6_000, 300), 1);
const test = scenes(choose(500, 100), 2);
await model.fit(train.x, train.y, { epochs: choose(14, 2), batchSize: 32, verbose: 0, seed: 2 });

const found = (await model.predict(test.x).toArray()) as number[][];
let [overlap, right] = [0, 0];
found.forEach(([l, t, r, b, ...classes], i) => {
  const [tl, tt, tr, tb, kind] = test.y.data.subarray(5 * i, 5 * i + 5) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  const width = Math.max(0, Math.min(r!, tr) - Math.max(l!, tl));
  const height = Math.max(0, Math.min(b!, tb) - Math.max(t!, tt));
  const both = width * height;
  overlap += both / ((r! - l!) * (b! - t!) + (tr - tl) * (tb - tt) - both) / found.length;
  if (classes.indexOf(Math.max(...classes)) === kind) right++;
});
const [first] = found;
say(
  `first scene: ${KINDS[test.y.data[4]!]} at ${Array.from(test.y.data.subarray(0, 4), (v) => (SIDE * v).toFixed(0))}`,
);
say(
  `found:       ${KINDS[first!.slice(4).indexOf(Math.max(...first!.slice(4)))]} at ${first!.slice(0, 4).map((v) => (SIDE * v).toFixed(0))}`,
);
say(`${percent(right / found.length)} of ${found.length} things named right`);
say(`mean overlap ${overlap.toFixed(4)}`);
