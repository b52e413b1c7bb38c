import type { Backend } from '../../../src/core/backend';
import { Rng } from '../../../src/core/rng';
import { conv2d, dense, dropout, flatten, maxPool2d, type Sequential, sequential } from '../../../src/nn/index';

const SAMPLES = 40;
const SIDE = 8;

/** Small pictures, of class 1 where the upper half is brighter. */
function pictures(): { x: Float32Array; y: Float32Array } {
  const rng = new Rng('pictures');
  const size = SIDE * SIDE;
  const x = Float32Array.from({ length: SAMPLES * size }, () => rng.random());
  const y = Float32Array.from({ length: SAMPLES }, (_, i) => {
    let difference = 0;
    for (let k = 0; k < size / 2; k++) difference += x[i * size + k]! - x[i * size + size / 2 + k]!;
    return difference > 0 ? 1 : 0;
  });
  return { x, y };
}

/** A convolution, a pool, another convolution, dropout and a dense layer. */
export function smallCnn(backend: Backend): Sequential {
  return sequential(
    [
      conv2d({ filters: 4, kernelSize: 3, activation: 'relu', padding: 'same' }),
      maxPool2d({ poolSize: 2 }),
      conv2d({ filters: 6, kernelSize: 2, activation: 'tanh' }),
      flatten(),
      dropout({ rate: 0.1 }),
      dense({ units: 2, activation: 'softmax' }),
    ],
    { inputShape: [SIDE, SIDE, 1], seed: 3, backend },
  );
}

/** Trains it for 50 steps from one seed. @returns the loss of every step, and the model's output for the pictures. */
export async function trainSmallCnn(backend: Backend): Promise<{ losses: number[]; outputs: ArrayLike<number> }> {
  const { x, y } = pictures();
  const images = { data: x, shape: [SAMPLES, SIDE, SIDE, 1] };
  const model = smallCnn(backend);
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  const losses: number[] = [];
  const onBatchEnd = (_: number, logs: { readonly loss?: number }): void => void losses.push(logs.loss!);
  await model.fit(images, y, { epochs: 10, batchSize: 8, seed: 5, verbose: 0, callbacks: [{ onBatchEnd }] });
  const predicted = model.predict(images);
  const outputs = await predicted.data();
  predicted.dispose();
  model.dispose();
  return { losses, outputs };
}

/** The largest distance between two lists of numbers. */
export function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce(
    (most, v, i) => Math.max(most, Number.isNaN(v - b[i]!) ? Infinity : Math.abs(v - b[i]!)),
    0,
  );
}
