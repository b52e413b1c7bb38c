import type { Counting } from './counting';
import type { Absolute } from './medians';
import type { Parts } from './parts';
import type { Sorts } from './sorts';
import type { Criteria } from './sums';
import type { Criterion, Grow, GrowLimits, RankedColumns, Target } from './types';

/** What {@link makeGrower} makes: a function that prepares to grow any number of trees from the same samples. */
export type MakeGrow = (data: RankedColumns, limits: GrowLimits, classes: number) => Grow;

/**
 * Growing of trees as scikit-learn does it, draw by draw and sum by sum. The function stands alone and is given the others it
 * needs, so that their texts can be sent to a worker.
 */
export function makeGrower(
  parts: Parts,
  sorts: Sorts,
  criteria: Criteria,
  absolute: Absolute,
  counting: Counting,
): MakeGrow {
  const EPSILON = 2 ** -52;
  const { generator, store, frontier } = parts;

  return (data, limits, classes) => {
    const { rows: n, features: cols, ranks, values, offsets } = data;
    const { criterion, minSamplesLeaf, minWeightLeaf, maxFeatures } = limits;
    const randomSplits = limits.splitter === 'random';
    const k = Math.max(1, classes);
    const samples = new Int32Array(n);
    const keys = new Int32Array(n);
    const scratch = new Int32Array(criterion === 'absoluteError' ? n : 0);
    const packed = new Int32Array(n);
    const spare = new Int32Array(n);
    const features = new Int32Array(cols);
    const constants = new Int32Array(cols);
    const counts = classes > 0 ? counting(data, classes, criterion === 'gini', minSamplesLeaf, minWeightLeaf) : null;
    let random = generator(1);
    let ordered: Criterion | null = null;
    let allWeight = 0;
    // The split found last.
    let bestFeature = -1;
    let bestThreshold = 0;
    let bestRank = 0;
    let bestPosition = 0;
    let improvement = 0;
    let impurityLeft = 0;
    let impurityRight = 0;
    let constantCount = 0;
    let bestProxy = 0;

    function makeCriterion({ codes, values: y }: Target, w: Float64Array | null): Criterion {
      if (classes > 0) return criteria.classification(criterion, classes, samples, codes, w);
      if (criterion === 'absoluteError') return absolute(samples, y, w, scratch);
      return criteria.regression(criterion, samples, y, w);
    }

    function thresholdBetween(feature: number, a: number, b: number): number {
      const low = values[offsets[feature]! + a]!;
      const high = values[offsets[feature]! + b]!;
      const middle = low / 2 + high / 2;
      return middle === high || !Number.isFinite(middle) ? low : middle;
    }

    /** The highest rank whose value is at most `threshold`; the lowest rank's is. */
    function rankOf(feature: number, threshold: number, lowest: number, highest: number): number {
      const at = offsets[feature]!;
      let low = lowest;
      let high = highest;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (values[at + middle]! <= threshold) low = middle;
        else high = middle - 1;
      }
      return low;
    }

    function isClose(feature: number, a: number, b: number): boolean {
      if (a === b) return true;
      const at = offsets[feature]!;
      return values[at + b]! <= Math.fround(values[at + a]! + Math.fround(1e-7));
    }

    /** Reads a feature of the node's samples into `keys`, and sorts both. Says whether it varies. */
    function sortBy(feature: number, start: number, end: number): boolean {
      const base = feature * n;
      let low = 0x7fffffff;
      let high = -1;
      for (let i = start; i < end; i++) {
        const rank = ranks[base + samples[i]!]!;
        keys[i] = rank;
        if (rank < low) low = rank;
        if (rank > high) high = rank;
      }
      if (low === high) return false;
      const isFine = 2 * (offsets[feature + 1]! - offsets[feature]!) > n;
      if (!(isFine && sorts.distinct(keys, samples, packed, spare, start, end, low, high)))
        sorts.withItems(keys, samples, start, end);
      return !isClose(feature, low, high);
    }

    function scanOrdered(c: Criterion, feature: number, start: number, end: number): void {
      const checks = data.close[feature] === 1;
      if (c.scan !== undefined) {
        c.best = bestProxy;
        const isNear = checks ? (a: number, b: number): boolean => isClose(feature, a, b) : null;
        const p = c.scan(keys, { minSamplesLeaf, minWeightLeaf, isClose: isNear });
        if (p >= 0) {
          bestProxy = c.best;
          bestFeature = feature;
          bestRank = keys[p - 1]!;
          bestThreshold = thresholdBetween(feature, keys[p - 1]!, keys[p]!);
        }
        return;
      }
      c.reset();
      for (let p = start + 1; p < end; p++) {
        const a = keys[p - 1]!;
        const b = keys[p]!;
        if (a === b || (checks && isClose(feature, a, b))) continue;
        if (p - start < minSamplesLeaf || end - p < minSamplesLeaf) continue;
        c.update(p);
        if (c.left < minWeightLeaf || c.right < minWeightLeaf) continue;
        const proxy = c.proxy(bestProxy);
        if (proxy > bestProxy) {
          bestProxy = proxy;
          bestFeature = feature;
          bestRank = a;
          bestThreshold = thresholdBetween(feature, a, b);
        }
      }
    }

    function scanCounts(feature: number): void {
      counts!.scan(feature);
      if (counts!.best > bestProxy) {
        bestProxy = counts!.best;
        bestFeature = feature;
        bestRank = counts!.rankLeft;
        bestThreshold = thresholdBetween(feature, counts!.rankLeft, counts!.rankRight);
      }
    }

    let lowest = 0;
    let highest = 0;
    /** Reads a feature of the node's samples into `keys`. Says whether it varies. */
    function readRange(feature: number, start: number, end: number): boolean {
      const base = feature * n;
      lowest = 0x7fffffff;
      highest = -1;
      for (let i = start; i < end; i++) {
        const rank = ranks[base + samples[i]!]!;
        keys[i] = rank;
        if (rank < lowest) lowest = rank;
        if (rank > highest) highest = rank;
      }
      return !isClose(feature, lowest, highest);
    }

    function drawThreshold(feature: number): { threshold: number; rank: number } {
      const low = values[offsets[feature]! + lowest]!;
      const high = values[offsets[feature]! + highest]!;
      let threshold = random.uniform(low, high);
      if (threshold === high) threshold = low;
      return { threshold, rank: rankOf(feature, threshold, lowest, highest) };
    }

    function tryRandom(c: Criterion | null, feature: number, start: number, end: number): void {
      if (c === null) {
        lowest = counts!.rankAt(0);
        highest = counts!.rankAt(1);
      }
      const { threshold, rank } = drawThreshold(feature);
      let isBetter = false;
      if (c === null) isBetter = counts!.countUpTo(feature, rank);
      else {
        const position = partition(rank, start, end);
        if (position - start < minSamplesLeaf || end - position < minSamplesLeaf) return;
        c.reset();
        c.update(position);
        if (c.left < minWeightLeaf || c.right < minWeightLeaf) return;
        const proxy = c.proxy(bestProxy);
        isBetter = proxy > bestProxy;
        if (isBetter) bestProxy = proxy;
      }
      if (!isBetter) return;
      bestFeature = feature;
      bestRank = rank;
      bestThreshold = threshold;
    }

    /** Brings samples whose key is at most `rank` to the front. */
    function partition(rank: number, start: number, end: number): number {
      let p = start;
      let stop = end;
      while (p < stop) {
        if (keys[p]! <= rank) p++;
        else {
          stop--;
          const key = keys[p]!;
          keys[p] = keys[stop]!;
          keys[stop] = key;
          const s = samples[p]!;
          samples[p] = samples[stop]!;
          samples[stop] = s;
        }
      }
      return stop;
    }

    /** Looks for the best split among features drawn without replacement; those known to be constant are not read again. */
    function search(start: number, end: number, known: number): void {
      const c = ordered;
      let undrawn = cols;
      let visited = 0;
      let found = 0;
      let drawnConstants = 0;
      let all = known;
      let last = -1;
      bestFeature = -1;
      bestProxy = Number.NEGATIVE_INFINITY;
      while (undrawn > all && (visited < maxFeatures || visited <= found + drawnConstants)) {
        visited++;
        let j = random.integer(drawnConstants, undrawn - found);
        if (j < known) {
          const t = features[drawnConstants]!;
          features[drawnConstants] = features[j]!;
          features[j] = t;
          drawnConstants++;
          continue;
        }
        j += found;
        const feature = features[j]!;
        last = feature;
        const varies =
          c === null
            ? counts!.gather(samples, start, feature)
            : randomSplits
              ? readRange(feature, start, end)
              : sortBy(feature, start, end);
        if (!varies) {
          features[j] = features[all]!;
          features[all] = feature;
          found++;
          all++;
          continue;
        }
        undrawn--;
        features[j] = features[undrawn]!;
        features[undrawn] = feature;
        if (randomSplits) tryRandom(c, feature, start, end);
        else if (c === null) scanCounts(feature);
        else scanOrdered(c, feature, start, end);
      }
      if (bestFeature >= 0) divide(start, end, last);
      for (let i = 0; i < known; i++) features[i] = constants[i]!;
      for (let i = known; i < known + found; i++) constants[i] = features[i]!;
      constantCount = all;
    }

    /** Divides the node's samples by the best split. */
    function divide(start: number, end: number, last: number): void {
      // A random split of the feature drawn last has its samples in place.
      const isInPlace = randomSplits && ordered !== null && last === bestFeature;
      const base = bestFeature * n;
      for (let i = start; i < end; i++) keys[i] = ranks[base + samples[i]!]!;
      bestPosition = isInPlace ? boundary(start, end) : partition(bestRank, start, end);
    }

    function boundary(start: number, end: number): number {
      for (let p = start; p < end; p++) if (keys[p]! > bestRank) return p;
      return end;
    }

    const half = new Float64Array(k);
    const other = new Float64Array(k);
    /** Measures the best split, after the samples have been divided by it. */
    function measure(start: number, impurity: number, y: Int32Array, w: Float64Array | null): void {
      if (ordered !== null) {
        ordered.reset();
        ordered.update(bestPosition);
        ordered.childrenImpurity();
        impurityLeft = ordered.impurityLeft;
        impurityRight = ordered.impurityRight;
        improvement = ordered.improvement(impurity, allWeight);
        return;
      }
      half.fill(0);
      let left = 0;
      for (let p = start; p < bestPosition; p++) {
        const s = samples[p]!;
        const weight = w === null ? 1 : w[s]!;
        half[y[s]!]! += weight;
        left += weight;
      }
      const total = counts!.total;
      const right = total - left;
      for (let c = 0; c < k; c++) other[c] = counts!.sums[c]! - half[c]!;
      impurityLeft = counts!.impurity(half, left);
      impurityRight = counts!.impurity(other, right);
      improvement = (total / allWeight) * (impurity - (right / total) * impurityRight - (left / total) * impurityLeft);
    }

    /** A node that is to be split. */
    interface Split {
      readonly id: number;
      readonly start: number;
      readonly position: number;
      readonly end: number;
      readonly depth: number;
      readonly feature: number;
      readonly threshold: number;
      readonly improvement: number;
      readonly impurityLeft: number;
      readonly impurityRight: number;
    }

    return (target, w, state) => {
      const y = target.codes;
      random = generator(state);
      ordered = counts?.prepare(y, w) ? null : makeCriterion(target, w);
      let count = 0;
      allWeight = 0;
      for (let i = 0; i < n; i++) {
        if (w !== null && w[i] === 0) continue;
        samples[count++] = i;
        allWeight += w === null ? 1 : w[i]!;
      }
      for (let f = 0; f < cols; f++) features[f] = f;
      const tree = store(k);

      /** Adds a node, and finds its split: whether it has one. `known` features are constant in it. */
      let id = -1;
      function visit(
        start: number,
        end: number,
        depth: number,
        parent: number,
        isLeft: boolean,
        given: number,
        known: number,
      ): boolean {
        if (ordered !== null) ordered.init(start, end);
        else counts!.init(samples, start, end);
        const weight = ordered === null ? counts!.total : ordered.total;
        let impurity = given;
        if (parent < 0) impurity = ordered === null ? counts!.impurity(counts!.sums, weight) : ordered.nodeImpurity();
        const size = end - start;
        let isLeaf =
          depth >= limits.maxDepth ||
          size < limits.minSamplesSplit ||
          size < 2 * minSamplesLeaf ||
          weight < 2 * minWeightLeaf ||
          impurity <= EPSILON;
        constantCount = known;
        if (!isLeaf) {
          search(start, end, known);
          isLeaf = bestFeature < 0;
          if (!isLeaf) {
            measure(start, impurity, y, w);
            isLeaf = improvement + EPSILON < limits.minImpurityDecrease;
          }
        }
        id = tree.add(parent, isLeft, impurity, size, weight);
        if (ordered !== null) ordered.value(tree.values(), id);
        else tree.values().set(counts!.sums, id * k);
        return !isLeaf;
      }

      /** Nodes to be visited: six numbers each, and their impurity. */
      function depthFirst(): void {
        let open = new Int32Array(6 * 64);
        let impurities = new Float64Array(64);
        let height = 0;
        const push = (
          start: number,
          end: number,
          depth: number,
          parent: number,
          isLeft: number,
          impurity: number,
          known: number,
        ) => {
          if (height === impurities.length) {
            const [more, values] = [new Int32Array(2 * open.length), new Float64Array(2 * height)];
            more.set(open);
            values.set(impurities);
            open = more;
            impurities = values;
          }
          const at = 6 * height;
          open[at] = start;
          open[at + 1] = end;
          open[at + 2] = depth;
          open[at + 3] = parent;
          open[at + 4] = isLeft;
          open[at + 5] = known;
          impurities[height++] = impurity;
        };
        push(0, count, 0, -1, 0, 0, 0);
        while (height > 0) {
          const at = 6 * --height;
          const start = open[at]!;
          const end = open[at + 1]!;
          const depth = open[at + 2]!;
          if (!visit(start, end, depth, open[at + 3]!, open[at + 4] === 1, impurities[height]!, open[at + 5]!))
            continue;
          tree.split(id, bestFeature, bestThreshold);
          push(bestPosition, end, depth + 1, id, 0, impurityRight, constantCount);
          push(start, bestPosition, depth + 1, id, 1, impurityLeft, constantCount);
        }
      }

      function bestFirst(): void {
        let left = limits.maxLeafNodes - 1;
        const open = frontier<Split>();
        const add = (start: number, end: number, depth: number, parent: number, isLeft: boolean, given: number) => {
          const isSplit = visit(start, end, depth, parent, isLeft, given, 0);
          return {
            id,
            start,
            position: isSplit ? bestPosition : end,
            end,
            depth,
            feature: bestFeature,
            threshold: bestThreshold,
            improvement: isSplit ? improvement : 0,
            impurityLeft,
            impurityRight,
          };
        };
        open.push(add(0, count, 0, -1, false, 0));
        for (let top = open.pop(); top !== undefined; top = open.pop()) {
          if (top.position === top.end || left <= 0) continue;
          left--;
          tree.split(top.id, top.feature, top.threshold);
          const a = add(top.start, top.position, top.depth + 1, top.id, true, top.impurityLeft);
          const b = add(top.position, top.end, top.depth + 1, top.id, false, top.impurityRight);
          open.push(a);
          open.push(b);
        }
      }

      if (limits.maxLeafNodes < 0) depthFirst();
      else bestFirst();
      return tree.finish();
    };
  };
}
