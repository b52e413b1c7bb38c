import type { Backend } from '../../../src/core/backend';
import { rng } from '../../../src/index';
import * as nn from '../../../src/nn/index';

/** Losses of the steps of a small convolutional network, all drawn from one seed, and that of the epoch. */
export async function losses(backend: Backend, steps: number): Promise<number[]> {
  const batchSize = 8;
  const model = nn.sequential(
    [
      nn.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', padding: 'same' }),
      nn.maxPool2d({ poolSize: 2 }),
      nn.batchNorm(),
      nn.conv2d({ filters: 6, kernelSize: 3, activation: 'gelu' }),
      nn.flatten(),
      nn.dropout({ rate: 0.2 }),
      nn.dense({ units: 3 }),
    ],
    { inputShape: [8, 8, 2], seed: 1, backend },
  );
  model.compile({ optimizer: 'adam', loss: { name: 'sparseCategoricalCrossentropy', fromLogits: true } });
  const draw = rng('images');
  const n = batchSize * steps;
  const x = Float32Array.from({ length: n * 128 }, () => draw.random());
  const y = Float32Array.from({ length: n }, (_, i) => Math.floor(3 * x[i * 128]!));
  const found: number[] = [];
  const { history } = await model.fit({ data: x, shape: [n, 8, 8, 2] }, y, {
    epochs: 1,
    batchSize,
    shuffle: false,
    verbose: 0,
    seed: 3,
    callbacks: [{ onBatchEnd: (_, { loss }) => void found.push(loss!) }],
  });
  model.dispose();
  return [...found, ...history.loss];
}
