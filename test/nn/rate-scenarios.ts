import type { Backend } from '../../src/core/backend';
import * as nn from '../../src/nn/index';
import { accumulate, adam, type OptimizerSpec, sgd } from '../../src/optim/index';

/** Ways in which a learning rate changes while a model is trained. */
const SCENARIOS: Readonly<Record<string, () => { optimizer: OptimizerSpec; callbacks?: nn.Callback[] }>> = {
  schedule: () => ({ optimizer: sgd({ learningRate: (step) => 0.2 / (1 + step), momentum: 0.9 }) }),
  'schedule and decay': () => ({ optimizer: adam({ learningRate: (step) => 0.1 * 0.7 ** step, weightDecay: 0.1 }) }),
  'schedule of every other step': () => ({
    optimizer: accumulate(sgd({ learningRate: (step) => 0.3 / 2 ** step }), 2),
  }),
  reduceLROnPlateau: () => ({
    optimizer: adam({ learningRate: 0.1 }),
    callbacks: [nn.reduceLROnPlateau({ monitor: 'loss', patience: 1, minDelta: 10, factor: 0.5 })],
  }),
  learningRateScheduler: () => ({
    optimizer: sgd({ learningRate: 0.1 }),
    callbacks: [nn.learningRateScheduler((epoch, rate) => rate / (1 + epoch))],
  }),
};
export const NAMES = Object.keys(SCENARIOS);

/** What two calls of `fit` log, the second going on where the first ended. */
export async function historyOf(name: string, backend: Backend): Promise<Record<string, number[]>[]> {
  const { optimizer, callbacks = [] } = SCENARIOS[name]!();
  const model = nn.sequential([nn.dense({ units: 2 })], { inputShape: [3], backend, seed: 1 });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const x = Array.from({ length: 6 }, (_, i) => [i / 6, 1 - i / 6, (i % 3) / 3]);
  const y = x.map(([a, b, c]) => [a! + b! * c!, a! - c!]);
  const logs = [];
  for (const epochs of [3, 2]) {
    const { history } = await model.fit(x, y, { epochs, batchSize: 2, seed: 3, verbose: 0, callbacks });
    logs.push(history as Record<string, number[]>);
  }
  model.dispose();
  return logs;
}
