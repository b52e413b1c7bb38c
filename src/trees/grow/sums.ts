import type { Criterion, CriterionName, ScanRules } from './types';

/** The criteria that {@link makeCriteria} makes. */
export type Criteria = ReturnType<typeof makeCriteria>;

/**
 * Impurity criteria whose sums run over `samples` in the order it has, forwards or backwards as scikit-learn's do, so that
 * they agree to the last bit. The function stands alone, so that its text can be sent to a worker.
 */
export function makeCriteria() {
  const EPSILON = 2 ** -52;
  const SLACK = 1 - 1e-12;
  const log2 = (x: number): number => Math.log(x) / Math.LN2;

  function improvement(c: Criterion, impurity: number, all: number): number {
    const gain = impurity - (c.right / c.total) * c.impurityRight - (c.left / c.total) * c.impurityLeft;
    return (c.total / all) * gain;
  }

  function classification(
    kind: CriterionName,
    k: number,
    samples: Int32Array,
    y: Int32Array,
    w: Float64Array | null,
  ): Criterion {
    const sums = new Float64Array(k);
    const left = new Float64Array(k);
    const right = new Float64Array(k);
    let from = 0;
    let at = 0;
    let to = 0;
    const gini = (part: Float64Array, weight: number): number => {
      let squares = 0;
      for (let c = 0; c < k; c++) squares += part[c]! * part[c]!;
      return 1 - squares / (weight * weight);
    };
    const entropy = (part: Float64Array, weight: number): number => {
      let sum = 0;
      for (let c = 0; c < k; c++) {
        if (part[c]! > 0) {
          const share = part[c]! / weight;
          sum -= share * log2(share);
        }
      }
      return sum;
    };
    const impurityOf = kind === 'gini' ? gini : entropy;
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
        sums.fill(0);
        let total = 0;
        for (let p = start; p < end; p++) {
          const weight = w === null ? 1 : w[samples[p]!]!;
          sums[y[samples[p]!]!]! += weight;
          total += weight;
        }
        self.total = total;
        self.reset();
      },
      reset() {
        at = from;
        self.left = 0;
        self.right = self.total;
        left.fill(0);
        right.set(sums);
      },
      update(position) {
        let weight = self.left;
        if (position - at <= to - position) {
          for (let p = at; p < position; p++) {
            const s = samples[p]!;
            const d = w === null ? 1 : w[s]!;
            left[y[s]!]! += d;
            weight += d;
          }
        } else {
          left.set(sums);
          weight = self.total;
          for (let p = to - 1; p >= position; p--) {
            const s = samples[p]!;
            const d = w === null ? 1 : w[s]!;
            left[y[s]!]! -= d;
            weight -= d;
          }
        }
        self.left = weight;
        self.right = self.total - weight;
        for (let c = 0; c < k; c++) right[c] = sums[c]! - left[c]!;
        at = position;
      },
      proxy() {
        self.childrenImpurity();
        return -self.right * self.impurityRight - self.left * self.impurityLeft;
      },
      nodeImpurity: () => impurityOf(sums, self.total),
      childrenImpurity() {
        self.impurityLeft = impurityOf(left, self.left);
        self.impurityRight = impurityOf(right, self.right);
      },
      improvement: (impurity, all) => improvement(self, impurity, all),
      value(out, node) {
        for (let c = 0; c < k; c++) out[node * k + c] = sums[c]!;
      },
    };
    return self;
  }

  function regression(kind: CriterionName, samples: Int32Array, y: Float64Array, w: Float64Array | null): Criterion {
    let sum = 0;
    let squares = 0;
    let left = 0;
    let right = 0;
    let from = 0;
    let at = 0;
    let to = 0;
    function squaredProxy(): number {
      return (left * left) / self.left + (right * right) / self.right;
    }
    function friedmanProxy(): number {
      const diff = self.right * left - self.left * right;
      return (diff * diff) / (self.left * self.right);
    }
    function poissonProxy(): number {
      if (left <= EPSILON || right <= EPSILON) return Number.NEGATIVE_INFINITY;
      return left * log2(left / self.left) + right * log2(right / self.right);
    }
    function poissonLoss(start: number, end: number, total: number, weight: number): number {
      if (total <= EPSILON) return Number.POSITIVE_INFINITY;
      const mean = total / weight;
      let loss = 0;
      for (let p = start; p < end; p++) {
        const v = y[samples[p]!]!;
        if (v !== 0) loss += (w === null ? 1 : w[samples[p]!]!) * (v * Math.log(v / mean));
      }
      return loss / weight;
    }
    /** As `update` and `proxy` one after the other, in variables of its own. */
    function scan(keys: Int32Array, { minSamplesLeaf, minWeightLeaf, isClose }: ScanRules): number {
      const [begin, end, nodeSum, total] = [from, to, sum, self.total];
      const isFriedman = kind === 'friedmanMse';
      let best = self.best;
      // Proxies are never negative.
      let bar = best * SLACK;
      let found = -1;
      let moved = begin;
      let l = 0;
      let leftWeight = 0;
      for (let p = begin + Math.max(1, minSamplesLeaf); p <= end - minSamplesLeaf; p++) {
        if (keys[p] === keys[p - 1] || isClose?.(keys[p - 1]!, keys[p]!)) continue;
        if (p - moved <= end - p) {
          for (let q = moved; q < p; q++) {
            const s = samples[q]!;
            const d = w === null ? 1 : w[s]!;
            l += d * y[s]!;
            leftWeight += d;
          }
        } else {
          l = nodeSum;
          leftWeight = total;
          for (let q = end - 1; q >= p; q--) {
            const s = samples[q]!;
            const d = w === null ? 1 : w[s]!;
            l -= d * y[s]!;
            leftWeight -= d;
          }
        }
        moved = p;
        const rightWeight = total - leftWeight;
        if (leftWeight < minWeightLeaf || rightWeight < minWeightLeaf) continue;
        const r = nodeSum - l;
        // Without dividing: whether it can be better at all.
        const product = leftWeight * rightWeight;
        const d = rightWeight * l - leftWeight * r;
        const scaled = isFriedman ? d * d : l * l * rightWeight + r * r * leftWeight;
        if (scaled <= bar * product) continue;
        const proxy = isFriedman ? scaled / product : (l * l) / leftWeight + (r * r) / rightWeight;
        if (proxy > best) {
          best = proxy;
          bar = best * SLACK;
          found = p;
        }
      }
      self.best = best;
      return found;
    }
    const self: Criterion = {
      total: 0,
      left: 0,
      right: 0,
      impurityLeft: 0,
      impurityRight: 0,
      best: 0,
      ...(kind === 'poisson' ? {} : { scan }),
      init(start, end) {
        from = start;
        to = end;
        sum = 0;
        squares = 0;
        let total = 0;
        for (let p = start; p < end; p++) {
          const s = samples[p]!;
          const weight = w === null ? 1 : w[s]!;
          const weighted = weight * y[s]!;
          sum += weighted;
          squares += weighted * y[s]!;
          total += weight;
        }
        self.total = total;
        self.reset();
      },
      reset() {
        at = from;
        self.left = 0;
        self.right = self.total;
        left = 0;
        right = sum;
      },
      update(position) {
        let weight = self.left;
        if (position - at <= to - position) {
          for (let p = at; p < position; p++) {
            const s = samples[p]!;
            const d = w === null ? 1 : w[s]!;
            left += d * y[s]!;
            weight += d;
          }
        } else {
          left = sum;
          weight = self.total;
          for (let p = to - 1; p >= position; p--) {
            const s = samples[p]!;
            const d = w === null ? 1 : w[s]!;
            left -= d * y[s]!;
            weight -= d;
          }
        }
        self.left = weight;
        self.right = self.total - weight;
        right = sum - left;
        at = position;
      },
      proxy: kind === 'poisson' ? poissonProxy : kind === 'friedmanMse' ? friedmanProxy : squaredProxy,
      nodeImpurity() {
        if (kind === 'poisson') return poissonLoss(from, to, sum, self.total);
        const mean = sum / self.total;
        return squares / self.total - mean * mean;
      },
      childrenImpurity() {
        if (kind === 'poisson') {
          self.impurityLeft = poissonLoss(from, at, left, self.left);
          self.impurityRight = poissonLoss(at, to, right, self.right);
          return;
        }
        let squaresLeft = 0;
        for (let p = from; p < at; p++) {
          const v = y[samples[p]!]!;
          squaresLeft += (w === null ? 1 : w[samples[p]!]!) * v * v;
        }
        const meanLeft = left / self.left;
        const meanRight = right / self.right;
        self.impurityLeft = squaresLeft / self.left - meanLeft * meanLeft;
        self.impurityRight = (squares - squaresLeft) / self.right - meanRight * meanRight;
      },
      improvement(impurity, all) {
        if (kind !== 'friedmanMse') return improvement(self, impurity, all);
        const diff = self.right * left - self.left * right;
        return (diff * diff) / (self.left * self.right * self.total);
      },
      value(out, node) {
        out[node] = sum / self.total;
      },
    };
    return self;
  }

  return { classification, regression, improvement };
}
