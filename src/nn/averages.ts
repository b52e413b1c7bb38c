import type { Tensor } from '../core/tensor';
import type { Logs } from './callbacks/callback';
import { batchMean, type Metric } from './metrics';
import { alignTargets, type Batch } from './train-step';

/** A number of one batch with the weight it has in the average over batches. */
export interface Measured {
  readonly key: string;
  readonly value: Tensor | number;
  readonly weight: number;
}

/** The loss and metrics of one batch, not read yet. */
export function measure(metrics: readonly Metric[], loss: Tensor, yPred: Tensor, batch: Batch): Measured[] {
  const yTrue = alignTargets(batch.y, yPred);
  return [
    { key: 'loss', value: loss, weight: batch.size },
    ...metrics.map(({ key, weighted, compute }) => ({
      key,
      value: batchMean(compute(yTrue, yPred), weighted ? batch.weights : null),
      weight: weighted ? batch.weightSum : batch.size,
    })),
  ];
}

/** Averages over the batches of an epoch, weighted by their sizes. */
export class Averages {
  readonly #sums = new Map<string, { total: number; weight: number }>();

  /** Reads what was measured, adds it, and frees it. */
  async add(measured: readonly Measured[]): Promise<void> {
    for (const { key, value, weight } of measured) {
      const number = typeof value === 'number' ? value : (await value.data())[0]!;
      if (typeof value !== 'number') value.dispose();
      if (weight === 0) continue;
      const sum = this.#sums.get(key) ?? { total: 0, weight: 0 };
      this.#sums.set(key, { total: sum.total + number * weight, weight: sum.weight + weight });
    }
  }

  logs(): Logs {
    return Object.fromEntries([...this.#sums].map(([key, { total, weight }]) => [key, total / weight]));
  }
}
