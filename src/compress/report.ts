import { isFloating } from '../core/dtype';
import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { formatShape, sizeOf } from '../core/shape';
import { Tensor } from '../core/tensor';
import { textTable } from '../core/text-table';
import type { Sequential } from '../nn/sequential';
import { asTensor, type TensorLike } from '../ops/create';
import { argMax, cast, equal, mean, reshape, slice } from '../ops/index';
import { checkModel, type Stage, samplesFor, stagesOf } from './pass';
import { prunableParams } from './saliency';

export interface ReportOptions {
  /** Inputs to measure on; a single one of them is timed. */
  x: TensorLike;
  /** Targets; without them no score is given. */
  y?: TensorLike;
  /** Runs of which the median latency is taken; default 30, after 5 that don't count. */
  runs?: number;
}

/** What one layer costs. */
export interface LayerCost {
  readonly name: string;
  readonly kind: string;
  readonly params: number;
  /** Bytes its weights take in the model file. */
  readonly bytes: number;
  /** Share of zeros among the prunable weights. */
  readonly sparsity: number;
  /** Multiply-adds for one sample, zeros counted. */
  readonly multiplyAdds: number;
  /** Those with a weight other than zero. */
  readonly nonZeroMultiplyAdds: number;
}

/** What a whole model costs, and how good it is. */
export interface ModelCost extends Omit<LayerCost, 'name' | 'kind'> {
  /** Size of the model file. */
  readonly bytes: number;
  /** The same, gzip-compressed. */
  readonly gzipBytes: number;
  /** Median time to predict one sample, in milliseconds. */
  readonly latencyMs: number;
  /** Accuracy for classifiers, else the loss; null without `y`. */
  readonly score: number | null;
  readonly layers: readonly LayerCost[];
}

export interface CompressionReport {
  readonly before: ModelCost;
  readonly after: ModelCost;
  /** The report as a table. */
  toString(): string;
}

/**
 * Measures what compression changed: file size raw and gzip-compressed, sparsity, multiply-adds, latency of one sample,
 * and the score, per layer and in total. Printing it gives a table.
 *
 * @example
 * ```ts
 * import { rng } from 'kompakt';
 * import { compressionReport, prune } from 'kompakt/compress';
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 2 })], { inputShape: [4], seed: 0 });
 * const small = await prune({ sparsity: 0.5 })(model);
 * const report = await compressionReport(model, small, { x: rng(0).normal([8, 4]) });
 * console.log(report.before.sparsity, report.after.sparsity); // → 0 0.5
 * ```
 */
export async function compressionReport(
  before: Sequential,
  after: Sequential,
  options: ReportOptions,
): Promise<CompressionReport> {
  checkModel(before, 'compressionReport');
  checkModel(after, 'compressionReport');
  checkReport(options, before);
  const costs = { before: await measure(before, options), after: await measure(after, options) };
  return { ...costs, toString: () => formatReport(costs.before, costs.after) };
}

function checkReport(options: ReportOptions, model: Sequential): void {
  checkOptions(options, ['x', 'y', 'runs'], 'compressionReport');
  const { x, y, runs = 30 } = options;
  if (x === undefined) throw new ConfigError('compressionReport: give x, the inputs to measure on.');
  if (!Number.isInteger(runs) || runs < 1) {
    throw new ConfigError(`compressionReport: runs must be an integer ≥ 1, got ${runs}.`);
  }
  const lengthOf = (data: TensorLike): number =>
    data instanceof Tensor ? data.shape[0]! : scope(() => asTensor(data).shape[0]!);
  const n = lengthOf(x);
  if (n === 0)
    throw new ShapeError(`compressionReport: x holds no samples of shape ${formatShape(model.inputShape!)}.`);
  if (y !== undefined && lengthOf(y) !== n) {
    throw new ShapeError(
      `compressionReport: x has ${n} samples and y has ${lengthOf(y)}. Every sample needs one target.`,
    );
  }
}

async function measure(model: Sequential, options: ReportOptions): Promise<ModelCost> {
  const layers = await Promise.all(stagesOf(model).map(layerCost));
  const bytes = await model.toBytes();
  const total = (key: 'params' | 'multiplyAdds' | 'nonZeroMultiplyAdds'): number =>
    layers.reduce((n, l) => n + l[key], 0);
  const { zeros, weights } = await countZeros(stagesOf(model));
  return {
    params: total('params'),
    bytes: bytes.length,
    gzipBytes: await gzipSize(bytes),
    sparsity: weights === 0 ? 0 : zeros / weights,
    multiplyAdds: total('multiplyAdds'),
    nonZeroMultiplyAdds: total('nonZeroMultiplyAdds'),
    latencyMs: await latency(model, options),
    score: await score(model, options),
    layers,
  };
}

/** Kernels, int8 ones included. */
const kernelsOf = (stage: Stage): Tensor[] => [
  ...prunableParams(stage).map((name) => stage.params[name]!),
  ...(stage.params.kernel?.dtype === 'int8' ? [stage.params.kernel] : []),
];

