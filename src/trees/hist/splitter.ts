import type { Binned, Bins } from './binning';
import { BIN } from './histograms';

/** Categories of less support, in samples, take no part in splits; also smooths the ratios they are sorted by. */
const MIN_CATEGORY_SUPPORT = 10;
/** Least sum of hessians of a child. */
export const MIN_HESSIAN = 1e-3;
/** 32-bit words of a set of bins. */
export const BITSET_WORDS = 8;

/** A node as far as splitting it is concerned. */
export interface Splittable {
  readonly samples: number;
  readonly gradients: number;
  readonly hessians: number;
  readonly value: number;
  /** Bounds of the values of its children. */
  readonly lower: number;
  readonly upper: number;
  /** Features it may be split by, ascending; null for all. */
  readonly allowed: readonly number[] | null;
}

/** A way to split a node. */
export interface Split {
  gain: number;
  feature: number;
  /** The last bin that goes left; of no meaning for categories. */
  bin: number;
  missingLeft: boolean;
  /** For a feature of categories: the set of bins that go left. */
  leftBins: Int32Array | null;
  gradientsLeft: number;
  hessiansLeft: number;
  samplesLeft: number;
}

/** What limits splits. */
export interface SplitLimits {
  readonly minSamplesLeaf: number;
  readonly l2: number;
  /** By feature 1, −1 or 0: predictions must not fall, not rise, or may do as they like as its value rises. */
  readonly monotonic: Int8Array;
}

/** The value of a node that minimises its share of the loss, within bounds. */
export function nodeValue(gradients: number, hessians: number, lower: number, upper: number, l2: number): number {
  const value = -gradients / (hessians + l2 + 1e-15);
  return value < lower ? lower : value > upper ? upper : value;
}

/** Finds the best split of nodes from their histograms. */
export class Splitter {
  readonly #bins: Bins;
  readonly #hasMissing: Uint8Array;
  readonly #limits: SplitLimits;
  readonly #stride: number;
  readonly #features: readonly number[];

  constructor(bins: Bins, { hasMissing }: Binned, limits: SplitLimits) {
    this.#bins = bins;
    this.#hasMissing = hasMissing;
    this.#limits = limits;
    this.#stride = (bins.missing + 1) * BIN;
    this.#features = bins.thresholds.map((_, c) => c);
  }

  /** The best split; of several equally good ones that of the first feature. Its gain is −1 where none is possible. */
  find(node: Splittable, histogram: Float64Array): Split {
    const best = noSplit();
    for (const feature of node.allowed ?? this.#features) {
      if (this.#bins.isCategorical[feature] === 1) this.#byCategories(node, histogram, feature, best);
      else {
        if (this.#isFree(node, feature)) this.#upwardsFree(node, histogram, feature, best);
        else this.#upwards(node, histogram, feature, best);
        if (this.#hasMissing[feature] === 1) this.#downwards(node, histogram, feature, best);
      }
    }
    return best;
  }

  /** Gain of a split, −1 for one that is not monotonic where it must be. */
  #gain(node: Splittable, gLeft: number, hLeft: number, gRight: number, hRight: number, monotonic: number): number {
    const { lower, upper } = node;
    const { l2 } = this.#limits;
    const left = nodeValue(gLeft, hLeft, lower, upper, l2);
    const right = nodeValue(gRight, hRight, lower, upper, l2);
    if (monotonic !== 0 && (left - right) * monotonic > 0) return -1;
    return node.gradients * node.value - gLeft * left - gRight * right;
  }

  /** Whether nothing binds the values of the node's children. */
  #isFree(node: Splittable, feature: number): boolean {
    return (
      node.lower === Number.NEGATIVE_INFINITY &&
      node.upper === Number.POSITIVE_INFINITY &&
      this.#limits.monotonic[feature] === 0
    );
  }

  /** `#upwards` for children whose values nothing binds, as most are: the same numbers with less to do for each bin. */
  #upwardsFree(node: Splittable, histogram: Float64Array, feature: number, best: Split): void {
    const { minSamplesLeaf, l2 } = this.#limits;
    const end = this.#bins.counts[feature]! - 1 + this.#hasMissing[feature]!;
    const { gradients, hessians, samples } = node;
    const own = gradients * node.value;
    let [g, h, n, found] = [0, 0, 0, -1];
    let [gain, gAt, hAt, nAt] = [Math.max(best.gain, 0), 0, 0, 0];
    let least = (gain - own) * (1 - 1e-9);
    for (let bin = 0, at = feature * this.#stride; bin < end; bin++, at += BIN) {
      const here = histogram[at + 2]!;
      // A bin without samples moves nothing.
      if (here === 0) continue;
      g += histogram[at]!;
      h += histogram[at + 1]!;
      n += here;
      if (n < minSamplesLeaf || h < MIN_HESSIAN) continue;
      const hRight = hessians - h;
      if (samples - n < minSamplesLeaf || hRight < MIN_HESSIAN) break;
      const gRight = gradients - g;
      const left = h + l2 + 1e-15;
      const right = hRight + l2 + 1e-15;
      // Whether it can be better is asked without dividing, a little generously.
      if (g * g * right + gRight * gRight * left < least * left * right) continue;
      const possible = own - g * (-g / left) - gRight * (-gRight / right);
      if (possible > gain) {
        gain = possible;
        least = (gain - own) * (1 - 1e-9);
        gAt = g;
        hAt = h;
        nAt = n;
        found = bin;
      }
    }
    if (found >= 0) keep(best, gain, feature, found, false, gAt, hAt, nAt);
  }

