import type { Backend } from '../core/backend';
import { ConfigError, ShapeError } from '../core/errors';
import type { Rng } from '../core/rng';
import { sameShape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { type SampleSource, sampleSource } from '../data/batches';
import { asTensor, readValues, type TensorLike } from '../ops/create';
import { cast, stopGradient } from '../ops/index';
import { checkClassWeight, sampleWeights } from './class-weight';
import type { BatchIterable, BatchLike, ClassWeight } from './options';
import type { Batch } from './train-step';

/** Makes a batch; its tensors belong to the scope of the call. Calling it again makes the same batch again. */
export type MakeBatch = () => Batch;

/** Where the batches of an epoch come from. */
export interface Feed {
  /** Batches per epoch, as far as known. */
  readonly steps: number | null;
  /** The batches of one epoch; in random order where a generator is given. */
  epoch(order: Rng | null): AsyncIterable<MakeBatch>;
}

export interface FeedOptions {
  readonly backend: Backend;
  readonly batchSize: number;
  readonly sampleWeight?: TensorLike | undefined;
  readonly classWeight?: ClassWeight | undefined;
  /** At most so many batches per epoch. */
  readonly stepsPerEpoch?: number | undefined;
}

/** All samples of a fit or evaluation, before they are divided up. */
export interface Samples {
  readonly x: SampleSource;
  readonly y: SampleSource;
  readonly weights: Float32Array | null;
}

/** Whether `x` gives batches rather than samples. */
export function isIterable(x: unknown): x is BatchIterable {
  return typeof x === 'function' || (typeof x === 'object' && x !== null && Symbol.asyncIterator in x);
}

export async function readSamples(
  x: TensorLike,
  y: TensorLike | undefined,
  options: FeedOptions,
  what: string,
): Promise<Samples> {
  if (y === undefined || y === null) throw new ConfigError(`${what}: give targets y, one for each sample of x.`);
  const xs = await sampleSource(x, options.backend, 'float32', `${what}: x`);
  const ys = await sampleSource(y, options.backend, 'float32', `${what}: y`);
  if (xs.length !== ys.length)
    throw new ShapeError(`${what}: x has ${xs.length} samples and y has ${ys.length}. Every sample needs one target.`);
  if (xs.length === 0) throw new ShapeError(`${what}: there are no samples.`);
  const given = options.sampleWeight === undefined ? null : await readWeights(options.sampleWeight, xs.length, what);
  const weights = await sampleWeights(ys, given, options.classWeight, what);
  return { x: xs, y: ys, weights };
}

async function readWeights(weights: TensorLike, n: number, what: string): Promise<Float32Array> {
  const values = weights instanceof Tensor ? await weights.data() : readValues(weights).data;
  if (values.length !== n) throw new ShapeError(`${what}: sampleWeight has ${values.length} values for ${n} samples.`);
  const own = Float32Array.from(values);
  if (!own.every((w) => Number.isFinite(w) && w >= 0))
    throw new ConfigError(`${what}: sampleWeight must hold finite numbers ≥ 0.`);
  return own;
}

/** Batches of the samples from `begin` to `end`. */
export function sampleFeed({ x, y, weights }: Samples, begin: number, end: number, options: FeedOptions): Feed {
  const { batchSize, backend, stepsPerEpoch = Number.POSITIVE_INFINITY } = options;
  const steps = Math.min(Math.ceil((end - begin) / batchSize), stepsPerEpoch);
  const make = (from: number, to: number, order: Int32Array | null): Batch => {
    const index = order?.subarray(from - begin, to - begin).map((i) => i + begin) ?? null;
    const own = weights && (index === null ? weights.slice(from, to) : Float32Array.from(index, (i) => weights[i]!));
    return {
      x: index === null ? x.range(from, to) : x.pick(index),
      y: index === null ? y.range(from, to) : y.pick(index),
      ...weighted(own, to - from, backend),
    };
  };
  return {
    steps,
    async *epoch(rng) {
      const order = rng?.permutation(end - begin) ?? null;
      for (let s = 0; s < steps; s++) {
        const from = begin + s * batchSize;
        yield () => make(from, Math.min(from + batchSize, end), order);
      }
    },
  };
}

function weighted(
  weights: Float32Array | null,
  size: number,
  backend: Backend,
): Pick<Batch, 'weights' | 'size' | 'weightSum'> {
  if (weights === null) return { weights: null, size, weightSum: size };
  return {
    weights: Tensor.from(backend, weights, 'float32', [size]),
    size,
    weightSum: weights.reduce((a, b) => a + b, 0),
  };
}

/** Batches of an iterable: all of it in every epoch or, with `stepsPerEpoch`, the next so many, beginning again at its end. */
export function iterableFeed(source: BatchIterable, options: FeedOptions, what: string): Feed {
  if (options.sampleWeight !== undefined) {
    throw new ConfigError(
      `${what}: sampleWeight goes with samples given as a whole; an iterable yields [x, y, sampleWeight].`,
    );
  }
  checkClassWeight(options.classWeight, what);
  const { stepsPerEpoch = null } = options;
  let open: AsyncIterator<BatchLike> | Iterator<BatchLike> | null = null;
  let known = stepsPerEpoch;
  return {
    get steps() {
      return known;
    },
    async *epoch() {
      let count = 0;
      for (let restarted = false; stepsPerEpoch === null || count < stepsPerEpoch; ) {
        open ??= iterate(source);
        const { done, value } = await open.next();
        if (!done) {
          yield await iterableBatch(value as BatchLike, options, what);
          count++;
          restarted = false;
          continue;
        }
        open = null;
        if (stepsPerEpoch === null) break;
        if (restarted) throw exhausted(what, count);
        restarted = true;
      }
      if (count === 0) throw exhausted(what, count);
      known = count;
    },
  };
}

function exhausted(what: string, count: number): ConfigError {
  return new ConfigError(
    `${what}: the iterable gave ${count} batches and no more. A generator can be run through once only: give a function that returns a new one, for every epoch.`,
  );
}

function iterate(source: BatchIterable): AsyncIterator<BatchLike> | Iterator<BatchLike> {
  const iterable = typeof source === 'function' ? source() : source;
  if (Symbol.asyncIterator in iterable) return iterable[Symbol.asyncIterator]();
  return iterable[Symbol.iterator]();
}

async function iterableBatch(value: BatchLike, options: FeedOptions, what: string): Promise<MakeBatch> {
  const { x, y, sampleWeight } = fieldsOf(value);
  if (x === undefined || y === undefined)
    throw new ConfigError(`${what}: the iterable must yield [x, y], [x, y, sampleWeight] or { x, y, sampleWeight }.`);
  const { backend } = options;
  const { weights, ...samples } = await readSamples(x, y, { ...options, sampleWeight }, what);
  const size = samples.x.length;
  const whole = (source: SampleSource, given: TensorLike): Tensor =>
    given instanceof Tensor && given.backend === backend
      ? stopGradient(cast(asTensor(given), 'float32'))
      : source.range(0, size);
  return () => ({ x: whole(samples.x, x), y: whole(samples.y, y), ...weighted(weights, size, backend) });
}

function fieldsOf(value: BatchLike): { x?: TensorLike; y?: TensorLike; sampleWeight?: TensorLike } {
  if (!Array.isArray(value)) return (value ?? {}) as { x: TensorLike };
  const [x, y, sampleWeight] = value as TensorLike[];
  return {
    ...(x !== undefined && { x }),
    ...(y !== undefined && { y }),
    ...(sampleWeight !== undefined && { sampleWeight }),
  };
}

/** A sample shape that does not fit, in words. */
export function wrongInput(got: readonly number[], expected: readonly number[], what: string): ShapeError {
  const inputs = (shape: readonly number[]): string => `[${['batch', ...shape].join(', ')}]`;
  const isSample = sameShape(got, expected.slice(1));
  return new ShapeError(
    `${what}: the model takes inputs ${inputs(expected)}, got ${inputs(got)}.${isSample ? ' For a single sample, add the batch axis: [x].' : ''}`,
  );
}
