/**
 * A queue that hands out what has the greatest priority. Of equals it hands out the one that Python's `heapq` would, so that
 * trees grow in the order of scikit-learn's.
 */
export class PriorityQueue<T> {
  readonly #items: T[] = [];
  readonly #priority: (item: T) => number;

  constructor(priority: (item: T) => number) {
    this.#priority = priority;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(0, this.#items.length - 1);
  }

  pop(): T | undefined {
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return last;
    const first = this.#items[0]!;
    this.#items[0] = last;
    this.#sink();
    return first;
  }

  /** Empties the queue. */
  takeAll(): T[] {
    return this.#items.splice(0);
  }

  #isBefore(a: T, b: T): boolean {
    return this.#priority(a) > this.#priority(b);
  }

  #rise(start: number, from: number): void {
    const items = this.#items;
    const item = items[from]!;
    let at = from;
    while (at > start) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** Moves the first item all the way down, then up to its place. */
  #sink(): void {
    const items = this.#items;
    const item = items[0]!;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      const right = child + 1;
      if (right < items.length && !this.#isBefore(items[child]!, items[right]!)) child = right;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
    this.#rise(0, at);
  }
}