  /** Tries bins from the first on; missing values go right. */
  #upwards(node: Splittable, histogram: Float64Array, feature: number, best: Split): void {
    const { minSamplesLeaf, monotonic } = this.#limits;
    const sign = monotonic[feature]!;
    const end = this.#bins.counts[feature]! - 1 + this.#hasMissing[feature]!;
    let g = 0;
    let h = 0;
    let n = 0;
    for (let bin = 0, at = feature * this.#stride; bin < end; bin++, at += BIN) {
      g += histogram[at]!;
      h += histogram[at + 1]!;
      n += histogram[at + 2]!;
      if (n < minSamplesLeaf || h < MIN_HESSIAN) continue;
      if (node.samples - n < minSamplesLeaf || node.hessians - h < MIN_HESSIAN) break;
      const gain = this.#gain(node, g, h, node.gradients - g, node.hessians - h, sign);
      if (gain > best.gain && gain > 0) keep(best, gain, feature, bin, false, g, h, n);
    }
  }

  /** Tries bins from the last on; missing values go left. */
  #downwards(node: Splittable, histogram: Float64Array, feature: number, best: Split): void {
    const { minSamplesLeaf, monotonic } = this.#limits;
    const sign = monotonic[feature]!;
    const start = this.#bins.counts[feature]! - 2;
    let g = 0;
    let h = 0;
    let n = 0;
    for (let bin = start, at = feature * this.#stride + (start + 1) * BIN; bin >= 0; bin--, at -= BIN) {
      g += histogram[at]!;
      h += histogram[at + 1]!;
      n += histogram[at + 2]!;
      const left = node.samples - n;
      if (n < minSamplesLeaf || h < MIN_HESSIAN) continue;
      if (left < minSamplesLeaf || node.hessians - h < MIN_HESSIAN) break;
      const gain = this.#gain(node, node.gradients - g, node.hessians - h, g, h, sign);
      if (gain > best.gain && gain > 0)
        keep(best, gain, feature, bin, true, node.gradients - g, node.hessians - h, left);
    }
  }

  /**
   * Sorts the categories by Σg/(Σh + 10) and tries the first ones, then the last ones, each up to the middle; missing values
   * are a category. Rare categories always go right, where at least half of the others are.
   */
  #byCategories(node: Splittable, histogram: Float64Array, feature: number, best: Split): void {
    const start = feature * this.#stride;
    const sorted = this.#sortCategories(node, histogram, feature);
    const used = sorted.length;
    if (used <= 1) return;
    const { minSamplesLeaf } = this.#limits;
    const middle = (used + 1) >> 1;
    let found: readonly number[] | null = null;
    for (const [order, most] of [
      [sorted, middle],
      [sorted.slice().reverse(), middle - 1],
    ] as const) {
      let g = 0;
      let h = 0;
      let n = 0;
      for (let i = 0; i < most; i++) {
        const at = start + order[i]! * BIN;
        g += histogram[at]!;
        h += histogram[at + 1]!;
        n += histogram[at + 2]!;
        if (n < minSamplesLeaf || h < MIN_HESSIAN) continue;
        if (node.samples - n < minSamplesLeaf || node.hessians - h < MIN_HESSIAN) break;
        const gain = this.#gain(node, g, h, node.gradients - g, node.hessians - h, 0);
        if (!(gain > best.gain && gain > 0)) continue;
        keep(best, gain, feature, 0, false, g, h, n);
        found = order.slice(0, i + 1);
      }
    }
    if (found === null) return;
    best.leftBins = bitsetOf(found);
    best.missingLeft = this.#hasMissing[feature] === 1 && found.includes(this.#bins.missing);
  }

  #sortCategories(node: Splittable, histogram: Float64Array, feature: number): readonly number[] {
    const start = feature * this.#stride;
    const perHessian = node.samples / node.hessians;
    const bins = Array.from({ length: this.#bins.counts[feature]! }, (_, b) => b);
    if (this.#hasMissing[feature] === 1) bins.push(this.#bins.missing);
    const h = (bin: number): number => histogram[start + bin * BIN + 1]!;
    const ratio = (bin: number): number => histogram[start + bin * BIN]! / (h(bin) + MIN_CATEGORY_SUPPORT);
    return bins.filter((b) => h(b) * perHessian >= MIN_CATEGORY_SUPPORT).sort((a, b) => ratio(a) - ratio(b));
  }
}

function noSplit(): Split {
  return {
    gain: -1,
    feature: 0,
    bin: 0,
    missingLeft: false,
    leftBins: null,
    gradientsLeft: 0,
    hessiansLeft: 0,
    samplesLeft: 0,
  };
}

function keep(
  best: Split,
  gain: number,
  feature: number,
  bin: number,
  missingLeft: boolean,
  g: number,
  h: number,
  n: number,
): void {
  best.gain = gain;
  best.feature = feature;
  best.bin = bin;
  best.missingLeft = missingLeft;
  best.leftBins = null;
  best.gradientsLeft = g;
  best.hessiansLeft = h;
  best.samplesLeft = n;
}

/** A set of numbers below 256, a bit each. */
export function bitsetOf(members: Iterable<number>): Int32Array {
  const words = new Int32Array(BITSET_WORDS);
  for (const m of members) words[m >> 5]! |= 1 << (m & 31);
  return words;
}

/** Whether `member` is in the set that begins at word `start`. */
export function inBitset(words: Int32Array, start: number, member: number): boolean {
  return ((words[start + (member >> 5)]! >>> (member & 31)) & 1) === 1;
}