async function countZeros(stages: readonly Stage[]): Promise<{ zeros: number; weights: number }> {
  let zeros = 0;
  let weights = 0;
  for (const kernel of stages.flatMap(kernelsOf)) {
    for (const w of await kernel.data()) if (w === 0) zeros++;
    weights += kernel.size;
  }
  return { zeros, weights };
}

/** What integer layers keep to rescale their sums; bytes of the file, but no parameters. */
const RESCALING: ReadonlySet<string> = /* @__PURE__ */ new Set(['multiplier', 'shift']);

async function layerCost(stage: Stage): Promise<LayerCost> {
  const { name, layer } = stage;
  const all = [...Object.values(stage.params), ...Object.values(stage.state)];
  const { zeros, weights } = await countZeros([stage]);
  const sparsity = weights === 0 ? 0 : zeros / weights;
  const multiplyAdds = layer.multiplyAdds(stage.input);
  return {
    name,
    kind: layer.kind,
    params: Object.entries({ ...stage.params, ...stage.state }).reduce(
      (n, [k, t]) => n + (RESCALING.has(k) ? 0 : t.size),
      0,
    ),
    bytes: all.reduce((n, t) => n + t.size * bytesOf(t), 0),
    sparsity,
    multiplyAdds,
    nonZeroMultiplyAdds: Math.round(multiplyAdds * (1 - sparsity)),
  };
}

const bytesOf = ({ dtype }: Tensor): number =>
  dtype === 'float64' ? 8 : isFloating(dtype) || dtype === 'int32' ? 4 : 1;

async function gzipSize(bytes: Uint8Array): Promise<number> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

async function latency(model: Sequential, { x, runs = 30 }: ReportOptions): Promise<number> {
  const one = scope(() => slice(asTensor(x), [0], [1]));
  const times: number[] = [];
  for (let i = -5; i < runs; i++) {
    const start = performance.now();
    const y = scope(() => model.predict(one));
    await y.data();
    if (i >= 0) times.push(performance.now() - start);
    y.dispose();
  }
  one.dispose();
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

async function score(model: Sequential, { x, y }: ReportOptions): Promise<number | null> {
  if (y === undefined) return null;
  const classes = model.outputShape.at(-1)!;
  if (model.outputShape.length !== 1 || classes < 2)
    return model.compileOptions ? (await model.evaluate(x, y)).loss! : null;
  const truth = await samplesFor(model, y, 'compressionReport: y');
  const hits = scope(() => {
    const predicted = model.predict(x);
    const rows = truth.range(0, truth.length);
    // Classes as numbers, in a row or a column, or as one-hot rows.
    const wanted = sizeOf(truth.shape) === 1 ? cast(reshape(rows, [-1]), 'int32') : argMax(rows, { axis: -1 });
    return mean(cast(equal(argMax(predicted, { axis: -1 }), wanted), 'float32'));
  });
  const [share] = await hits.data();
  hits.dispose();
  return share!;
}

const kilo = (n: number): string =>
  n < 10_000 ? String(n) : n < 10_000_000 ? `${(n / 1e3).toFixed(1)} k` : `${(n / 1e6).toFixed(1)} M`;
const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

function formatReport(before: ModelCost, after: ModelCost): string {
  const ratio = (a: number, b: number): string => (b === 0 ? '' : `${(a / b).toFixed(1)} ×`);
  const rows: string[][] = [
    ['', 'before', 'after', 'ratio'],
    ['model file (bytes)', kilo(before.bytes), kilo(after.bytes), ratio(before.bytes, after.bytes)],
    ['gzip (bytes)', kilo(before.gzipBytes), kilo(after.gzipBytes), ratio(before.gzipBytes, after.gzipBytes)],
    ['parameters', kilo(before.params), kilo(after.params), ratio(before.params, after.params)],
    ['zero weights', percent(before.sparsity), percent(after.sparsity), ''],
    [
      'multiply-adds',
      kilo(before.multiplyAdds),
      kilo(after.multiplyAdds),
      ratio(before.multiplyAdds, after.multiplyAdds),
    ],
    [
      '… not by zero',
      kilo(before.nonZeroMultiplyAdds),
      kilo(after.nonZeroMultiplyAdds),
      ratio(before.nonZeroMultiplyAdds, after.nonZeroMultiplyAdds),
    ],
    [
      'latency, 1 sample (ms)',
      before.latencyMs.toFixed(3),
      after.latencyMs.toFixed(3),
      ratio(before.latencyMs, after.latencyMs),
    ],
  ];
  if (before.score !== null && after.score !== null)
    rows.push(['score', before.score.toFixed(4), after.score.toFixed(4), '']);
  const perLayer = after.layers
    .filter((l) => l.params > 0)
    .map((l) => [`  ${l.name}`, l.kind, kilo(l.bytes), percent(l.sparsity)]);
  return `${textTable(rows)}\n\nlayers after\n${textTable([['  name', 'kind', 'bytes', 'zeros'], ...perLayer])}`;
}
