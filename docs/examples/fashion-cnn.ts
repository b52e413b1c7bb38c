// Clothes (Fashion-MNIST) told apart by a network of fewer than 100,000 parameters: normalisation, dropout, mirrored pictures
// and a learning rate that falls as a cosine.
import { rng } from 'kompakt';
import { batchNorm, conv2d, dense, dropout, globalAvgPool2d, maxPool2d, sequential } from 'kompakt/nn';
import { adamW, cosine } from 'kompakt/optim';
import { choose, fashion, percent, say } from './support';

const { train, test } = fashion(choose(60_000, 600), choose(10_000, 200));
const [SIZE, BATCH, EPOCHS] = [784, 64, choose(12, 1)];
const steps = Math.floor(train.y.length / BATCH);

const block = (filters: number) => [
  conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', useBias: false }),
  batchNorm(),
];
const model = sequential(
  [
    ...block(24),
    maxPool2d({ poolSize: 2 }),
    ...block(48),
    ...block(48),
    maxPool2d({ poolSize: 2 }),
    dropout({ rate: 0.2 }),
    ...block(72),
    globalAvgPool2d(),
    dropout({ rate: 0.2 }),
    dense({ units: 10, activation: 'softmax' }),
  ],
  { inputShape: [28, 28, 1], seed: 6 },
);
model.compile({
  optimizer: adamW({
    learningRate: cosine({ initialLearningRate: 3e-3, decaySteps: EPOCHS * steps }),
    weightDecay: 1e-3,
  }),
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
});
say(`${model.countParams().toLocaleString('en')} parameters`);

const random = rng(6);
/** The batches of an epoch, in a new order, half of the pictures mirrored. */
function* epoch() {
  const order = random.permutation(train.y.length);
  for (let s = 0; s < steps; s++) {
    const [x, y] = [new Float32Array(BATCH * SIZE), new Int32Array(BATCH)];
    for (let i = 0; i < BATCH; i++) {
      const from = order[s * BATCH + i]!;
      const picture = train.x.data.subarray(from * SIZE, (from + 1) * SIZE);
      y[i] = train.y[from]!;
      if (random.random() < 0.5) x.set(picture, i * SIZE);
      else for (let p = 0; p < SIZE; p++) x[i * SIZE + p] = picture[p - (p % 28) + 27 - (p % 28)]!;
    }
    yield [{ data: x, shape: [BATCH, 28, 28, 1] }, y] as const;
  }
}

const start = performance.now();
await model.fit(() => epoch() as never, undefined, {
  epochs: EPOCHS,
  verbose: 0,
  callbacks: [
    {
      onEpochEnd: (n, logs) =>
        say(`epoch ${n + 1}: loss ${logs.loss!.toFixed(4)}, ${percent(logs.accuracy!)} of those it learns from`),
    },
  ],
});
say(`${((performance.now() - start) / 1000 / EPOCHS).toFixed(1)} s an epoch`);
const { accuracy } = await model.evaluate(test.x, test.y);
say(`test accuracy ${accuracy!.toFixed(4)}`);
