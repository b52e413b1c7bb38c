import { Tensor } from '../../core/tensor';
import { BIN, gradientHistogram } from '../../ops/boosting/histogram';
import { partitionRows } from '../../ops/boosting/partition';
import { MIN_HESSIAN, nodeValue } from '../../ops/boosting/splits';
import { type Binned, type Bins, columnOf } from './binning';
import { PriorityQueue } from './heap';
import { histogramOf, inBitset, type Split, type SplitLimits, Splitter } from './splitter';

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
  /** int32: its rows, in their order; those of a node that was split are gone. */
  readonly rows: Tensor;
  readonly samples: number;
  readonly gradients: number;
  readonly hessians: number;
  value: number;
  lower: number;
  upper: number;
  allowed: readonly number[] | null;
  /** Which groups of features that may interact hold all features of its path. */
  groups: readonly number[];
  /** float64 `[1, features, bins, 3]`. */
  histogram: Tensor | null;
  split: Split | null;
  left: GrowNode | null;
  right: GrowNode | null;
}

/** A grown tree. */
export interface Grown {
  readonly root: GrowNode;
  readonly leaves: readonly GrowNode[];
}

/** Grows trees, always splitting the leaf that gains most. What it makes on the engine belongs to the scope that it is called in. */
export class Grower {
  readonly #x: Binned;
  readonly #bins: Bins;
  readonly #options: GrowOptions;
  readonly #splitter: Splitter;
  readonly #allRows: Tensor;
  readonly #goesLeft = new Uint8Array(256);
  #derivatives: Tensor | null = null;
  #leaves: GrowNode[] = [];
  #queue = new PriorityQueue<GrowNode>((node) => node.split!.gain);

  constructor(x: Binned, bins: Bins, options: GrowOptions) {
    this.#x = x;
    this.#bins = bins;
    this.#options = options;
    this.#splitter = new Splitter(bins, x, options);
    const rows = Int32Array.from({ length: x.rows }, (_, i) => i);
    this.#allRows = Tensor.from(x.tensor.backend, rows, 'int32', [x.rows]);
  }

  /**
   * Grows a tree.
   *
   * @param derivatives - of the loss by the raw predictions, float32 `[samples, 2]`: gradient and hessian; or `[samples, 1]`, where
   * all hessians are 1.
   */
  grow(derivatives: Tensor): Grown {
    this.#leaves = [];
    this.#derivatives = derivatives;
    const root = this.#makeRoot();
    for (let node = this.#queue.pop(); node !== undefined; node = this.#queue.pop()) this.#splitNode(node);
    return { root, leaves: this.#leaves };
  }

  #makeRoot(): GrowNode {
    const { interactions, minSamplesLeaf } = this.#options;
    const rows = this.#allRows.view(this.#allRows);
    if (rows.size < 2 * minSamplesLeaf) {
      const root = makeNode(0, rows, 0, 0, 0);
      this.#leaves.push(root);
      return root;
    }
    const histogram = this.#histogram(null, null);
    const [gradients, hessians] = sumsOf(histogramOf(histogram, 0, 0));
    const root = makeNode(0, rows, gradients, hessians, 0);
    root.histogram = histogram;
    if (interactions !== null) {
      root.groups = interactions.map((_, i) => i);
      root.allowed = union(interactions, root.groups);
    }
    if (hessians < MIN_HESSIAN) this.#finish(root);
    else this.#consider([root], this.#splitter.find([root], histogram));
    return root;
  }

  /** The histogram of a node, the root's for no rows; and, given its parent's, what it leaves of that. */
  #histogram(rows: Tensor | null, parent: Tensor | null): Tensor {
    const [columns, bins] = [this.#x.cols, this.#bins.missing + 1];
    const whole = parent?.view({ shape: [columns, bins, BIN], strides: [bins * BIN, BIN, 1], offset: parent.offset });
    const table = rows === null ? this.#x.words : this.#x.tensor;
    return gradientHistogram(table, rows, this.#derivatives!, whole ?? null, { columns, bins });
  }

  /** Queues the nodes that can be split, in their order; others are leaves. */
  #consider(nodes: readonly GrowNode[], splits: readonly Split[]): void {
    nodes.forEach((node, i) => {
      node.split = splits[i]!;
      if (node.split.gain > 0) this.#queue.push(node);
      else this.#finishUnsplit(node);
    });
  }

  #finish(node: GrowNode): void {
    this.#release(node);
    this.#leaves.push(node);
  }

