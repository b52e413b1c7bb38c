import type { Backend } from '../../../src/core/backend';
import { Rng } from '../../../src/core/rng';
import {
  avgPool2d,
  batchNorm,
  bidirectional,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  embedding,
  flatten,
  globalAvgPool2d,
  gru,
  type Layer,
  layerNorm,
  lstm,
  maxPool2d,
  type Sequential,
  sequential,
  simpleRNN,
} from '../../../src/nn/index';

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

/** Further layers, by what is special about them; the shape of a sample; whether it holds tokens. */
export const LAYERS: Readonly<Record<string, readonly [layers: () => Layer[], shape: number[], tokens?: number]>> = {
  'an embedding': [() => [embedding({ inputDim: 10, outputDim: 4 }), flatten()], [5], 10],
  'batch norm and an average pool': [
    () => [conv2d({ filters: 3, kernelSize: 3 }), batchNorm(), avgPool2d({ poolSize: 2 }), flatten()],
    [6, 6, 2],
  ],
  'layer norm and gelu': [() => [dense({ units: 6, activation: 'gelu' }), layerNorm()], [7]],
  'an LSTM': [() => [lstm({ units: 3 })], [3, 2]],
  'recurrent layers, masked': [
    () => [
      embedding({ inputDim: 6, outputDim: 3, maskZero: true }),
      bidirectional({ layer: lstm({ units: 4, returnSequences: true }) }),
      gru({ units: 3, returnSequences: true }),
      simpleRNN({ units: 3 }),
    ],
    [4],
    6,
  ],
  'a depthwise convolution': [
    () => [depthwiseConv2d({ kernelSize: 3, padding: 'same' }), globalAvgPool2d()],
    [6, 6, 2],
  ],
};

/** Trains one of them for three epochs. @returns the losses. */
export async function trainLayers(name: string, backend: Backend): Promise<ArrayLike<number>> {
  const [layers, shape, tokens] = LAYERS[name]!;
  const rng = new Rng(name);
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: 24 * size }, () =>
    tokens === undefined ? rng.random() : rng.integer(tokens),
  );
  const y = Float32Array.from({ length: 24 }, () => rng.integer(3));
  const model = sequential([...layers(), dense({ units: 3, activation: 'softmax' })], {
    inputShape: shape,
    seed: 1,
    backend,
  });
  model.compile({ optimizer: 'adamW', loss: 'sparseCategoricalCrossentropy' });
  const { history } = await model.fit({ data, shape: [24, ...shape] }, y, {
    epochs: 3,
    batchSize: 8,
    seed: 2,
    verbose: 0,
  });
  model.dispose();
  return history.loss!;
}

/** The largest distance between two lists of numbers. */
export function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce(
    (most, v, i) => Math.max(most, Number.isNaN(v - b[i]!) ? Infinity : Math.abs(v - b[i]!)),
    0,
  );
}
