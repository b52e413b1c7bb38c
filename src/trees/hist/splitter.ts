import { Tensor } from '../../core/tensor';
import { BIN } from '../../ops/boosting/histogram';
import { bestSplits, MIN_HESSIAN, SPLIT_NUMBERS, splitGain } from '../../ops/boosting/splits';
import type { Binned, Bins } from './binning';

/** Categories of less support, in samples, take no part in splits; also smooths the ratios they are sorted by. */
const MIN_CATEGORY_SUPPORT = 10;
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

/** Finds the best split of nodes from their histograms: by numbers on the engine, by categories here. */
export class Splitter {
  readonly #bins: Bins;
  readonly #hasMissing: Uint8Array;
  readonly #limits: SplitLimits;
  readonly #features: readonly number[];
  /** What the engine needs to know of the features. */
  readonly #columns: Tensor;

  constructor(bins: Bins, { hasMissing, tensor }: Binned, limits: SplitLimits) {
    this.#bins = bins;
    this.#hasMissing = hasMissing;
    this.#limits = limits;
    this.#features = bins.thresholds.map((_, c) => c);
    const about = this.#features.flatMap((c) => [
      bins.counts[c]!,
      hasMissing[c]!,
      limits.monotonic[c]!,
      1 - bins.isCategorical[c]!,
    ]);
    const shape = [this.#features.length, about.length / this.#features.length];
    this.#columns = Tensor.from(tensor.backend, Int32Array.from(about), 'int32', shape);
  }

  /**
   * The best split of each node; of several equally good ones that of the first feature. Its gain is −1 where none is
   * possible.
   *
   * @param histograms - float64 `[nodes, features, bins, 3]`.
   */
  find(nodes: readonly Splittable[], histograms: Tensor): Split[] {
    const numbers = nodes.flatMap((n) => [n.gradients, n.hessians, n.samples, n.value, n.lower, n.upper]);
    const shape = [nodes.length, numbers.length / nodes.length];
    const sums = Tensor.from(histograms.backend, Float64Array.from(numbers), 'float64', shape);
    const result = bestSplits(histograms, sums, this.#columns, this.#limits);
    const found = result.dataSync() as Float64Array;
    for (const t of [sums, result]) t.dispose();
    const size = found.length / nodes.length;
    return nodes.map((node, i) => this.#choose(node, found.subarray(i * size, (i + 1) * size), histograms, i));
  }

  #choose(node: Splittable, found: Float64Array, histograms: Tensor, place: number): Split {
    const best = noSplit();
    for (const feature of node.allowed ?? this.#features) {
      if (this.#bins.isCategorical[feature] === 1) {
        this.#byCategories(node, histogramOf(histograms, place, feature), feature, best);
        continue;
      }
      const at = feature * SPLIT_NUMBERS;
      if (!(found[at]! > best.gain)) continue;
      best.gain = found[at]!;
      best.feature = feature;
      best.bin = found[at + 1]!;
      best.missingLeft = found[at + 2] === 1;
      best.leftBins = null;
      best.gradientsLeft = found[at + 3]!;
      best.hessiansLeft = found[at + 4]!;
      best.samplesLeft = found[at + 5]!;
    }
    return best;
  }

  /**
   * Sorts the categories by Σg/(Σh + 10) and tries the first ones, then the last ones, each up to the middle; missing values
   * are a category. Rare categories always go right, where at least half of the others are.
   */
  #byCategories(node: Splittable, histogram: Float64Array, feature: number, best: Split): void {
    const sorted = this.#sortCategories(node, histogram, feature);
    const used = sorted.length;
    if (used <= 1) return;
    const { minSamplesLeaf, l2 } = this.#limits;
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
        const at = order[i]! * BIN;
        g += histogram[at]!;
        h += histogram[at + 1]!;
        n += histogram[at + 2]!;
        if (n < minSamplesLeaf || h < MIN_HESSIAN) continue;
        if (node.samples - n < minSamplesLeaf || node.hessians - h < MIN_HESSIAN) break;
        const gain = splitGain(node, [g, h], [node.gradients - g, node.hessians - h], 0, l2);
        if (!(gain > best.gain && gain > 0)) continue;
        const sums = { gradientsLeft: g, hessiansLeft: h, samplesLeft: n };
        Object.assign(best, { gain, feature, bin: 0, ...sums });
        found = order.slice(0, i + 1);
      }
    }
    if (found === null) return;
    best.leftBins = bitsetOf(found);
    best.missingLeft = this.#hasMissing[feature] === 1 && found.includes(this.#bins.missing);
  }

  #sortCategories(node: Splittable, histogram: Float64Array, feature: number): readonly number[] {
    const perHessian = node.samples / node.hessians;
    const bins = Array.from({ length: this.#bins.counts[feature]! }, (_, b) => b);
    if (this.#hasMissing[feature] === 1) bins.push(this.#bins.missing);
    const h = (bin: number): number => histogram[bin * BIN + 1]!;
    const ratio = (bin: number): number => histogram[bin * BIN]! / (h(bin) + MIN_CATEGORY_SUPPORT);
    return bins.filter((b) => h(b) * perHessian >= MIN_CATEGORY_SUPPORT).sort((a, b) => ratio(a) - ratio(b));
  }
}

/** The histogram of one feature in those of nodes. */
export function histogramOf(histograms: Tensor, node: number, feature: number): Float64Array {
  const [, features, bins] = histograms.shape as [number, number, number];
  const size = bins * BIN;
  const offset = histograms.offset + (node * features + feature) * size;
  const own = histograms.view({ shape: [size], strides: [1], offset });
  const values = own.dataSync() as Float64Array;
  own.dispose();
  return values;
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
