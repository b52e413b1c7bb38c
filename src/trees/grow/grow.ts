import type { Split, Splitter } from './split';
import type { Criterion, GrowLimits, TreeArrays } from './types';

/**
 * Grows a tree: deepest first, or with a limit of leaves the node first whose split lessens the impurity most.
 *
 * @param width - numbers per node in `value`.
 */
export function growNodes(criterion: Criterion, split: Splitter, limits: GrowLimits, width: number): TreeArrays {
  const EPSILON = 2 ** -52;
  const n = criterion.samples.length;
  const childrenLeft: number[] = [];
  const childrenRight: number[] = [];
  const feature: number[] = [];
  const threshold: number[] = [];
  const impurity: number[] = [];
  const counts: number[] = [];
  const weights: number[] = [];
  let value = new Float64Array(64 * width);
  const found: Split = { feature: -1, threshold: 0, position: 0, improvement: 0, constants: 0 };

  /** A node to be looked at: samples [begin, end), constant features known, and whose child it is. */
  interface Open {
    readonly begin: number;
    readonly end: number;
    readonly depth: number;
    readonly parent: number;
    readonly isLeft: boolean;
    readonly constants: number;
  }
  /** A node that could be split so. */
  interface Splittable extends Open {
    readonly node: number;
    readonly position: number;
    readonly improvement: number;
    readonly feature: number;
    readonly threshold: number;
    readonly below: number;
  }

  /** Adds the node, as a leaf; whether it may be split. */
  const visit = ({ begin, end, depth, parent, isLeft, constants }: Open): boolean => {
    criterion.enter(begin, end);
    const node = counts.length;
    if (parent >= 0) (isLeft ? childrenLeft : childrenRight)[parent] = node;
    childrenLeft.push(-1);
    childrenRight.push(-1);
    feature.push(-2);
    threshold.push(-2);
    counts.push(end - begin);
    weights.push(criterion.weight());
    impurity.push(criterion.impurity());
    if ((node + 1) * width > value.length) {
      const larger = new Float64Array(2 * value.length);
      larger.set(value);
      value = larger;
    }
    criterion.writeValue(value, node * width);
    const isLeaf =
      depth >= limits.maxDepth ||
      end - begin < limits.minSamplesSplit ||
      end - begin < 2 * limits.minSamplesLeaf ||
      criterion.weight() < 2 * limits.minWeightLeaf ||
      impurity[node]! <= EPSILON;
    if (isLeaf) return false;
    split(begin, end, constants, found);
    return found.feature >= 0 && !(found.improvement + EPSILON < limits.minImpurityDecrease);
  };

  const childOf = (of: Open, node: number, position: number, constants: number, isLeft: boolean): Open => ({
    begin: isLeft ? of.begin : position,
    end: isLeft ? position : of.end,
    depth: of.depth + 1,
    parent: node,
    isLeft,
    constants,
  });

  const root: Open = { begin: 0, end: n, depth: 0, parent: -1, isLeft: false, constants: 0 };
  if (limits.maxLeafNodes < 0) growDeep();
  else growBest();
  return {
    childrenLeft: Int32Array.from(childrenLeft),
    childrenRight: Int32Array.from(childrenRight),
    feature: Int32Array.from(feature),
    threshold: Float64Array.from(threshold),
    impurity: Float64Array.from(impurity),
    nNodeSamples: Int32Array.from(counts),
    weightedNNodeSamples: Float64Array.from(weights),
    value: value.slice(0, counts.length * width),
  };

  function growDeep(): void {
    const stack = [root];
    for (let open = stack.pop(); open !== undefined; open = stack.pop()) {
      const node = counts.length;
      if (!visit(open)) continue;
      feature[node] = found.feature;
      threshold[node] = found.threshold;
      const { position, constants } = found;
      stack.push(childOf(open, node, position, constants, false), childOf(open, node, position, constants, true));
    }
  }

  function growBest(): void {
    const heap: Splittable[] = [];
    const add = (open: Open): void => {
      const node = counts.length;
      if (!visit(open)) return;
      const { position, improvement, constants } = found;
      push({
        ...open,
        node,
        position,
        improvement,
        feature: found.feature,
        threshold: found.threshold,
        below: constants,
      });
    };
    add(root);
    for (let splits = limits.maxLeafNodes - 1; splits > 0 && heap.length > 0; splits--) {
      const top = pop();
      feature[top.node] = top.feature;
      threshold[top.node] = top.threshold;
      for (const isLeft of [true, false]) add(childOf(top, top.node, top.position, top.below, isLeft));
    }

    function push(item: Splittable): void {
      let at = heap.length;
      heap.push(item);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!(heap[parent]!.improvement < item.improvement)) break;
        heap[at] = heap[parent]!;
        at = parent;
      }
      heap[at] = item;
    }

    function pop(): Splittable {
      const top = heap[0]!;
      const item = heap.pop()!;
      if (heap.length === 0) return top;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && heap[child]!.improvement < heap[child + 1]!.improvement) child++;
        if (!(item.improvement < heap[child]!.improvement)) break;
        heap[at] = heap[child]!;
        at = child;
      }
      heap[at] = item;
      return top;
    }
  }
}
