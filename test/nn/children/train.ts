/**
 * Trains a small model with everything that has a state, keeping a backup: `node train.mjs <folder> <result> [program | resume]`.
 * When it ends, it writes the weights, the optimiser's learning rate and the history to the result.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  backup,
  batchNorm,
  type Callback,
  csvLogger,
  dense,
  dropout,
  earlyStopping,
  reduceLROnPlateau,
  resume,
  type Sequential,
  sequential,
} from '../../../src/nn/index';
import { adam } from '../../../src/optim/index';

const [dir, result, how] = process.argv.slice(2) as [string, string, string];
const n = 60;
const x = Array.from({ length: n }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 7) / 7]);
const y = Array.from({ length: n }, (_, i) => (Math.sin(i) * Math.cos(3 * i) > 0 ? 1 : 0));

const model = (): Sequential => {
  const m = sequential(
    [
      dense({ units: 8, activation: 'relu' }),
      batchNorm(),
      dropout({ rate: 0.3 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
    { inputShape: [3], seed: 7 },
  );
  const optimizer = adam({ learningRate: 0.02, useEma: true, emaMomentum: 0.9, gradientAccumulationSteps: 2 });
  m.compile({ optimizer, loss: 'binaryCrossentropy', metrics: ['accuracy', 'auc'] });
  return m;
};

/** Slow enough to be killed on the way. */
const slowly: Callback = { onBatchEnd: () => new Promise((resolve) => setTimeout(resolve, 2)) };
const callbacks = [
  reduceLROnPlateau({ monitor: 'valLoss', patience: 1, factor: 0.5, minDelta: 0.01 }),
  earlyStopping({ monitor: 'valLoss', patience: 6, restoreBestWeights: true }),
  csvLogger(join(dir, 'log.csv')),
  slowly,
];
const options = { epochs: 8, batchSize: 5, validationSplit: 0.2, seed: 3, callbacks, verbose: 0 };

const goesOn = how === 'resume' && existsSync(join(dir, 'training.safetensors'));
let m = model();
let history: unknown;
if (goesOn) {
  const resumed = await resume(dir, x, y, { callbacks, verbose: 0 });
  m = resumed.model as Sequential;
  history = resumed.history;
} else {
  ({ history } = await m.fit(x, y, { ...options, callbacks: [...callbacks, backup({ dir, every: 3 })] }));
}
const weights = m.getWeights().map((t) => Array.from(t.dataSync() as ArrayLike<number>));
writeFileSync(result, JSON.stringify({ weights, history }));
