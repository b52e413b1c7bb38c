import type { BestCut, Criterion, CriterionName, Cuts, GrowLimits, Target } from './types';

/*
 * Functions in this folder are whole in themselves: they use nothing but their arguments, so that their text is also the
 * program of a thread.
 */

/**
 * The criterion of classes or of means that a tree is grown by. (That of medians is of its own.)
 *
 * @param weights - one per row, 0 for those left out; null: all 1.
 * @param maxGroups - the most distinct values that a feature has.
 */
export function makeCriterion(
  limits: GrowLimits,
  target: Target,
  weights: Float64Array | null,
  rows: number,
  maxGroups: number,
): Criterion {
  const { classes } = target;
  const name: CriterionName = limits.criterion;
  const { minSamplesLeaf, minWeightLeaf } = limits;
  // float32's distance below which values count as equal, as the float32 that scikit-learn has.
  const CLOSE = Math.fround(1e-7);
  const all = new Int32Array(rows);
  let present = 0;
  let rootWeight = 0;
  for (let i = 0; i < rows; i++) {
    const w = weights === null ? 1 : weights[i]!;
    if (w === 0) continue;
    all[present++] = i;
    rootWeight += w;
  }
  const samples = all.subarray(0, present);
  // The node's samples side by side, so that every feature reads them in order.
  const nodeWeights = new Float64Array(present).fill(1);
  const sizes = new Float64Array(maxGroups);
  return classes > 0 ? ofClasses() : ofMeans();

  function ofClasses(): Criterion {
    const k = classes;
    const isGini = name === 'gini';
    const nodeCodes = new Int32Array(present);
    const total = new Float64Array(k);
    const left = new Float64Array(k);
    const bestLeft = new Float64Array(k);
    const table = new Float64Array(maxGroups * k);
    let totalWeight = 0;
    let length = 0;

    const impurityOf = (counts: Float64Array, minus: Float64Array | null, weight: number): number => {
      let sum = 0;
      for (let c = 0; c < k; c++) {
        const n = minus === null ? counts[c]! : counts[c]! - minus[c]!;
        if (isGini) sum += n * n;
        else if (n > 0) sum -= (n / weight) * (Math.log(n / weight) / Math.LN2);
      }
      return isGini ? 1 - sum / (weight * weight) : sum;
    };
    const giniProxy = (leftWeight: number, rightWeight: number): number => {
      let [a, b] = [0, 0];
      for (let c = 0; c < k; c++) {
        const l = left[c]!;
        const r = total[c]! - l;
        a += l * l;
        b += r * r;
      }
      return a / leftWeight + b / rightWeight;
    };
    /** The same for two classes, which most problems have: all in variables. */
    const improvePairs = (cuts: Cuts, best: BestCut): boolean => {
      const { groupOf, groups, counts } = cuts;
      for (let p = 0; p < length; p++) {
        const g = groupOf[p]!;
        table[2 * g + nodeCodes[p]!]! += nodeWeights[p]!;
        counts[g]!++;
      }
      const [total0, total1] = [total[0]!, total[1]!];
      let [left0, left1, count, previous, proxy, improved] = [0, 0, 0, -1, best.proxy, false];
      for (let g = 0; g < groups; g++) {
        const here = counts[g]!;
        if (here === 0) continue;
        counts[g] = 0;
        if (count >= minSamplesLeaf && length - count >= minSamplesLeaf) {
          const right0 = total0 - left0;
          const right1 = total1 - left1;
          const leftWeight = left0 + left1;
          const rightWeight = right0 + right1;
          const found =
            (left0 * left0 + left1 * left1) / leftWeight + (right0 * right0 + right1 * right1) / rightWeight;
          const isBetter = found > proxy && leftWeight >= minWeightLeaf && rightWeight >= minWeightLeaf;
          if (isBetter && !(cuts.valueOf(g) <= Math.fround(cuts.valueOf(previous) + CLOSE))) {
            proxy = found;
            best.count = count;
            best.below = previous;
            best.above = g;
            bestLeft[0] = left0;
            bestLeft[1] = left1;
            improved = true;
          }
        }
        left0 += table[2 * g]!;
        left1 += table[2 * g + 1]!;
        table[2 * g] = 0;
        table[2 * g + 1] = 0;
        count += here;
        previous = g;
      }
      best.proxy = proxy;
      return improved;
    };
    return {
      samples,
      rootWeight,
      enter(begin, end) {
        total.fill(0);
        length = end - begin;
        for (let p = 0; p < length; p++) {
          const i = samples[begin + p]!;
          const code = target.codes[i]!;
          const w = weights === null ? 1 : weights[i]!;
          nodeCodes[p] = code;
          nodeWeights[p] = w;
          total[code]! += w;
        }
        totalWeight = 0;
        for (let c = 0; c < k; c++) totalWeight += total[c]!;
      },
      weight: () => totalWeight,
      impurity: () => impurityOf(total, null, totalWeight),
      writeValue(out, at) {
        for (let c = 0; c < k; c++) out[at + c] = total[c]!;
      },
      improve(cuts, best) {
        if (k === 2 && isGini) return improvePairs(cuts, best);
        const { groupOf, groups, counts } = cuts;
        for (let p = 0; p < length; p++) {
          const g = groupOf[p]!;
          table[g * k + nodeCodes[p]!]! += nodeWeights[p]!;
          counts[g]!++;
        }
        left.fill(0);
        let [count, leftWeight, previous, improved] = [0, 0, -1, false];
        for (let g = 0; g < groups; g++) {
          const here = counts[g]!;
          if (here === 0) continue;
          counts[g] = 0;
          const rightWeight = totalWeight - leftWeight;
          const allowed =
            previous >= 0 &&
            count >= minSamplesLeaf &&
            length - count >= minSamplesLeaf &&
            leftWeight >= minWeightLeaf &&
            rightWeight >= minWeightLeaf;
          if (allowed) {
            const proxy = isGini
              ? giniProxy(leftWeight, rightWeight)
              : -rightWeight * impurityOf(total, left, rightWeight) - leftWeight * impurityOf(left, null, leftWeight);
            if (proxy > best.proxy && !(cuts.valueOf(g) <= Math.fround(cuts.valueOf(previous) + CLOSE))) {
              best.proxy = proxy;
              best.count = count;
              best.below = previous;
              best.above = g;
              bestLeft.set(left);
              improved = true;
            }
          }
          for (let c = 0, at = g * k; c < k; c++, at++) {
            const w = table[at]!;
            table[at] = 0;
            left[c]! += w;
            leftWeight += w;
          }
          count += here;
          previous = g;
        }
        return improved;
      },
      improvement() {
        let leftWeight = 0;
        for (let c = 0; c < k; c++) leftWeight += bestLeft[c]!;
        const rightWeight = totalWeight - leftWeight;
        const a = impurityOf(bestLeft, null, leftWeight);
        const b = impurityOf(total, bestLeft, rightWeight);
        const own = impurityOf(total, null, totalWeight);
        return (totalWeight / rootWeight) * (own - (rightWeight / totalWeight) * b - (leftWeight / totalWeight) * a);
      },
    };
  }

  function ofMeans(): Criterion {
    const { values } = target;
    const isFriedman = name === 'friedmanMse';
    const isPoisson = name === 'poisson';
    const nodeSums = new Float64Array(present);
    const sums = new Float64Array(maxGroups);
    let [totalWeight, totalSum, totalSquares, totalLogs, length] = [0, 0, 0, 0, 0];
    let [bestWeight, bestSum] = [0, 0];

    const proxyOf = (leftWeight: number, leftSum: number): number => {
      const rightWeight = totalWeight - leftWeight;
      const rightSum = totalSum - leftSum;
      if (isFriedman) {
        const d = rightWeight * leftSum - leftWeight * rightSum;
        return (d * d) / (leftWeight * rightWeight);
      }
      if (!isPoisson) return (leftSum * leftSum) / leftWeight + (rightSum * rightSum) / rightWeight;
      // A side without any event has no logarithm: no split there.
      if (leftSum <= 2 ** -52 || rightSum <= 2 ** -52) return Number.NEGATIVE_INFINITY;
      return leftSum * Math.log(leftSum / leftWeight) + rightSum * Math.log(rightSum / rightWeight);
    };
    return {
      samples,
      rootWeight,
      enter(begin, end) {
        let [weight, sum, squares, logs] = [0, 0, 0, 0];
        length = end - begin;
        for (let p = 0; p < length; p++) {
          const i = samples[begin + p]!;
          const w = weights === null ? 1 : weights[i]!;
          const y = values[i]!;
          const product = w * y;
          nodeWeights[p] = w;
          nodeSums[p] = product;
          weight += w;
          sum += product;
          squares += product * y;
          if (isPoisson && y > 0) logs += product * Math.log(y);
        }
        [totalWeight, totalSum, totalSquares, totalLogs] = [weight, sum, squares, logs];
      },
      weight: () => totalWeight,
      impurity: () =>
        isPoisson
          ? (totalLogs - totalSum * Math.log(totalSum / totalWeight)) / totalWeight
          : totalSquares / totalWeight - (totalSum / totalWeight) ** 2,
      writeValue(out, at) {
        out[at] = totalSum / totalWeight;
      },
      improve(cuts, best) {
        const { groupOf, groups, counts } = cuts;
        for (let p = 0; p < length; p++) {
          const g = groupOf[p]!;
          sums[g]! += nodeSums[p]!;
          sizes[g]! += nodeWeights[p]!;
          counts[g]!++;
        }
        let [count, leftWeight, leftSum, previous, improved] = [0, 0, 0, -1, false];
        for (let g = 0; g < groups; g++) {
          const here = counts[g]!;
          if (here === 0) continue;
          counts[g] = 0;
          const allowed =
            previous >= 0 &&
            count >= minSamplesLeaf &&
            length - count >= minSamplesLeaf &&
            leftWeight >= minWeightLeaf &&
            totalWeight - leftWeight >= minWeightLeaf;
          if (allowed) {
            const proxy = proxyOf(leftWeight, leftSum);
            if (proxy > best.proxy && !(cuts.valueOf(g) <= Math.fround(cuts.valueOf(previous) + CLOSE))) {
              best.proxy = proxy;
              best.count = count;
              best.below = previous;
              best.above = g;
              bestWeight = leftWeight;
              bestSum = leftSum;
              improved = true;
            }
          }
          leftSum += sums[g]!;
          leftWeight += sizes[g]!;
          sums[g] = 0;
          sizes[g] = 0;
          count += here;
          previous = g;
        }
        return improved;
      },
      improvement() {
        const gain = proxyOf(bestWeight, bestSum);
        if (isFriedman) return gain / totalWeight;
        if (isPoisson) return (gain - totalSum * Math.log(totalSum / totalWeight)) / rootWeight;
        return (gain - (totalSum * totalSum) / totalWeight) / rootWeight;
      },
    };
  }
}
