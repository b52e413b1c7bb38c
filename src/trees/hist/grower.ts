import type { Binned, Bins } from './binning';
import { PriorityQueue } from './heap';
import type { HistogramBuilder } from './histograms';
import { inBitset, MIN_HESSIAN, nodeValue, type Split, type SplitLimits, Splitter } from './splitter';

/** What shapes trees. */
export interface GrowOptions extends SplitLimits {
  readonly maxLeafNodes: number | null;
  readonly maxDepth: number | null;
  /** Groups of features that may meet in a path from root to leaf; null where all may. */
  readonly interactions: readonly ReadonlySet<number>[] | null;
}

/** A node of a tree that grows. */
export interface GrowNode {
  readonly depth: number;
  /** Its rows are [begin, end) of the order of rows. */
  readonly begin: number;
  readonly end: number;
  readonly samples: number;
  readonly gradients: number;
  readonly hessians: number;
  value: number;
  lower: number;
  upper: number;
  allowed: readonly number[] | null;
  /** Which groups of features that may interact hold all features of its path. */
  groups: readonly number[];
  histogram: Float64Array | null;
  split: Split | null;
  left: GrowNode | null;
  right: GrowNode | null;
}

/** A grown tree: where its rows ended up. */
export interface Grown {
  readonly root: GrowNode;
  readonly leaves: readonly GrowNode[];
  /** All rows; those of a leaf side by side. */
  readonly order: Int32Array;
}

/** Grows trees, always splitting the leaf that gains most. */
export class Grower {
  readonly #x: Binned;
  readonly #bins: Bins;
  readonly #builder: HistogramBuilder;
  readonly #options: GrowOptions;
  readonly #splitter: Splitter;
  readonly #order: Int32Array;
  readonly #spare: Int32Array;
  readonly #goesLeft = new Uint8Array(256);
  #leaves: GrowNode[] = [];
  #queue = new PriorityQueue<GrowNode>((node) => node.split!.gain);

  constructor(x: Binned, bins: Bins, builder: HistogramBuilder, options: GrowOptions) {
    this.#x = x;
    this.#bins = bins;
    this.#builder = builder;
    this.#options = options;
    this.#splitter = new Splitter(bins, x, options);
    this.#order = new Int32Array(x.rows);
    this.#spare = new Int32Array(x.rows);
  }

  /** Grows a tree on the given derivatives. What it returns is good until the next one. */
  grow(gradients: Float32Array, hessians: Float32Array): Grown {
    this.#leaves = [];
    this.#builder.begin(gradients, hessians);
    for (let i = 0; i < this.#order.length; i++) this.#order[i] = i;
    const root = this.#makeRoot(gradients, hessians);
    for (let node = this.#queue.pop(); node !== undefined; node = this.#queue.pop()) this.#splitNode(node);
    return { root, leaves: this.#leaves, order: this.#order };
  }

  #makeRoot(gradients: Float32Array, hessians: Float32Array): GrowNode {
    const { interactions, minSamplesLeaf } = this.#options;
    const n = gradients.length;
    const root = makeNode(0, 0, n, sumOf(gradients), sumOf(hessians), 0);
    if (interactions !== null) {
      root.groups = interactions.map((_, i) => i);
      root.allowed = union(interactions, root.groups);
    }
    if (n < 2 * minSamplesLeaf || root.hessians < MIN_HESSIAN) this.#leaves.push(root);
    else {
      root.histogram = this.#builder.build(this.#order);
      this.#consider(root);
    }
    return root;
  }

  /** Queues a node if it can be split; else it is a leaf. */
  #consider(node: GrowNode): void {
    const split = this.#splitter.find(node, node.histogram!);
    if (split.gain > 0) {
      node.split = split;
      this.#queue.push(node);
    } else this.#finish(node);
  }

  #finish(node: GrowNode): void {
    this.#release(node);
    this.#leaves.push(node);
  }

