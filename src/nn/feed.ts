import type { Backend } from '../core/backend';
import type { DType } from '../core/dtype';
import { ConfigError, ShapeError } from '../core/errors';
import type { Rng } from '../core/rng';
import { Tensor } from '../core/tensor';
import { type SampleSource, sampleSource } from '../data/batches';
import { readValues, type TensorLike } from '../ops/create';
import { checkWhole, type FixedBatch } from './carried';
import { checkClassWeight, sampleWeights } from './class-weight';
import type { BatchIterable, BatchLike, ClassWeight, Inputs, SampleWeight, Targets } from './options';
import { partsOf, weightsPerOutput } from './per-output';
import type { Batch } from './train-step';

/** Makes a batch; its tensors belong to the scope of the call. Calling it again makes the same batch again. */
export type MakeBatch = () => Batch;

/** Where the batches of an epoch come from. */
export interface Feed {
  /** Batches per epoch, as far as known. */
  readonly steps: number | null;
  /** The batches of one epoch; in random order where a generator is given. */
  epoch(order: Rng | null): AsyncIterable<MakeBatch>;
  /** For a source that goes on from epoch to epoch: it passes over the batches of so many epochs before the next. */
  passOver?(epochs: number): void;
  /** No more is wanted: iterators that were opened for this feed alone may let go of what they hold. */
  close?(): Promise<void>;
}

/** What the samples of an input are, to a feed. */
export interface PortSpec {
  readonly name: string;
  readonly dtype: DType;
}

export interface FeedOptions {
  readonly backend: Backend;
  readonly batchSize: number;
  /** Of the model, in order. */
  readonly inputs: readonly PortSpec[];
  /** In order; whether targets are needed for it. */
  readonly outputs: readonly { readonly name: string; readonly isTrained: boolean }[];
  readonly sampleWeight?: SampleWeight | undefined;
  readonly classWeight?: ClassWeight | undefined;
  /** At most so many batches per epoch. */
  readonly stepsPerEpoch?: number | undefined;
  /** What stateful layers want of batches. */
  readonly fixed?: FixedBatch | null | undefined;
}

/** All samples of a fit or evaluation, before they are divided up. */
export interface Samples {
  readonly length: number;
  readonly xs: readonly SampleSource[];
  /** Of each output; null where it has no targets. */
  readonly ys: readonly (SampleSource | null)[];
  readonly weights: readonly (Float32Array | null)[];
}

/** Whether `x` gives batches rather than samples. */
export function isIterable(x: unknown): x is BatchIterable {
  return typeof x === 'function' || (typeof x === 'object' && x !== null && Symbol.asyncIterator in x);
}

export async function readSamples(
  x: Inputs,
  y: Targets | undefined,
  options: FeedOptions,
  what: string,
): Promise<Samples> {
  if (y === undefined || y === null) throw new ConfigError(`${what}: give targets y, one for each sample of x.`);
  const { backend, inputs, outputs } = options;
  const given = partsOf(
    x,
    inputs.map((i) => i.name),
    `${what}: x`,
  );
  const xs = await Promise.all(
    given.map((own, i) => sampleSource(own, backend, inputs[i]!.dtype, nameOf(what, 'x', inputs, i))),
  );
  const ys = await readTargets(y, options, what);
  const { length } = xs[0]!;
  xs.forEach((own, i) => {
    if (own.length !== length)
      throw new ShapeError(
        `${what}: the input '${inputs[i]!.name}' has ${own.length} samples and '${inputs[0]!.name}' has ${length}. All inputs need the same.`,
      );
  });
  ys.forEach((own, k) => {
    if (own !== null && own.length !== length) {
      throw new ShapeError(
        `${nameOf(what, '', outputs, k)}: x has ${length} samples and y has ${own.length}. Every sample needs one target.`,
      );
    }
  });
  if (length === 0) throw new ShapeError(`${what}: there are no samples.`);
  return { length, xs, ys, weights: await readAllWeights(ys, length, options, what) };
}

/** `fit: x`, with the name of the input or output where there are several. */
function nameOf(what: string, side: string, ports: readonly { readonly name: string }[], i: number): string {
  const place = side === '' ? what : `${what}: ${side}`;
  return ports.length === 1 ? place : `${place} '${ports[i]!.name}'`;
}

