import { checkOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { cast, concat, full, mean, reshape, square, sub, sum } from '../../ops/index';
import { alike, type MetricFactory, ratio, weigh, wide, wordIn } from './define';

/** How many rows there are, or the sum of their weights, as `[1]`. */
function countRows(y: Tensor, weights: Tensor | null): Tensor {
  if (weights !== null) return reshape(sum(wide(weights)), [1]);
  return wide(full([1], y.shape[0]!, { backend: y.backend }));
}

/** Rows of all but the last axis. */
const rowsOf = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, -1]);

const rootMeanSquaredError: MetricFactory = (option) => {
  checkOptions(option, ['name'], 'compile');
  return {
    totals: (yTrue, yPred, weights) => {
      const [y, p] = alike(cast(yTrue, yPred.dtype), yPred);
      const squares = square(sub(p, y));
      const own = squares.rank < 2 ? squares : mean(rowsOf(squares), { axis: 1 });
      return concat([reshape(sum(wide(weigh(own, weights))), [1]), countRows(p, weights)], 0);
    },
    result: ([squares, n]) => Math.sqrt(ratio(squares!, n!)),
  };
};

/** R² of each output: sums of the weights and, per output, of y, y² and (y − p)². */
const r2Score: MetricFactory = (option) => {
  checkOptions(option, ['name', 'classAggregation'], 'compile');
  const how = wordIn(option, 'classAggregation', ['uniformAverage', 'varianceWeightedAverage']);
  return {
    totals: (yTrue, yPred, weights) => {
      const [targets, outputs] = alike(cast(yTrue, yPred.dtype), yPred);
      const [y, p] = [wide(rowsOf(targets)), wide(rowsOf(outputs))];
      const each = (x: Tensor): Tensor => sum(weigh(x, weights), { axis: 0 });
      return concat([countRows(y, weights), each(y), each(square(y)), each(square(sub(y, p)))], 0);
    },
    result: ([count, ...sums]) => {
      const n = sums.length / 3;
      const parts = Array.from({ length: n }, (_, i) => {
        const spread = sums[n + i]! - sums[i]! * ratio(sums[i]!, count!);
        const score = 1 - sums[2 * n + i]! / spread;
        return { spread, score: Number.isFinite(score) || Number.isNaN(score) ? score : 0 };
      });
      const weightOf = ({ spread }: { spread: number }): number => (how === 'uniformAverage' ? 1 : spread);
      const all = parts.reduce((a, part) => a + weightOf(part), 0);
      return parts.reduce((a, part) => a + part.score * weightOf(part), 0) / all;
    },
  };
};

/** Metrics of values, by name. */
export const valueMetrics: Readonly<Record<string, MetricFactory>> = {
  rootMeanSquaredError,
  r2Score,
};
