/** The k nearest points met so far, as scikit-learn keeps and sorts them: a heap with the farthest on top. */
export class Candidates {
  #distances: Float64Array;
  #found: Int32Array;

  constructor(k: number) {
    this.#distances = new Float64Array(k).fill(Infinity);
    this.#found = new Int32Array(k);
  }

  /** Distance of the farthest; infinite until there are k. */
  get farthest(): number {
    return this.#distances[0]!;
  }

  clear(): void {
    this.#distances.fill(Infinity);
    this.#found.fill(0);
  }

  /** Puts a candidate into the heap in place of the farthest. */
  push(distance: number, row: number): void {
    const [values, found] = [this.#distances, this.#found];
    if (distance >= values[0]!) return;
    const size = values.length;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      if (left >= size) break;
      const next = right >= size || values[left]! >= values[right]! ? left : right;
      if (values[next]! <= distance) break;
      values[at] = values[next]!;
      found[at] = found[next]!;
      at = next;
    }
    values[at] = distance;
    found[at] = row;
  }

  /** Goes through another heap, as threads' results are gathered. */
  gather(): void {
    const [values, found] = [this.#distances, this.#found];
    this.#distances = new Float64Array(values.length).fill(Infinity);
    this.#found = new Int32Array(found.length);
    for (let i = 0; i < values.length; i++) this.push(values[i]!, found[i]!);
  }

  /** The points, nearest first; valid until the next call. Orders the heap away: `clear` it before more are met. */
  sorted(): Int32Array {
    sortTogether(this.#distances, this.#found, 0, this.#found.length);
    return this.#found;
  }
}

export function swap(x: Int32Array, i: number, j: number): void {
  const t = x[i]!;
  x[i] = x[j]!;
  x[j] = t;
}

/** Quicksort of distances with what belongs to them, with the last element as the pivot after a median of three. */
function sortTogether(values: Float64Array, rows: Int32Array, from: number, size: number): void {
  const exchange = (i: number, j: number): void => {
    const v = values[from + i]!;
    values[from + i] = values[from + j]!;
    values[from + j] = v;
    swap(rows, from + i, from + j);
  };
  const above = (i: number, j: number): boolean => values[from + i]! > values[from + j]!;
  if (size <= 1) return;
  if (size === 2) {
    if (above(0, 1)) exchange(0, 1);
    return;
  }
  if (size === 3) {
    if (above(0, 1)) exchange(0, 1);
    if (!above(1, 2)) return;
    exchange(1, 2);
    if (above(0, 1)) exchange(0, 1);
    return;
  }
  const [middle, last] = [size >> 1, size - 1];
  if (above(0, last)) exchange(0, last);
  if (above(last, middle)) {
    exchange(last, middle);
    if (above(0, last)) exchange(0, last);
  }
  const pivot = values[from + last]!;
  let store = 0;
  for (let i = 0; i < last; i++) if (values[from + i]! < pivot) exchange(i, store++);
  exchange(store, last);
  if (store > 1) sortTogether(values, rows, from, store);
  if (store + 2 < size) sortTogether(values, rows, from + store + 1, size - store - 1);
}
