import type { Tensor } from '../core/tensor';
import { full } from '../ops/create';
import { cast, stack } from '../ops/index';
import { precisionOf } from '../optim/scalars';
import type { Logs } from './callbacks/callback';
import { batchTotal, type Metric } from './metrics';
import { alignTargets, type Batch, type BatchTensors } from './train-step';

/** What a step has to tell, as scalars. */
export interface Findings {
  readonly loss: Tensor;
  /** Finite exactly when the loss and everything in the next state is; null where there is no next state. */
  readonly health: Tensor | null;
  /** How many class numbers and tokens were out of range; null where that was checked before. */
  readonly strangers: Tensor | null;
  /** What is averaged besides the loss: sums over the batch. */
  readonly totals: readonly Tensor[];
}

/** Findings once they are read. */
export interface Report {
  readonly loss: number;
  readonly isHealthy: boolean;
  readonly strangers: number;
  readonly totals: readonly number[];
}

/** All findings in one tensor, so that a step is looked at by reading once. */
export function packFindings({ loss, health, strangers, totals }: Findings): Tensor {
  const wide = precisionOf(loss.backend);
  const scalars = [loss, health ?? loss, ...(strangers === null ? [] : [strangers]), ...totals];
  return stack(scalars.map((x) => (x.dtype === wide ? x : cast(x, wide))));
}

/** Reads packed findings, of which `totals` are sums over the batch, and frees them. */
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

/** The sum of each metric over the samples of a batch, weighted where it is to be. */
export function totalsOf(metrics: readonly Metric[], yPred: Tensor, batch: BatchTensors): Tensor[] {
  const yTrue = alignTargets(batch.y, yPred);
  const size = batch.x.shape[0]!;
  return metrics.map(({ weighted, compute }) => {
    const value = compute(yTrue, yPred);
    const tensorValue = typeof value === 'number' ? full([], value, { backend: yPred.backend }) : value;
    return batchTotal(tensorValue, size, weighted ? batch.weights : null);
  });
}

/** Averages over the batches of an epoch, weighted by their sizes. */
export class Averages {
  readonly #sums = new Map<string, { total: number; weight: number }>();

  constructor(readonly metrics: readonly Metric[]) {}

  add({ loss, totals }: Report, { size, weightSum }: Pick<Batch, 'size' | 'weightSum'>): void {
    this.#addTo('loss', loss * size, size);
    this.metrics.forEach(({ key, weighted }, i) => {
      this.#addTo(key, totals[i]!, weighted ? weightSum : size);
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
