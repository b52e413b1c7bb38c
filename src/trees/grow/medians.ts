import type { Criterion, GrowLimits, Target } from './types';

/**
 * Absolute errors about medians. Two trees of partial sums over the ranks of the targets give both sides' median and error
 * at every cut in logarithmic time.
 */
export function makeMedianCriterion(
  limits: GrowLimits,
  { values }: Target,
  weights: Float64Array | null,
  rows: number,
): Criterion {
  const { minSamplesLeaf, minWeightLeaf } = limits;
  const CLOSE = Math.fround(1e-7);
  const weightOf = (i: number): number => (weights === null ? 1 : weights[i]!);
  const samples = Int32Array.from({ length: rows }, (_, i) => i).filter((i) => weightOf(i) !== 0);
  let rootWeight = 0;
  for (const i of samples) rootWeight += weightOf(i);
  // The samples in the order of their targets, and every sample's place in it.
  const byTarget = samples.slice().sort((a, b) => values[a]! - values[b]! || a - b);
  const placeOf = new Int32Array(rows);
  for (let p = 0; p < byTarget.length; p++) placeOf[byTarget[p]!] = p;
  let size = 1;
  while (size < byTarget.length) size *= 2;

  /** Weights and weighted targets of a set of samples, as partial sums over their places. */
  const makeSide = () => ({ w: new Float64Array(size + 1), y: new Float64Array(size + 1), weight: 0, sum: 0 });
  const left = makeSide();
  const right = makeSide();
  let [begun, ended, totalWeight, bestLoss] = [0, 0, 0, 0];

  const add = (side: typeof left, i: number, sign: number): void => {
    const w = sign * weightOf(i);
    const y = w * values[i]!;
    side.weight += w;
    side.sum += y;
    for (let at = placeOf[i]! + 1; at <= size; at += at & -at) {
      side.w[at]! += w;
      side.y[at]! += y;
    }
  };
  /** Σ w·|y − median|. */
  const lossOf = (side: typeof left): number => {
    let [at, weight, sum] = [0, 0, 0];
    for (let step = size; step > 0; step >>= 1) {
      const next = at + step;
      if (next <= size && weight + side.w[next]! < side.weight / 2) {
        at = next;
        weight += side.w[at]!;
        sum += side.y[at]!;
      }
    }
    const median = values[byTarget[Math.min(at, byTarget.length - 1)]!]!;
    return median * weight - sum + (side.sum - sum) - median * (side.weight - weight);
  };
  const fill = (side: typeof left): void => {
    for (let p = begun; p < ended; p++) add(side, samples[p]!, 1);
  };
  const empty = (side: typeof left): void => {
    side.w.fill(0);
    side.y.fill(0);
    side.weight = 0;
    side.sum = 0;
  };
  const ownLoss = (): number => {
    empty(right);
    fill(right);
    return lossOf(right);
  };

  return {
    samples,
    rootWeight,
    enter(begin, end) {
      [begun, ended, totalWeight] = [begin, end, 0];
      for (let p = begin; p < end; p++) totalWeight += weightOf(samples[p]!);
    },
    weight: () => totalWeight,
    impurity: () => ownLoss() / totalWeight,
    writeValue(out, at) {
      const order = samples.slice(begun, ended).sort((a, b) => placeOf[a]! - placeOf[b]!);
      let sum = 0;
      for (let p = 0; p < order.length; p++) {
        sum += weightOf(order[p]!);
        if (sum < totalWeight / 2) continue;
        const y = values[order[p]!]!;
        // Half of the weight exactly: between this one and the next.
        out[at] = sum === totalWeight / 2 && p + 1 < order.length ? (y + values[order[p + 1]!]!) / 2 : y;
        return;
      }
    },
    improve({ groupOf, groups, counts, valueOf }, best) {
      const length = ended - begun;
      const order = Int32Array.from({ length }, (_, p) => p).sort((a, b) => groupOf[a]! - groupOf[b]!);
      for (let p = 0; p < length; p++) counts[groupOf[p]!]!++;
      empty(left);
      empty(right);
      fill(right);
      let [count, previous, improved] = [0, -1, false];
      for (let g = 0; g < groups; g++) {
        const here = counts[g]!;
        if (here === 0) continue;
        counts[g] = 0;
        const allowed =
          previous >= 0 &&
          count >= minSamplesLeaf &&
          length - count >= minSamplesLeaf &&
          left.weight >= minWeightLeaf &&
          right.weight >= minWeightLeaf;
        if (allowed) {
          const proxy = -lossOf(right) - lossOf(left);
          if (proxy > best.proxy && !(valueOf(g) <= Math.fround(valueOf(previous) + CLOSE))) {
            best.proxy = proxy;
            best.count = count;
            best.below = previous;
            best.above = g;
            bestLoss = -proxy;
            improved = true;
          }
        }
        for (let p = count; p < count + here; p++) {
          const i = samples[begun + order[p]!]!;
          add(left, i, 1);
          add(right, i, -1);
        }
        count += here;
        previous = g;
      }
      return improved;
    },
    improvement: () => (ownLoss() - bestLoss) / rootWeight,
  };
}