  #release(node: GrowNode): void {
    node.histogram?.dispose();
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
    const isOpen = (child: GrowNode): boolean => !tooDeep && child.samples >= 2 * minSamplesLeaf;
    for (const child of [left, right]) if (!isOpen(child)) this.#leaves.push(child);
    const open = [left, right].filter(isOpen);
    if (open.length > 0) this.#considerChildren(node, left, right, open);
    this.#release(node);
  }

  /** The smaller child's histogram is built, the other's is what it leaves of the parent's. */
  #considerChildren(node: GrowNode, left: GrowNode, right: GrowNode, open: readonly GrowNode[]): void {
    const children = left.samples < right.samples ? [left, right] : [right, left];
    const both = this.#histogram(children[0]!.rows, node.histogram);
    const only = (from: number, count: number): Tensor =>
      both.view({ shape: [count, ...both.shape.slice(1)], strides: both.strides, offset: from * both.strides[0]! });
    const asked = children.filter((child) => open.includes(child));
    const histograms = only(children.indexOf(asked[0]!), asked.length);
    const splits = this.#splitter.find(asked, histograms);
    for (const child of asked) child.histogram = only(children.indexOf(child), 1);
    for (const t of [both, histograms]) t.dispose();
    this.#consider(
      open,
      open.map((child) => splits[asked.indexOf(child)]!),
    );
  }

  #finishUnsplit(node: GrowNode): void {
    node.split = null;
    this.#finish(node);
  }

  #children(node: GrowNode, split: Split): [GrowNode, GrowNode] {
    const { gradientsLeft: g, hessiansLeft: h, samplesLeft } = split;
    const { l2 } = this.#options;
    const parted = this.#partition(node, split);
    const child = (from: number, to: number, gradients: number, hessians: number): GrowNode => {
      const rows = parted.view({ shape: [to - from], strides: [1], offset: from });
      const value = nodeValue(gradients, hessians, node.lower, node.upper, l2);
      return makeNode(node.depth + 1, rows, gradients, hessians, value);
    };
    const left = child(0, samplesLeft, g, h);
    const right = child(samplesLeft, node.samples, node.gradients - g, node.hessians - h);
    for (const t of [parted, node.rows]) t.dispose();
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

  /** Brings the rows that go left before the others, each in their order. */
  #partition(node: GrowNode, split: Split): Tensor {
    for (let bin = 0; bin < 256; bin++) this.#goesLeft[bin] = Number(this.#binGoesLeft(split, bin));
    const goesLeft = Tensor.from(node.rows.backend, this.#goesLeft, 'uint8', [256]);
    const bins = columnOf(this.#x, split.feature);
    const parted = partitionRows(node.rows, bins, goesLeft);
    for (const t of [goesLeft, bins]) t.dispose();
    return parted;
  }

  #binGoesLeft(split: Split, bin: number): boolean {
    if (split.leftBins !== null) return inBitset(split.leftBins, 0, bin);
    return bin <= split.bin || (split.missingLeft && bin === this.#bins.missing);
  }
}

function makeNode(depth: number, rows: Tensor, gradients: number, hessians: number, value: number): GrowNode {
  return {
    depth,
    rows,
    samples: rows.size,
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

/** Sums of gradients and hessians over the bins of a feature. */
function sumsOf(histogram: Float64Array): [gradients: number, hessians: number] {
  let [gradients, hessians] = [0, 0];
  for (let at = 0; at < histogram.length; at += BIN) {
    gradients += histogram[at]!;
    hessians += histogram[at + 1]!;
  }
  return [gradients, hessians];
}

function union(groups: readonly ReadonlySet<number>[], which: readonly number[]): number[] {
  return [...new Set(which.flatMap((i) => [...groups[i]!]))].sort((a, b) => a - b);
}
