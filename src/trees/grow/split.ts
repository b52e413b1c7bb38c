import type { BestCut, Criterion, GrowLimits, RankedColumns } from './types';

/** The best split found of the node at hand. */
export interface Split {
  /** −1 where there is none. */
  feature: number;
  threshold: number;
  /** Where the right side begins among the samples, once divided. */
  position: number;
  improvement: number;
  /** How many features are known to be constant in the node, and so in all below. */
  constants: number;
}

/** A function that splits nodes: it leaves their samples divided into both sides. */
export type Splitter = (begin: number, end: number, constants: number, out: Split) => void;

/**
 * Splits nodes as scikit-learn does: features in random order, those constant in a node passed over and remembered, ties
 * to the first that was met. The random numbers are those of its own generator, so that a seed gives the same tree.
 */
export function makeSplitter(
  columns: RankedColumns,
  criterion: Criterion,
  limits: GrowLimits,
  seed: number,
  maxGroups: number,
): Splitter {
  const { rows, ranks, values, offsets, features: width } = columns;
  const { samples } = criterion;
  const { maxFeatures } = limits;
  const isRandom = limits.splitter === 'random';
  const features = Int32Array.from({ length: width }, (_, f) => f);
  const constantFeatures = new Int32Array(width);
  const CLOSE = Math.fround(1e-7);
  let state = seed;

  const SHORT = 48;
  const groupOf = new Int32Array(samples.length);
  const counts = new Int32Array(Math.max(2, maxGroups));
  // Scratch of sorting.
  const short = new Float64Array(SHORT);
  const lists = [0, 1].map(() => ({ ranks: new Uint32Array(samples.length), order: new Int32Array(samples.length) }));
  const digits = new Int32Array(256);
  const rankOfGroup = new Int32Array(samples.length);
  // Where the values of the groups at hand begin, and whether groups are numbered anew.
  const place = { from: 0, numbered: false };
  const valueOf = (g: number): number => values[place.from + (place.numbered ? rankOfGroup[g]! : g)]!;
  const cuts = { groupOf, groups: 0, counts, valueOf };
  const best: BestCut = { proxy: 0, count: 0, below: 0, above: 0 };
  const range = { low: 0, high: 0 };

  /** The next number of scikit-learn's generator, below 2^31. */
  const draw = (): number => {
    let s = state === 0 ? 1 : state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    state = s >>> 0;
    return state % 0x80000000;
  };

  /** Reads a feature's ranks of the node into `groupOf`; whether it varies. */
  const gather = (begin: number, n: number, column: number, from: number): boolean => {
    const [own, all, out] = [samples, ranks, groupOf];
    let low = all[column + own[begin]!]!;
    let high = low;
    for (let p = 0; p < n; p++) {
      const rank = all[column + own[begin + p]!]!;
      out[p] = rank;
      if (rank < low) low = rank;
      else if (rank > high) high = rank;
    }
    range.low = low;
    range.high = high;
    return !(values[from + high]! <= Math.fround(values[from + low]! + CLOSE));
  };

  /** All cuts of the feature gathered. Where it has many more values than the node samples, those there are numbered anew. */
  const tryAll = (n: number, from: number): boolean => {
    const { low, high } = range;
    const span = high - low + 1;
    place.from = from + low;
    place.numbered = span > 3 * n;
    cuts.groups = place.numbered ? renumber(n, low, span) : span;
    if (!place.numbered) for (let p = 0; p < n; p++) groupOf[p]! -= low;
    const improved = criterion.improve(cuts, best);
    if (improved) setCut(valueOf(best.below), valueOf(best.above));
    return improved;
  };

  /** Numbers the distinct ranks in `groupOf` from 0 on; how many there are. */
  const renumber = (n: number, low: number, span: number): number =>
    n <= SHORT ? renumberFew(n) : renumberMany(n, low, span);

  /** By insertion, of ranks with their positions as a fraction. */
  const renumberFew = (n: number): number => {
    for (let p = 0; p < n; p++) {
      const key = groupOf[p]! * SHORT + p;
      let q = p - 1;
      for (; q >= 0 && short[q]! > key; q--) short[q + 1] = short[q]!;
      short[q + 1] = key;
    }
    let groups = -1;
    let previous = -1;
    for (let p = 0; p < n; p++) {
      const key = short[p]!;
      const rank = Math.floor(key / SHORT);
      if (rank !== previous) {
        rankOfGroup[++groups] = rank - range.low;
        previous = rank;
      }
      groupOf[key - rank * SHORT] = groups;
    }
    return groups + 1;
  };

  /** By their digits of eight bits, lowest first. */
  const renumberMany = (n: number, low: number, span: number): number => {
    let [from, to] = lists as [(typeof lists)[0], (typeof lists)[0]];
    for (let p = 0; p < n; p++) {
      from.ranks[p] = groupOf[p]! - low;
      from.order[p] = p;
    }
    for (let shift = 0; shift === 0 || span >> shift > 0; shift += 8) {
      const { ranks: a, order: x } = from;
      const { ranks: b, order: y } = to;
      digits.fill(0);
      for (let p = 0; p < n; p++) digits[(a[p]! >> shift) & 255]!++;
      let sum = 0;
      for (let d = 0; d < 256; d++) {
        const count = digits[d]!;
        digits[d] = sum;
        sum += count;
      }
      for (let p = 0; p < n; p++) {
        const rank = a[p]!;
        const place = digits[(rank >> shift) & 255]!++;
        b[place] = rank;
        y[place] = x[p]!;
      }
      [from, to] = [to, from];
    }
    const { ranks: sorted, order } = from;
    let groups = -1;
    let previous = -1;
    for (let p = 0; p < n; p++) {
      const rank = sorted[p]!;
      if (rank !== previous) {
        rankOfGroup[++groups] = rank;
        previous = rank;
      }
      groupOf[order[p]!] = groups;
    }
    return groups + 1;
  };

  const cut = { threshold: 0 };
  const setCut = (below: number, above: number): void => {
    const middle = below / 2 + above / 2;
    cut.threshold = middle === above || !Number.isFinite(middle) ? below : middle;
  };

  /** One cut at random between the least and the greatest value. */
  const tryOne = (n: number, from: number): boolean => {
    const [least, greatest] = [values[from + range.low]!, values[from + range.high]!];
    let threshold = ((greatest - least) * draw()) / 0x7fffffff + least;
    if (threshold === greatest) threshold = least;
    for (let p = 0; p < n; p++) groupOf[p] = values[from + groupOf[p]!]! <= threshold ? 0 : 1;
    cuts.groups = 2;
    place.from = from;
    place.numbered = true;
    rankOfGroup[0] = range.low;
    rankOfGroup[1] = range.high;
    const improved = criterion.improve(cuts, best);
    if (improved) cut.threshold = threshold;
    return improved;
  };

  return (begin, end, known, out) => {
    const n = end - begin;
    best.proxy = Number.NEGATIVE_INFINITY;
    out.feature = -1;
    let remaining = width;
    let [total, visited, found, drawn] = [known, 0, 0, 0];
    while (remaining > total && (visited < maxFeatures || visited <= found + drawn)) {
      visited++;
      let at = drawn + (draw() % (remaining - found - drawn));
      if (at < known) {
        const swapped = features[drawn]!;
        features[drawn++] = features[at]!;
        features[at] = swapped;
        continue;
      }
      at += found;
      const feature = features[at]!;
      const from = offsets[feature]!;
      if (!gather(begin, n, feature * rows, from)) {
        features[at] = features[total]!;
        features[total++] = feature;
        found++;
        continue;
      }
      remaining--;
      features[at] = features[remaining]!;
      features[remaining] = feature;
      if (isRandom ? tryOne(n, from) : tryAll(n, from)) out.feature = feature;
    }
    if (out.feature >= 0) {
      out.threshold = cut.threshold;
      out.position = begin + best.count;
      out.improvement = criterion.improvement();
      divide(begin, end, out);
    }
    // Siblings and children find the constant features that were known in the order in which they were.
    features.set(constantFeatures.subarray(0, known));
    constantFeatures.set(features.subarray(known, known + found), known);
    out.constants = total;
  };

  /** Puts the samples of the left side first. */
  function divide(begin: number, end: number, { feature, threshold }: Split): void {
    const column = feature * rows;
    // The last rank that goes left.
    let [low, high] = [offsets[feature]!, offsets[feature + 1]! - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (values[middle]! <= threshold) low = middle;
      else high = middle - 1;
    }
    const last = low - offsets[feature]!;
    for (let p = begin, stop = end; p < stop; ) {
      const sample = samples[p]!;
      if (ranks[column + sample]! <= last) p++;
      else {
        samples[p] = samples[--stop]!;
        samples[stop] = sample;
      }
    }
  }
}
