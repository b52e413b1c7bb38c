import type { TreeArrays } from './types';

/** What {@link makeParts} makes. */
export type Parts = ReturnType<typeof makeParts>;

/**
 * What growing needs besides: random numbers, the arrays of a tree, and a heap of nodes. The function stands alone, so that
 * its text can be sent to a worker.
 */
export function makeParts() {
  /** The generator that splitters draw from: xorshift with 32 bits, of which 31 are used. */
  function generator(seed: number) {
    let state = seed;
    const next = (): number => {
      if (state === 0) state = 1;
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0x7fffffff;
    };
    return {
      integer: (from: number, to: number): number => from + (next() % (to - from)),
      uniform: (from: number, to: number): number => ((to - from) * next()) / 0x7fffffff + from,
    };
  }

  /** The arrays of a tree, which grow with it. */
  function store(k: number) {
    let capacity = 64;
    let count = 0;
    let feature = new Int32Array(capacity);
    let threshold = new Float64Array(capacity);
    let left = new Int32Array(capacity);
    let right = new Int32Array(capacity);
    let impurity = new Float64Array(capacity);
    let samples = new Int32Array(capacity);
    let weight = new Float64Array(capacity);
    let value = new Float64Array(capacity * k);
    const wider = <A extends Int32Array | Float64Array>(old: A, size: number): A => {
      const array = new (old.constructor as new (n: number) => A)(size);
      array.set(old);
      return array;
    };
    function add(parent: number, isLeft: boolean, cost: number, size: number, mass: number): number {
      if (count === capacity) {
        capacity *= 2;
        feature = wider(feature, capacity);
        threshold = wider(threshold, capacity);
        left = wider(left, capacity);
        right = wider(right, capacity);
        impurity = wider(impurity, capacity);
        samples = wider(samples, capacity);
        weight = wider(weight, capacity);
        value = wider(value, capacity * k);
      }
      if (parent >= 0) {
        if (isLeft) left[parent] = count;
        else right[parent] = count;
      }
      feature[count] = -2;
      threshold[count] = -2;
      left[count] = -1;
      right[count] = -1;
      impurity[count] = cost;
      samples[count] = size;
      weight[count] = mass;
      return count++;
    }
    return {
      add,
      split(node: number, f: number, at: number): void {
        feature[node] = f;
        threshold[node] = at;
      },
      values: (): Float64Array => value,
      finish: (): TreeArrays => ({
        feature: feature.slice(0, count),
        threshold: threshold.slice(0, count),
        childrenLeft: left.slice(0, count),
        childrenRight: right.slice(0, count),
        impurity: impurity.slice(0, count),
        nNodeSamples: samples.slice(0, count),
        weightedNNodeSamples: weight.slice(0, count),
        value: value.slice(0, count * k),
      }),
    };
  }

  /** A heap of node records by improvement, equal ones in the order in which libstdc++ keeps them. */
  function frontier<T extends { improvement: number }>() {
    const heap: T[] = [];
    function up(from: number, record: T): void {
      let hole = from;
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        if (!(heap[parent]!.improvement < record.improvement)) break;
        heap[hole] = heap[parent]!;
        hole = parent;
      }
      heap[hole] = record;
    }
    return {
      push: (record: T): void => up(heap.length, record),
      pop(): T | undefined {
        const first = heap[0];
        const record = heap.pop();
        const length = heap.length;
        if (first === undefined || record === undefined || length === 0) return first;
        let hole = 0;
        let child = 0;
        while (child < (length - 1) >> 1) {
          child = 2 * (child + 1);
          if (heap[child]!.improvement < heap[child - 1]!.improvement) child--;
          heap[hole] = heap[child]!;
          hole = child;
        }
        if ((length & 1) === 0 && child === (length - 2) >> 1) {
          child = 2 * child + 1;
          heap[hole] = heap[child]!;
          hole = child;
        }
        up(hole, record);
        return first;
      },
    };
  }

  return { generator, store, frontier };
}
