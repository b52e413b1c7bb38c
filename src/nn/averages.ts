import type { Tensor } from '../core/tensor';
import { full } from '../ops/create';
import { cast, concat, mul, reshape, stack } from '../ops/index';
import { precisionOf } from '../optim/scalars';
import type { Logs } from './callbacks/callback';
import type { Compiled } from './compiled';
import type { MetricTotals } from './metrics/define';
import { rowsOf } from './output-loss';
import type { Batch, BatchTensors, Predicted } from './train-step';

/** What a step has to tell. */
export interface Findings {
  readonly loss: Tensor;
  /** Finite exactly when the loss and everything in the next state is; null where there is no next state. */
  readonly health: Tensor | null;
  /** How many class numbers and tokens were out of range; null where that was checked before. */
  readonly strangers: Tensor | null;
  /** For each of `measuresOf`, sums over the batch; null where there was nothing to measure. */
  readonly totals: readonly (Tensor | null)[];
}

/** Findings once they are read. */
export interface Report {
  readonly loss: number;
  readonly isHealthy: boolean;
  readonly strangers: number;
  /** For each of `measuresOf`, sums over the batch; none where there was nothing to measure. */
  readonly totals: readonly (readonly number[])[];
}

/** A number of the logs besides the loss, as it comes from sums over batches. */
type Measure = Pick<MetricTotals, 'name' | 'result'>;

const meanOf = ([total, weight]: readonly number[]): number => total! / weight!;

/** What is measured besides the loss. */
export function measuresOf({ outputs }: Compiled): Measure[] {
  const losses = outputs.flatMap(({ lossKey }) => (lossKey === null ? [] : [{ name: lossKey, result: meanOf }]));
  return [...losses, ...outputs.flatMap(({ metrics }) => metrics.map(({ key, result }) => ({ name: key, result })))];
}

/** All findings in one tensor, so that a step is looked at by reading once: sums follow their number. */
export function packFindings({ loss, health, strangers, totals }: Findings): Tensor {
  const wide = precisionOf(loss.backend);
  const inWide = (x: Tensor): Tensor => (x.dtype === wide ? x : cast(x, wide));
  const none = full([], 0, { dtype: wide, backend: loss.backend });
  const head = stack([loss, health ?? loss, strangers ?? none].map(inWide));
  const parts = totals.flatMap((own) => {
    const length = full([1], own?.size ?? 0, { dtype: wide, backend: loss.backend });
    return own === null ? [length] : [length, inWide(own)];
  });
  return parts.length === 0 ? head : concat([head, ...parts], 0);
}

/** Reads packed findings and frees them. */
export async function readFindings(packed: Tensor): Promise<Report> {
  try {
    return reportOf(await packed.data());
  } finally {
    packed.dispose();
  }
}

function reportOf(values: ArrayLike<number>): Report {
  const [loss, health, strangers] = [values[0]!, values[1]!, values[2]!];
  const totals: number[][] = [];
  for (let at = 3; at < values.length; at += 1 + values[at]!) {
    totals.push(Array.from({ length: values[at]! }, (_, i) => values[at + 1 + i]!));
  }
  return { loss, isHealthy: Number.isFinite(loss) && Number.isFinite(health), strangers, totals };
}

/** Sums over the batch for each of {@link measuresOf}. */
export function totalsOf({ outputs }: Compiled, predicted: Predicted, batch: BatchTensors): (Tensor | null)[] {
  const size = batch.xs[0]!.shape[0]!;
  const { backend } = batch.xs[0]!;
  const losses = outputs.flatMap(({ lossKey }, k) => {
    if (lossKey === null) return [];
    const own = predicted.losses[k]!;
    return [stack([mul(own, size), full([], size, { dtype: own.dtype, backend })])];
  });
  const metrics = outputs.flatMap((output, k) => {
    const yTrue = batch.ys[k]!;
    if (output.metrics.length === 0) return [];
    if (yTrue === null) return output.metrics.map(() => null);
    const rows = rowsOf(yTrue, predicted.ys[k]!, predicted.masks[k]!, batch.weights[k]!);
    return output.metrics.map(({ weighted, totals }) => {
      const weights = weighted && rows.weights !== null ? times(rows.weights, rows.mask) : rows.mask;
      return reshape(totals(rows.yTrue, rows.yPred, weights), [-1]);
    });
  });
  return [...losses, ...metrics];
}

const times = (weights: Tensor, mask: Tensor | null): Tensor => (mask === null ? weights : mul(weights, mask));

/** The sums of an epoch, and the numbers they stand for. */
export class Averages {
  readonly #measures: readonly Measure[];
  readonly #sums: number[][];
  #loss = 0;
  #size = 0;

  constructor(compiled: Compiled) {
    this.#measures = measuresOf(compiled);
    this.#sums = this.#measures.map(() => []);
  }

  add({ loss, totals }: Report, { size }: Pick<Batch, 'size'>): void {
    this.#loss += loss * size;
    this.#size += size;
    totals.forEach((own, i) => {
      const sums = this.#sums[i]!;
      own.forEach((total, j) => {
        sums[j] = (sums[j] ?? 0) + total;
      });
    });
  }

  /** The loss, and every measure of which something was counted. */
  logs(): Logs {
    if (this.#size === 0) return {};
    const measured = this.#measures.flatMap(({ name, result }, i) => {
      const value = this.#sums[i]!.length === 0 ? Number.NaN : result(this.#sums[i]!);
      return Number.isNaN(value) ? [] : [[name, value] as const];
    });
    return Object.fromEntries([['loss', this.#loss / this.#size], ...measured]);
  }

  /** The sums as plain data. */
  toData(): AveragesData {
    return { loss: this.#loss, size: this.#size, sums: this.#sums.map((own) => [...own]) };
  }

  /** Goes on from sums taken down by `toData`. */
  restore({ loss, size, sums }: AveragesData): void {
    this.#loss = loss;
    this.#size = size;
    sums.forEach((own, i) => {
      this.#sums[i]?.splice(0, Number.POSITIVE_INFINITY, ...own);
    });
  }
}

/** The sums of an epoch so far. */
export interface AveragesData {
  readonly loss: number;
  readonly size: number;
  readonly sums: readonly (readonly number[])[];
}
