import type { Tensor } from '../core/tensor';
import { full } from '../ops/create';
import { cast, mul, stack, sum } from '../ops/index';
import { precisionOf } from '../optim/scalars';
import type { Logs } from './callbacks/callback';
import type { Compiled } from './compiled';
import { batchTotal } from './metrics';
import { rowsOf } from './output-loss';
import type { Batch, BatchTensors, Predicted } from './train-step';

/** What a step has to tell, as scalars. */
export interface Findings {
  readonly loss: Tensor;
  /** Finite exactly when the loss and everything in the next state is; null where there is no next state. */
  readonly health: Tensor | null;
  /** How many class numbers and tokens were out of range; null where that was checked before. */
  readonly strangers: Tensor | null;
  /** What is averaged besides the loss: for each of `keysOf`, a sum over the batch and what to divide it by. */
  readonly totals: readonly Tensor[];
}

/** Findings once they are read. */
export interface Report {
  readonly loss: number;
  readonly isHealthy: boolean;
  readonly strangers: number;
  readonly totals: readonly number[];
}

/** Names in logs of what is averaged besides the loss. */
export function keysOf({ outputs }: Compiled): string[] {
  const losses = outputs.flatMap(({ lossKey }) => (lossKey === null ? [] : [lossKey]));
  return [...losses, ...outputs.flatMap(({ metrics }) => metrics.map(({ key }) => key))];
}

/** All findings in one tensor, so that a step is looked at by reading once. */
export function packFindings({ loss, health, strangers, totals }: Findings): Tensor {
  const wide = precisionOf(loss.backend);
  const scalars = [loss, health ?? loss, ...(strangers === null ? [] : [strangers]), ...totals];
  return stack(scalars.map((x) => (x.dtype === wide ? x : cast(x, wide))));
}

/** Reads packed findings, of which the last `totals` are sums over the batch, and frees them. */
export async function readFindings(packed: Tensor, totals: number): Promise<Report> {
  try {
    return reportOf(await packed.data(), totals);
  } finally {
    packed.dispose();
  }
}

function reportOf(values: ArrayLike<number>, totals: number): Report {
  const [loss, health] = [values[0]!, values[1]!];
  const first = values.length - totals;
  return {
    loss,
    isHealthy: Number.isFinite(loss) && Number.isFinite(health),
    strangers: first > 2 ? values[2]! : 0,
    totals: Array.from({ length: totals }, (_, i) => values[first + i]!),
  };
}

/** A sum over the batch, and what it is to be divided by, for each of {@link keysOf}. */
export function totalsOf({ outputs }: Compiled, predicted: Predicted, batch: BatchTensors): Tensor[] {
  const size = batch.xs[0]!.shape[0]!;
  const { backend } = batch.xs[0]!;
  const scalar = (value: number): Tensor => full([], value, { backend });
  const losses = outputs.flatMap(({ lossKey }, k) =>
    lossKey === null ? [] : [mul(predicted.losses[k]!, size), scalar(size)],
  );
  const metrics = outputs.flatMap((output, k) => {
    const yTrue = batch.ys[k]!;
    if (output.metrics.length === 0) return [];
    if (yTrue === null) return output.metrics.flatMap(() => [scalar(0), scalar(0)]);
    const rows = rowsOf(yTrue, predicted.ys[k]!, predicted.masks[k]!, batch.weights[k]!);
    return output.metrics.flatMap(({ weighted, compute }) => {
      const value = compute(rows.yTrue, rows.yPred);
      const weights = weighted && rows.weights !== null ? times(rows.weights, rows.mask) : rows.mask;
      const n = rows.yPred.shape[0]!;
      const own = typeof value === 'number' ? scalar(value) : value;
      const divisor = weights === null ? scalar(n) : sum(cast(weights, precisionOf(backend)));
      return [batchTotal(own, n, weights), divisor];
    });
  });
  return [...losses, ...metrics];
}

const times = (weights: Tensor, mask: Tensor | null): Tensor => (mask === null ? weights : mul(weights, mask));

/** Averages over the batches of an epoch, weighted by their sizes. */
export class Averages {
  readonly #keys: readonly string[];
  readonly #sums = new Map<string, { total: number; weight: number }>();

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  add({ loss, totals }: Report, { size }: Pick<Batch, 'size'>): void {
    this.#addTo('loss', loss * size, size);
    this.#keys.forEach((key, i) => {
      this.#addTo(key, totals[2 * i]!, totals[2 * i + 1]!);
    });
  }

  logs(): Logs {
    return Object.fromEntries([...this.#sums].map(([key, { total, weight }]) => [key, total / weight]));
  }

  #addTo(key: string, total: number, weight: number): void {
    if (weight === 0) return;
    const sum = this.#sums.get(key) ?? { total: 0, weight: 0 };
    this.#sums.set(key, { total: sum.total + total, weight: sum.weight + weight });
  }
}