  #release(node: GrowNode): void {
    if (node.histogram !== null) this.#builder.release(node.histogram);
    node.histogram = null;
  }

  #splitNode(node: GrowNode): void {
    const { maxLeafNodes, maxDepth, minSamplesLeaf } = this.#options;
    const [left, right] = this.#children(node, node.split!);
    if (maxLeafNodes !== null && this.#leaves.length + this.#queue.size + 2 === maxLeafNodes) {
      for (const leaf of [left, right, ...this.#queue.takeAll()]) this.#finishUnsplit(leaf);
      this.#release(node);
      return;
    }
    const tooDeep = maxDepth !== null && left.depth === maxDepth;
    const open = [left, right].filter((child) => !tooDeep && child.samples >= 2 * minSamplesLeaf);
    for (const child of [left, right]) if (!open.includes(child)) this.#leaves.push(child);
    if (open.length > 0) {
      this.#histogramsOf(node, left, right);
      for (const child of open) this.#consider(child);
      for (const child of [left, right]) if (!open.includes(child)) this.#release(child);
    } else this.#release(node);
  }

  #finishUnsplit(node: GrowNode): void {
    node.split = null;
    this.#finish(node);
  }

  /** The smaller child's histogram is built, the other's is what it leaves of the parent's. */
  #histogramsOf(node: GrowNode, left: GrowNode, right: GrowNode): void {
    const [small, large] = left.samples < right.samples ? [left, right] : [right, left];
    small.histogram = this.#builder.build(this.#order.subarray(small.begin, small.end));
    large.histogram = this.#builder.subtract(node.histogram!, small.histogram);
    node.histogram = null;
  }

  #children(node: GrowNode, split: Split): [GrowNode, GrowNode] {
    const middle = this.#partition(node, split);
    const { gradientsLeft: g, hessiansLeft: h } = split;
    const { l2 } = this.#options;
    const child = (begin: number, end: number, gradients: number, hessians: number): GrowNode => {
      const value = nodeValue(gradients, hessians, node.lower, node.upper, l2);
      return makeNode(node.depth + 1, begin, end, gradients, hessians, value);
    };
    const left = child(node.begin, middle, g, h);
    const right = child(middle, node.end, node.gradients - g, node.hessians - h);
    if (this.#x.hasMissing[split.feature] === 0) split.missingLeft = left.samples > right.samples;
    this.#bound(node, split, left, right);
    this.#restrict(node, split, left, right);
    node.left = left;
    node.right = right;
    return [left, right];
  }

  /** Children of a monotonic split stay on their sides of the middle of their values, and so do theirs. */
  #bound(node: GrowNode, split: Split, left: GrowNode, right: GrowNode): void {
    for (const child of [left, right]) {
      child.lower = node.lower;
      child.upper = node.upper;
    }
    const sign = this.#options.monotonic[split.feature]!;
    if (sign === 0) return;
    const middle = (left.value + right.value) / 2;
    const [below, above] = sign > 0 ? [left, right] : [right, left];
    below.upper = middle;
    above.lower = middle;
  }

  #restrict(node: GrowNode, split: Split, left: GrowNode, right: GrowNode): void {
    const { interactions } = this.#options;
    if (interactions === null) return;
    const groups = node.groups.filter((i) => interactions[i]!.has(split.feature));
    const allowed = union(interactions, groups);
    for (const child of [left, right]) {
      child.groups = groups;
      child.allowed = allowed;
    }
  }

  /** Brings the rows that go left before the others, each in their order; returns where the others begin. */
  #partition(node: GrowNode, split: Split): number {
    for (let bin = 0; bin < 256; bin++) this.#goesLeft[bin] = Number(this.#binGoesLeft(split, bin));
    const { rows, data } = this.#x;
    const column = data.subarray(split.feature * rows, (split.feature + 1) * rows);
    return partition(this.#order, this.#spare, column, this.#goesLeft, node.begin, node.end);
  }

  #binGoesLeft(split: Split, bin: number): boolean {
    if (split.leftBins !== null) return inBitset(split.leftBins, 0, bin);
    return bin <= split.bin || (split.missingLeft && bin === this.#bins.missing);
  }
}

/** Every row is written to both sides; the one whose end moves keeps it. */
function partition(
  order: Int32Array,
  spare: Int32Array,
  column: Uint8Array,
  goesLeft: Uint8Array,
  begin: number,
  end: number,
): number {
  let left = begin;
  let others = 0;
  for (let i = begin; i < end; i++) {
    const row = order[i]!;
    const isLeft = goesLeft[column[row]!]!;
    order[left] = row;
    spare[others] = row;
    left += isLeft;
    others += 1 - isLeft;
  }
  order.set(spare.subarray(0, others), left);
  return left;
}

function makeNode(
  depth: number,
  begin: number,
  end: number,
  gradients: number,
  hessians: number,
  value: number,
): GrowNode {
  return {
    depth,
    begin,
    end,
    samples: end - begin,
    gradients,
    hessians,
    value,
    lower: Number.NEGATIVE_INFINITY,
    upper: Number.POSITIVE_INFINITY,
    allowed: null,
    groups: [],
    histogram: null,
    split: null,
    left: null,
    right: null,
  };
}

function sumOf(values: Float32Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function union(groups: readonly ReadonlySet<number>[], which: readonly number[]): number[] {
  return [...new Set(which.flatMap((i) => [...groups[i]!]))].sort((a, b) => a - b);
}
