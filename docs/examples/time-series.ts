// Which instrument plays? Sounds are made here, with noise, random pitch and phase; a one-dimensional network tells them apart.
import { rng } from 'kompakt';
import { conv1d, dense, globalAvgPool1d, maxPool1d, sequential } from 'kompakt/nn';
import { choose, percent, say } from './support';

const LENGTH = 256;
const KINDS = {
  flute: (t: number) => Math.sin(t),
  clarinet: (t: number) => Math.sin(t) + Math.sin(3 * t) / 3 + Math.sin(5 * t) / 5,
  violin: (t: number) => Math.sin(t) + Math.sin(2 * t) / 2 + Math.sin(3 * t) / 3 + Math.sin(4 * t) / 4,
  bell: (t: number) => Math.sin(t) * Math.exp(-t / 40) + 0.6 * Math.sin(2.76 * t) * Math.exp(-t / 25),
} as const;
const names = Object.keys(KINDS) as (keyof typeof KINDS)[];

function sounds(count: number, seed: number) {
  const random = rng(seed);
  const x = new Float32Array(count * LENGTH);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    y[i] = random.integer(names.length);
    const [step, phase] = [0.15 + 0.35 * random.random(), 2 * Math.PI * random.random()];
    const wave = KINDS[names[y[i]!]!];
    for (let t = 0; t < LENGTH; t++) x[i * LENGTH + t] = wave(step * t + phase) + 0.5 * random.gaussian();
  }
  return { x: { data: x, shape: [count, LENGTH, 1] }, y };
}

const train = sounds(choose(4_000, 400), 1);
const test = sounds(1_000, 2);
const model = sequential(
  [
    conv1d({ filters: 16, kernelSize: 9, strides: 2, activation: 'relu' }),
    maxPool1d({ poolSize: 2 }),
    conv1d({ filters: 32, kernelSize: 7, activation: 'relu' }),
    conv1d({ filters: 32, kernelSize: 5, activation: 'relu' }),
    globalAvgPool1d(),
    dense({ units: names.length, activation: 'softmax' }),
  ],
  { inputShape: [LENGTH, 1], seed: 3 },
);
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
await model.fit(train.x, train.y, { epochs: choose(15, 4), batchSize: 32, verbose: 0, seed: 3 });
const { accuracy } = await model.evaluate(test.x, test.y);
say(`${model.countParams()} parameters, ${percent(accuracy!)} of ${test.y.length} noisy sounds named right`);
say(`sound accuracy ${accuracy!.toFixed(4)}`);