async function readTargets(y: Targets, options: FeedOptions, what: string): Promise<(SampleSource | null)[]> {
  const { outputs, backend } = options;
  const given = partsOf(
    y,
    outputs.map((o) => o.name),
    `${what}: y`,
    (k) => outputs[k]!.isTrained,
  );
  return Promise.all(
    given.map((own, k) =>
      own === undefined ? null : sampleSource(own, backend, 'float32', nameOf(what, 'y', outputs, k)),
    ),
  );
}

async function readAllWeights(
  ys: readonly (SampleSource | null)[],
  n: number,
  options: FeedOptions,
  what: string,
): Promise<(Float32Array | null)[]> {
  const { outputs, sampleWeight, classWeight } = options;
  if (classWeight !== undefined && outputs.length > 1)
    throw new ConfigError(
      `${what}: classWeight is for models of one output; weight samples per output by sampleWeight.`,
    );
  const given = weightsPerOutput(
    sampleWeight,
    outputs.map((o) => o.name),
    what,
  );
  return Promise.all(
    ys.map(async (y, k) => {
      const own = given[k];
      const read = own === undefined || own === null ? null : await readWeights(own, n, what);
      return y === null ? null : sampleWeights(y, read, classWeight, what);
    }),
  );
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
export function sampleFeed(
  { xs, ys, weights }: Samples,
  begin: number,
  end: number,
  options: FeedOptions,
  what: string,
): Feed {
  const { batchSize, backend, stepsPerEpoch = Number.POSITIVE_INFINITY } = options;
  const steps = Math.min(Math.ceil((end - begin) / batchSize), stepsPerEpoch);
  checkWhole(Math.min(end - begin, steps * batchSize), options.fixed ?? null, what);
  const make = (from: number, to: number, order: Int32Array | null): Batch => {
    const own = order?.subarray(from - begin, to - begin) ?? null;
    const index = begin === 0 || own === null ? own : own.map((i) => i + begin);
    const take = (source: SampleSource): Tensor => (index === null ? source.range(from, to) : source.pick(index));
    const weigh = (own: Float32Array): Float32Array =>
      index === null ? own.slice(from, to) : Float32Array.from(index, (i) => own[i]!);
    return {
      xs: xs.map(take),
      ys: ys.map((y) => (y === null ? null : take(y))),
      weights: weights.map((own) => (own === null ? null : uploaded(weigh(own), backend))),
      size: to - from,
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

const uploaded = (weights: Float32Array, backend: Backend): Tensor =>
  Tensor.from(backend, weights, 'float32', [weights.length]);

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
  /** Batches that an earlier run has had. */
  let behind = 0;
  return {
    get steps() {
      return known;
    },
    passOver(epochs) {
      behind = (stepsPerEpoch ?? 0) * epochs;
    },
    async close() {
      const own = open;
      open = null;
      // An iterator that was handed over may be wanted further.
      if (typeof source === 'function') await own?.return?.();
    },
    async *epoch() {
      let count = 0;
      for (let restarted = false; stepsPerEpoch === null || count < stepsPerEpoch; ) {
        open ??= iterate(source);
        const { done, value } = await open.next();
        if (!done) {
          if (behind > 0) {
            behind--;
            continue;
          }
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
  const samples = await readSamples(x, y, { ...options, sampleWeight }, what);
  const { length: size } = samples;
  return () => ({
    xs: samples.xs.map((source) => source.range(0, size)),
    ys: samples.ys.map((source) => source?.range(0, size) ?? null),
    weights: samples.weights.map((own) => (own === null ? null : uploaded(own, backend))),
    size,
  });
}

function fieldsOf(value: BatchLike): { x?: Inputs; y?: Targets; sampleWeight?: SampleWeight } {
  if (!Array.isArray(value)) return (value ?? {}) as { x: Inputs };
  const [x, y, sampleWeight] = value as [Inputs, Targets, SampleWeight?];
  return {
    ...(x !== undefined && { x }),
    ...(y !== undefined && { y }),
    ...(sampleWeight !== undefined && { sampleWeight }),
  };
}
