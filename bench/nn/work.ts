/** What is done with a network: some steps of training, or one prediction. */
export type Kind = 'cnn' | 'lstm' | 'transformer' | 'vgg16';

export interface Work {
  readonly batch: number;
  /** Steps of a round: training steps, which are an epoch, or one prediction. */
  readonly steps: number;
  /** Shape of one sample, and of its target where there is one that is not a class. */
  readonly input: readonly number[];
  readonly target?: readonly number[];
}

export const WORK: Readonly<Record<Kind, Work>> = {
  cnn: { batch: 64, steps: 4, input: [28, 28, 1] },
  lstm: { batch: 32, steps: 4, input: [50, 64], target: [128] },
  transformer: { batch: 32, steps: 4, input: [64, 128], target: [64, 128] },
  vgg16: { batch: 1, steps: 1, input: [224, 224, 3] },
};

/** Does the work once; a figure that all contenders must agree on: the mean loss, or the logarithm of a probability. */
export type Run = () => Promise<number>;

/**
 * Number i of a sequence is a hash of i and its seed, in [−limit, limit): networks of a hundred million weights are made
 * alike in every process, torch's included, without a file between them.
 */
export function drawn(seed: number, size: number, limit = 1): Float32Array {
  const values = new Float32Array(size);
  const offset = Math.imul(seed, 0x9e3779b9);
  for (let i = 0; i < size; i++) {
    let h = (i + offset) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    values[i] = (((h ^ (h >>> 16)) >>> 8) / 2 ** 23 - 1) * limit;
  }
  return values;
}

/** Weight `at` of a network, of Keras's shape: kernels as wide as those that keep activations of relu at one size. */
export function drawnWeight(at: number, shape: readonly number[]): Float32Array {
  const size = sizeOf(shape);
  return drawn(at + 1, size, shape.length === 1 ? 0.5 : Math.fround(Math.sqrt(6 / (size / shape.at(-1)!))));
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Samples, and targets or classes. */
export function drawnData({ batch, steps, input, target }: Work) {
  const samples = batch * steps;
  return {
    samples,
    x: drawn(1001, samples * sizeOf(input)),
    targets: target === undefined ? undefined : drawn(1002, samples * sizeOf(target)),
    labels: Int32Array.from({ length: samples }, (_, i) => (i * 7) % 10),
  };
}
