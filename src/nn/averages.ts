import type { Tensor } from '../core/tensor';
import type { Logs } from './callbacks/callback';
import { type BatchSum, batchSum, type Metric } from './metrics';
import { alignTargets, type Batch } from './train-step';

/** A sum over the samples of one batch, with the sum of their weights. */
export interface Measured extends BatchSum {
  readonly key: string;
  readonly weight: number;
}

/** The loss and metrics of one batch, not read yet. */
export function measure(metrics: readonly Metric[], loss: Tensor, yPred: Tensor, batch: Batch): Measured[] {
  const yTrue = alignTargets(batch.y, yPred);
  return [
    { key: 'loss', value: loss, scale: batch.size, weight: batch.size },
    ...metrics.map(({ key, weighted, compute }) => {
      const weights = weighted && batch.weights !== null ? { tensor: batch.weights, sum: batch.weightSum } : null;
      return {
        key,
        ...batchSum(compute(yTrue, yPred), batch.size, weights),
        weight: weighted ? batch.weightSum : batch.size,
      };
    }),
  ];
}

/** Averages over the batches of an epoch, weighted by their sizes. */
export class Averages {
  readonly #sums = new Map<string, { total: number; weight: number }>();

  /** Reads what was measured, adds it, and frees it. */
  async add(measured: readonly Measured[]): Promise<void> {
    for (const { key, value, scale, weight } of measured) {
      const number = typeof value === 'number' ? value : (await value.data())[0]!;
      if (typeof value !== 'number') value.dispose();
      if (weight === 0) continue;
      const sum = this.#sums.get(key) ?? { total: 0, weight: 0 };
      this.#sums.set(key, { total: sum.total + number * scale, weight: sum.weight + weight });
    }
  }

  logs(): Logs {
    return Object.fromEntries([...this.#sums].map(([key, { total, weight }]) => [key, total / weight]));
  }
}
