import type { Backend, Tensor } from 'kompakt';
import { conv2d, dense, flatten, maxPool2d, type Sequential, sequential } from 'kompakt/nn';
import { noise } from './measure';
import { put, threaded } from './ours';
import type { Tfjs } from './peers/tfjs';

/** Steps of an epoch: enough that starting and ending one does not show. */
const STEPS = 8;

/** Something to train. */
export interface Job {
  readonly work: 'mlp' | 'cnn';
  readonly batch: number;
  readonly steps: number;
  readonly x: Float32Array;
  readonly labels: Int32Array;
  /** x for one thread and for two. */
  readonly tensors: readonly Tensor[];
}

export function makeJob(work: Job['work'], batch: number, steps = STEPS): Job {
  const samples = batch * steps;
  const x = noise(samples * 784);
  const labels = Int32Array.from({ length: samples }, (_, i) => (i * 7) % 10);
  const shape = work === 'mlp' ? [samples, 784] : [samples, 28, 28, 1];
  return { work, batch, steps, x, labels, tensors: [1, 2].map((threads) => put(x, shape, threads)) };
}

/** The model of a job, compiled, on so many threads or on a backend. */
export function ourModel({ work }: Pick<Job, 'work'>, place: number | Backend): Sequential {
  const options = { seed: 1, backend: typeof place === 'number' ? threaded(place) : place };
  const model =
    work === 'mlp'
      ? sequential([dense({ units: 512, activation: 'relu' }), dense({ units: 10, activation: 'softmax' })], {
          ...options,
          inputShape: [784],
        })
      : sequential(
          [
            conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
            maxPool2d(),
            conv2d({ filters: 64, kernelSize: 3, padding: 'same', activation: 'relu' }),
            maxPool2d(),
            flatten(),
            dense({ units: 128, activation: 'relu' }),
            dense({ units: 10, activation: 'softmax' }),
          ],
          { ...options, inputShape: [28, 28, 1] },
        );
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  return model;
}

/** Epochs of the MLP in tfjs, from the given weights; gives the mean loss. */
export function tfjsMlp(tf: Tfjs, job: Job, weights: readonly ArrayLike<number>[]): () => Promise<number> {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 512, activation: 'relu', inputShape: [784] }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  const shapes = [[784, 512], [512], [512, 10], [10]];
  model.setWeights(weights.map((w, i) => tf.tensor(Float32Array.from(w), shapes[i]!)));
  // Sparse labels need a gather that tfjs-wasm cannot differentiate on every version: one-hot targets there.
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const samples = job.batch * job.steps;
  const xs = tf.tensor(job.x, [samples, 784]);
  const ys = tf.oneHot(tf.tensor(job.labels, [samples], 'int32'), 10).toFloat();
  return async () => {
    const { history } = await model.fit(xs, ys, { epochs: 1, batchSize: job.batch, shuffle: false, verbose: 0 });
    return Number(history.loss![0]);
  };
}

/** Single steps of the CNN in tfjs. */
export function tfjsCnn(tf: Tfjs, job: Job): () => Promise<number> {
  const { layers } = tf;
  const model = tf.sequential({
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
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const xs = tf.tensor(job.x.subarray(0, job.batch * 784), [job.batch, 28, 28, 1]);
  const ys = tf.tensor(Float32Array.from(job.labels.subarray(0, job.batch)), [job.batch]);
  return async () => Number(await model.trainOnBatch(xs, ys));
}
