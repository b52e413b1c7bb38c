import { tensor } from 'kompakt';
import { conv2d, dense, flatten, maxPool2d, type Sequential, sequential } from 'kompakt/nn';
import { type Contender, measure, noise } from '../measure';
import type { Part } from '../part';
import { tfjs } from '../peers';
import { OURS, type Row } from '../report';

/** Batches per epoch that is timed: enough that starting and ending one does not show. */
const BATCHES = 8;

interface Data {
  readonly x: Float32Array;
  readonly labels: Int32Array;
  readonly samples: number;
}

function makeData(samples: number, features: number): Data {
  return {
    x: noise(samples * features),
    labels: Int32Array.from({ length: samples }, (_, i) => (i * 7) % 10),
    samples,
  };
}

/** Trains a model for one epoch and returns its loss, `BATCHES` steps. */
function ourEpoch(
  model: Sequential,
  x: ReturnType<typeof tensor>,
  labels: Int32Array,
  batchSize: number,
): () => Promise<number> {
  return async () => {
    const { history } = await model.fit(x, labels, { epochs: 1, batchSize, verbose: 0, seed: 1 });
    return history.loss![0]!;
  };
}

/** Training steps of a small convolutional network. */
export const cnnStep: Part = {
  title: 'Training step, small CNN',
  about:
    'conv 32 – pool – conv 64 – pool – dense 128 – dense 10 on 28×28 images, 3×3 kernels, padding "same", batch 64, Adam. Time per ' +
    'step of `fit`. tfjs-wasm has no gradient of a convolution by its kernel, so the peer is tfjs on its cpu backend; it is timed ' +
    'on three single steps.',
  packages: ['@tensorflow/tfjs'],
  async run(print) {
    const batch = 64;
    const data = makeData(batch * BATCHES, 784);
    const model = sequential(
      [
        conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
        maxPool2d(),
        conv2d({ filters: 64, kernelSize: 3, padding: 'same', activation: 'relu' }),
        maxPool2d(),
        flatten(),
        dense({ units: 128, activation: 'relu' }),
        dense({ units: 10, activation: 'softmax' }),
      ],
      { inputShape: [28, 28, 1], seed: 1 },
    );
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    const x = tensor(data.x, { shape: [data.samples, 28, 28, 1] });
    const ours = await perStep([{ name: OURS, run: ourEpoch(model, x, data.labels, batch) }], BATCHES);
    const timings = [...ours];

    const tf = await tfjs('cpu');
    if (typeof tf === 'string') print(tf);
    else {
      const { layers } = tf;
      const theirs = tf.sequential({
        layers: [
          layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [28, 28, 1] }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ filters: 64, kernelSize: 3, padding: 'same', activation: 'relu' }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.flatten(),
          layers.dense({ units: 128, activation: 'relu' }),
          layers.dense({ units: 10, activation: 'softmax' }),
        ],
      });
      theirs.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
      const xs = tf.tensor4d(data.x.subarray(0, batch * 784), [batch, 28, 28, 1]);
      const ys = tf.tensor1d(Float32Array.from(data.labels.subarray(0, batch)));
      const run = async (): Promise<number> => Number(await theirs.trainOnBatch(xs, ys));
      print('one step of tfjs on its cpu backend takes half a minute or more; three follow');
      timings.push(...(await measure([{ name: 'tfjs-cpu', run }], { warmUpCalls: 0, rounds: 3, roundMs: 0 })));
    }
    return [{ work: 'CNN, batch 64', timings }];
  },
};

/** Training steps of a multilayer perceptron. */
export const mlpStep: Part = {
  title: 'Training step, MLP',
  about: '784 – 512 relu – 10 softmax, batch 128, Adam. Time per step of `fit` on both sides, shuffling off.',
  packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
  async run(print) {
    const batch = 128;
    const data = makeData(batch * BATCHES, 784);
    const model = sequential([dense({ units: 512, activation: 'relu' }), dense({ units: 10, activation: 'softmax' })], {
      inputShape: [784],
      seed: 1,
    });
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    const x = tensor(data.x, { shape: [data.samples, 784] });
    const contenders: Contender[] = [{ name: OURS, run: ourEpoch(model, x, data.labels, batch) }];

    const tf = await tfjs('wasm');
    if (typeof tf === 'string') print(tf);
    else {
      const theirs = tf.sequential({
        layers: [
          tf.layers.dense({ units: 512, activation: 'relu', inputShape: [784] }),
          tf.layers.dense({ units: 10, activation: 'softmax' }),
        ],
      });
      // Sparse labels need a gather that tfjs-wasm cannot differentiate on every version: one-hot targets there.
      theirs.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
      const xs = tf.tensor2d(data.x, [data.samples, 784]);
      const ys = tf.oneHot(tf.tensor1d(data.labels, 'int32'), 10).toFloat();
      const run = async (): Promise<number> => {
        const { history } = await theirs.fit(xs, ys, { epochs: 1, batchSize: batch, shuffle: false, verbose: 0 });
        return Number(history.loss![0]);
      };
      contenders.push({ name: 'tfjs-wasm', run });
    }
    return [{ work: 'MLP, batch 128', timings: await perStep(contenders, BATCHES) }];
  },
};

/** Times epochs and divides by their steps. */
async function perStep(contenders: readonly Contender[], steps: number): Promise<Row['timings']> {
  const timings = await measure(contenders, { warmUpMs: 1500, roundMs: 0, rounds: 7 });
  return timings.map((t) => ({ ...t, medianMs: t.medianMs / steps, fastestMs: t.fastestMs / steps }));
}
