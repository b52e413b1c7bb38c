import type { Criterion } from './types';

/** The absolute-error criterion that {@link makeAbsolute} makes. */
export type Absolute = ReturnType<typeof makeAbsolute>;

/**
 * The mean absolute deviation from the median. Weighted medians and deviations come from prefix sums by value (Fenwick
 * trees), in logarithmic time per position; those that could be the best are then summed sample by sample, so that the
 * choice agrees with sums in that order to the last bit. The function stands alone, so that its text can be sent to a worker.
 */
export function makeAbsolute(
  improvement: (c: Criterion, impurity: number, all: number) => number,
): (samples: Int32Array, y: Float64Array, w: Float64Array | null, scratch: Int32Array) => Criterion {
  return (samples, y, w, position) => {
    const order = new Int32Array(samples.length);
    // By rank in the node: weights of the samples on the left, and of all, with weight · value beside.
    let leftWeights = new Float64Array(0);
    let leftValues = new Float64Array(0);
    let allWeights = new Float64Array(0);
    let allValues = new Float64Array(0);
    let from = 0;
    let at = 0;
    let to = 0;
    let n = 0;
    let top = 1;
    let nodeMedian = 0;
    let totalValue = 0;
    let leftValue = 0;

    function add(weights: Float64Array, values: Float64Array, rank: number, d: number, v: number): void {
      for (let i = rank + 1; i <= n; i += i & -i) {
        weights[i]! += d;
        values[i]! += d * v;
      }
    }
    const weightOf = (s: number): number => (w === null ? 1 : w[s]!);
    const valueAt = (rank: number): number => y[order[rank]!]!;
    const sideWeight = (i: number, side: number): number =>
      side === 0 ? leftWeights[i]! : side === 1 ? allWeights[i]! - leftWeights[i]! : allWeights[i]!;
    const sideValue = (i: number, side: number): number =>
      side === 0 ? leftValues[i]! : side === 1 ? allValues[i]! - leftValues[i]! : allValues[i]!;

    let belowWeight = 0;
    let belowValue = 0;
    /** How many ranks have prefix weights that do not reach `target` (or exceed it, when not `strict`). */
    function descend(side: number, target: number, strict: boolean): number {
      let i = 0;
      belowWeight = 0;
      belowValue = 0;
      for (let step = top; step > 0; step >>= 1) {
        if (i + step > n) continue;
        const next = belowWeight + sideWeight(i + step, side);
        if (strict ? next < target : next <= target) {
          i += step;
          belowWeight = next;
          belowValue += sideValue(i, side);
        }
      }
      return i;
    }
    /** The weighted median of a side: between two values where the weights fall in halves. */
    function median(side: number, weight: number): number {
      const low = descend(side, weight / 2, true);
      const lowValue = valueAt(Math.min(low, n - 1));
      const high = descend(side, weight / 2, false);
      if (high > low && high < n && belowWeight === weight / 2) return (valueAt(high) + lowValue) / 2;
      return lowValue;
    }
    /** Σ w·|y − median|, from prefix sums. */
    function deviation(side: number, weight: number, value: number): number {
      const middle = median(side, weight);
      descend(side, weight / 2, true);
      return middle * belowWeight - belowValue + (value - belowValue) - middle * (weight - belowWeight);
    }
    /** The same summed sample by sample. */
    function exact(start: number, end: number, middle: number): number {
      let sum = 0;
      for (let p = start; p < end; p++) {
        const s = samples[p]!;
        sum += Math.abs(y[s]! - middle) * weightOf(s);
      }
      return sum;
    }
    const self: Criterion = {
      total: 0,
      left: 0,
      right: 0,
      impurityLeft: 0,
      impurityRight: 0,
      best: 0,
      init(start, end) {
        from = start;
        to = end;
        n = end - start;
        top = 1;
        while (top * 2 <= n) top *= 2;
        for (let i = 0; i < n; i++) order[i] = samples[start + i]!;
        order.subarray(0, n).sort((a, b) => y[a]! - y[b]!);
        for (let i = 0; i < n; i++) position[order[i]!] = i;
        if (allWeights.length <= n) {
          leftWeights = new Float64Array(n + 1);
          leftValues = new Float64Array(n + 1);
          allWeights = new Float64Array(n + 1);
          allValues = new Float64Array(n + 1);
        }
        allWeights.fill(0, 0, n + 1);
        allValues.fill(0, 0, n + 1);
        let total = 0;
        totalValue = 0;
        for (let p = start; p < end; p++) {
          const s = samples[p]!;
          total += weightOf(s);
          totalValue += weightOf(s) * y[s]!;
          add(allWeights, allValues, position[s]!, weightOf(s), y[s]!);
        }
        self.total = total;
        nodeMedian = median(2, total);
        self.reset();
      },
      reset() {
        at = from;
        self.left = 0;
        self.right = self.total;
        leftValue = 0;
        leftWeights.fill(0, 0, n + 1);
        leftValues.fill(0, 0, n + 1);
      },
      update(next) {
        for (let p = at; p < next; p++) {
          const s = samples[p]!;
          self.left += weightOf(s);
          leftValue += weightOf(s) * y[s]!;
          add(leftWeights, leftValues, position[s]!, weightOf(s), y[s]!);
        }
        self.right = self.total - self.left;
        at = next;
      },
      proxy(best) {
        const rough = -deviation(0, self.left, leftValue) - deviation(1, self.right, totalValue - leftValue);
        if (rough < best - 1e-9 * Math.abs(best) - 1e-12) return Number.NEGATIVE_INFINITY;
        self.childrenImpurity();
        return -self.right * self.impurityRight - self.left * self.impurityLeft;
      },
      nodeImpurity: () => exact(from, to, nodeMedian) / self.total,
      childrenImpurity() {
        self.impurityLeft = exact(from, at, median(0, self.left)) / self.left;
        self.impurityRight = exact(at, to, median(1, self.right)) / self.right;
      },
      improvement: (impurity, all) => improvement(self, impurity, all),
      value(out, node) {
        out[node] = nodeMedian;
      },
    };
    return self;
  };
}
