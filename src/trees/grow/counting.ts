import type { Sorts } from './sorts';
import type { RankedColumns } from './types';

/** What {@link makeCounting} makes. */
export type Counting = ReturnType<typeof makeCounting>;
/** A search for the best split of a node along one feature after the other. */
export type CountingSearch = ReturnType<Counting>;

/**
 * The search for splits of classes with whole weights. Sums of whole numbers are the same in any order, so nodes are
 * scanned as histograms over ranks, or as sorted keys that hold rank, class and weight in one integer; the impurities come
 * out bit by bit as they do from samples in order. The function stands alone, so that its text can be sent to a worker.
 */
export function makeCounting(sorts: Sorts) {
  return (data: RankedColumns, k: number, isGini: boolean, minLeaf: number, minWeight: number) => {
    // A split's proxy is Σ l²/wₗ + Σ r²/wᵣ − all: where that, without dividing, is clearly below the best, it is not computed.
    const SLACK = 1 - 1e-12;
    const n = data.rows;
    const width = data.features;
    const { ranks, values, offsets, close } = data;
    const gathered = new Int32Array(n);
    const spare = new Int32Array(n);
    const payload = new Int32Array(n);
    const ofNode = new Int32Array(n);
    const sums = new Float64Array(k);
    const left = new Float64Array(k);
    const right = new Float64Array(k);
    let histogram = new Int32Array(1024);
    let rowCounts = new Int32Array(1024);
    let weightBits = 1;
    let shift = 1;
    let total = 0;
    let squares = 0;
    let count = 0;
    let low = 0;
    let high = 0;

    const self = {
      /** The best so far: its proxy, and the ranks on both sides of the threshold. */
      best: Number.NEGATIVE_INFINITY,
      feature: -1,
      rankLeft: 0,
      rankRight: 0,
      total: 0,
      sums,
      left,
      right,
      prepare,
      init,
      gather,
      scan,
      impurity,
      rankAt,
      countUpTo,
    };

    /** Takes the classes and weights of a tree. Says false where they don't fit into keys. */
    function prepare(y: Int32Array, w: Float64Array | null): boolean {
      let most = 1;
      let all = 0;
      for (let i = 0; w !== null && i < n; i++) {
        const weight = w[i]!;
        if (weight !== Math.floor(weight) || weight > 65535) return false;
        if (weight > most) most = weight;
        all += weight;
      }
      let distinct = 1;
      for (let f = 0; f < width; f++) distinct = Math.max(distinct, offsets[f + 1]! - offsets[f]!);
      weightBits = 32 - Math.clz32(most);
      shift = weightBits + (32 - Math.clz32(k - 1));
      if (all > 9e7 || 32 - Math.clz32(distinct) + shift > 31) return false;
      for (let i = 0; i < n; i++) payload[i] = (y[i]! << weightBits) | (w === null ? 1 : w[i]!);
      return true;
    }

    function init(samples: Int32Array, start: number, end: number): void {
      sums.fill(0);
      const mask = (1 << weightBits) - 1;
      count = end - start;
      total = 0;
      for (let i = 0; i < count; i++) {
        const packed = payload[samples[start + i]!]!;
        ofNode[i] = packed;
        sums[packed >> weightBits]! += packed & mask;
        total += packed & mask;
      }
      squares = 0;
      for (let c = 0; c < k; c++) squares += sums[c]! * sums[c]!;
      self.total = total;
      self.best = Number.NEGATIVE_INFINITY;
    }

    function impurity(part: Float64Array, weight: number): number {
      if (isGini) {
        let sum = 0;
        for (let c = 0; c < k; c++) sum += part[c]! * part[c]!;
        return 1 - sum / (weight * weight);
      }
      let sum = 0;
      for (let c = 0; c < k; c++) {
        if (part[c]! > 0) {
          const share = part[c]! / weight;
          sum -= share * (Math.log(share) / Math.LN2);
        }
      }
      return sum;
    }

    /** Reads a feature of the node's samples. Says whether it varies. */
    function gather(samples: Int32Array, start: number, feature: number): boolean {
      const base = feature * n;
      let min = 0x7fffffff;
      let max = -1;
      for (let i = 0; i < count; i++) {
        const rank = ranks[base + samples[start + i]!]!;
        gathered[i] = rank;
        if (rank < min) min = rank;
        if (rank > max) max = rank;
      }
      low = min;
      high = max;
      if (min === max) return false;
      return close[feature] === 0 || !isClose(feature, min, max);
    }

    function isClose(feature: number, a: number, b: number): boolean {
      const at = offsets[feature]!;
      return values[at + b]! <= Math.fround(values[at + a]! + Math.fround(1e-7));
    }

    /** Counts by rank and class, then goes through the ranks. All sums are of whole numbers, so running squares stay exact. */
    function scanHistogram(feature: number, range: number): void {
      if (histogram.length < range * k) {
        histogram = new Int32Array(2 * range * k);
        rowCounts = new Int32Array(2 * range);
      }
      const [table, rows, l, r] = [histogram, rowCounts, left, right];
      const mask = (1 << weightBits) - 1;
      for (let i = 0; i < count; i++) {
        const at = gathered[i]! - low;
        const packed = ofNode[i]!;
        table[at * k + (packed >> weightBits)]! += packed & mask;
        rows[at]!++;
      }
      for (let c = 0; c < k; c++) {
        l[c] = 0;
        r[c] = sums[c]!;
      }
      const all = total;
      let [leftWeight, leftSquares, rightSquares, best, before, last] = [0, 0, squares, self.best, 0, 0];
      const checks = close[feature] === 1;
      let bar = isGini ? best + all * SLACK : Number.NEGATIVE_INFINITY;
      for (let rank = 0; rank < range; rank++) {
        const here = rows[rank]!;
        if (here === 0) continue;
        rows[rank] = 0;
        const rightWeight = all - leftWeight;
        if (
          before >= minLeaf &&
          count - before >= minLeaf &&
          leftWeight >= minWeight &&
          rightWeight >= minWeight &&
          before > 0 &&
          leftSquares * rightWeight + rightSquares * leftWeight > bar * leftWeight * rightWeight &&
          !(checks && isClose(feature, last + low, rank + low))
        ) {
          const a = isGini ? 1 - leftSquares / (leftWeight * leftWeight) : impurity(l, leftWeight);
          const b = isGini ? 1 - rightSquares / (rightWeight * rightWeight) : impurity(r, rightWeight);
          const proxy = -rightWeight * b - leftWeight * a;
          if (proxy > best) {
            best = proxy;
            if (isGini) bar = best + all * SLACK;
            record(feature, proxy, last + low, rank + low);
          }
        }
        for (let c = 0, at = rank * k; c < k; c++, at++) {
          const weight = table[at]!;
          if (weight === 0) continue;
          table[at] = 0;
          const x = l[c]!;
          const y = r[c]!;
          leftSquares += weight * (2 * x + weight);
          rightSquares -= weight * (2 * y - weight);
          l[c] = x + weight;
          r[c] = y - weight;
          leftWeight += weight;
        }
        before += here;
        last = rank;
      }
    }

    function record(feature: number, proxy: number, a: number, b: number): void {
      self.best = proxy;
      self.feature = feature;
      self.rankLeft = a;
      self.rankRight = b;
    }

    /** Sorts keys of rank, class and weight, then goes through them. */
    function scanKeys(feature: number, range: number): void {
      const n = count;
      const [own, packed, l, r] = [gathered, ofNode, left, right];
      for (let i = 0; i < n; i++) own[i] = ((own[i]! - low) << shift) | packed[i]!;
      const keys = sorts.keys(own, spare, n, shift, shift + 32 - Math.clz32(range - 1));
      for (let c = 0; c < k; c++) {
        l[c] = 0;
        r[c] = sums[c]!;
      }
      const mask = (1 << weightBits) - 1;
      const classMask = (1 << (shift - weightBits)) - 1;
      const [all, rankShift, classShift] = [total, shift, weightBits];
      let [leftWeight, leftSquares, rightSquares, best] = [0, 0, squares, self.best];
      const checks = close[feature] === 1;
      let bar = isGini ? best + all * SLACK : Number.NEGATIVE_INFINITY;
      let last = keys[0]! >> rankShift;
      for (let i = 0; i < n; i++) {
        const key = keys[i]!;
        const rank = key >> rankShift;
        if (rank !== last) {
          const rightWeight = all - leftWeight;
          if (
            i >= minLeaf &&
            n - i >= minLeaf &&
            leftWeight >= minWeight &&
            rightWeight >= minWeight &&
            leftSquares * rightWeight + rightSquares * leftWeight > bar * leftWeight * rightWeight &&
            !(checks && isClose(feature, last + low, rank + low))
          ) {
            const a = isGini ? 1 - leftSquares / (leftWeight * leftWeight) : impurity(l, leftWeight);
            const b = isGini ? 1 - rightSquares / (rightWeight * rightWeight) : impurity(r, rightWeight);
            const proxy = -rightWeight * b - leftWeight * a;
            if (proxy > best) {
              best = proxy;
              if (isGini) bar = best + all * SLACK;
              record(feature, proxy, last + low, rank + low);
            }
          }
          last = rank;
        }
        const c = (key >> classShift) & classMask;
        const weight = key & mask;
        const x = l[c]!;
        const y = r[c]!;
        leftSquares += weight * (2 * x + weight);
        rightSquares -= weight * (2 * y - weight);
        l[c] = x + weight;
        r[c] = y - weight;
        leftWeight += weight;
      }
    }

    /** {@link scanKeys} for two classes by Gini, as most problems are: all in variables. */
    function scanPairs(feature: number, range: number): void {
      const n = count;
      const own = gathered;
      const packed = ofNode;
      for (let i = 0; i < n; i++) own[i] = ((own[i]! - low) << shift) | packed[i]!;
      const keys = sorts.keys(own, spare, n, shift, shift + 32 - Math.clz32(range - 1));
      const mask = (1 << weightBits) - 1;
      const rankShift = shift;
      const classShift = weightBits;
      const all = total;
      const all1 = sums[1]!;
      const checks = close[feature] === 1;
      let leftWeight = 0;
      let left1 = 0;
      let best = self.best;
      let bar = best + all * SLACK;
      let last = keys[0]! >> rankShift;
      for (let i = 0; i < n; i++) {
        const key = keys[i]!;
        const rank = key >> rankShift;
        if (rank !== last) {
          const rightWeight = all - leftWeight;
          const left0 = leftWeight - left1;
          const right1 = all1 - left1;
          const right0 = rightWeight - right1;
          const leftSquares = left0 * left0 + left1 * left1;
          const rightSquares = right0 * right0 + right1 * right1;
          if (
            leftSquares * rightWeight + rightSquares * leftWeight > bar * leftWeight * rightWeight &&
            i >= minLeaf &&
            n - i >= minLeaf &&
            leftWeight >= minWeight &&
            rightWeight >= minWeight &&
            !(checks && isClose(feature, last + low, rank + low))
          ) {
            const a = 1 - leftSquares / (leftWeight * leftWeight);
            const b = 1 - rightSquares / (rightWeight * rightWeight);
            const proxy = -rightWeight * b - leftWeight * a;
            if (proxy > best) {
              best = proxy;
              bar = best + all * SLACK;
              record(feature, proxy, last + low, rank + low);
            }
          }
          last = rank;
        }
        const weight = key & mask;
        leftWeight += weight;
        left1 += weight * ((key >> classShift) & 1);
      }
    }

    function scan(feature: number): void {
      const range = high - low + 1;
      if (range * k <= 2 * count + 32) scanHistogram(feature, range);
      else if (k === 2 && isGini) scanPairs(feature, range);
      else scanKeys(feature, range);
    }

    /** The lowest or highest rank of the feature last gathered. */
    function rankAt(end: 0 | 1): number {
      return end === 0 ? low : high;
    }

    /** Considers the one split of the feature last gathered that sends ranks up to `rank` left. Says whether it is better. */
    function countUpTo(feature: number, rank: number): boolean {
      left.fill(0);
      const mask = (1 << weightBits) - 1;
      let [before, leftWeight] = [0, 0];
      for (let i = 0; i < count; i++) {
        if (gathered[i]! > rank) continue;
        left[ofNode[i]! >> weightBits]! += ofNode[i]! & mask;
        leftWeight += ofNode[i]! & mask;
        before++;
      }
      const rightWeight = total - leftWeight;
      if (before < minLeaf || count - before < minLeaf || leftWeight < minWeight || rightWeight < minWeight)
        return false;
      for (let c = 0; c < k; c++) right[c] = sums[c]! - left[c]!;
      const proxy = -rightWeight * impurity(right, rightWeight) - leftWeight * impurity(left, leftWeight);
      if (!(proxy > self.best)) return false;
      record(feature, proxy, rank, rank);
      return true;
    }

    return self;
  };
}
