/** The sorts that {@link makeSorts} makes. */
export type Sorts = ReturnType<typeof makeSorts>;

/**
 * Sorts of integer keys. The function stands alone, so that its text can be sent to a worker.
 *
 * `withItems` sorts keys with an item each, in place, leaving items of equal keys in the order that scikit-learn's introsort
 * leaves them in: sums of floating-point numbers taken in that order then agree to the last bit. `keys` sorts keys alone.
 */
export function makeSorts() {
  function swap(keys: Int32Array, items: Int32Array, i: number, j: number): void {
    const k = keys[i]!;
    keys[i] = keys[j]!;
    keys[j] = k;
    const t = items[i]!;
    items[i] = items[j]!;
    items[j] = t;
  }

  function medianOfThree(a: number, b: number, c: number): number {
    if (a < b) return b < c ? b : a < c ? c : a;
    if (b < c) return a < c ? a : c;
    return b;
  }

  function siftDown(keys: Int32Array, items: Int32Array, at: number, start: number, end: number): void {
    let root = start;
    for (;;) {
      const child = root * 2 + 1;
      let largest = root;
      if (child < end && keys[at + largest]! < keys[at + child]!) largest = child;
      if (child + 1 < end && keys[at + largest]! < keys[at + child + 1]!) largest = child + 1;
      if (largest === root) return;
      swap(keys, items, at + root, at + largest);
      root = largest;
    }
  }

  function heapSort(keys: Int32Array, items: Int32Array, at: number, n: number): void {
    for (let start = Math.floor((n - 2) / 2); start >= 0; start--) siftDown(keys, items, at, start, n);
    for (let end = n - 1; end > 0; end--) {
      swap(keys, items, at, at + end);
      siftDown(keys, items, at, 0, end);
    }
  }

  function introSort(keys: Int32Array, items: Int32Array, from: number, length: number, depth: number): void {
    let at = from;
    let n = length;
    let left = depth;
    while (n > 1) {
      if (left <= 0) {
        heapSort(keys, items, at, n);
        return;
      }
      left--;
      const pivot = medianOfThree(keys[at]!, keys[at + (n >> 1)]!, keys[at + n - 1]!);
      let i = at;
      let low = at;
      let high = at + n;
      while (i < high) {
        const key = keys[i]!;
        if (key < pivot) swap(keys, items, i++, low++);
        else if (key > pivot) swap(keys, items, i, --high);
        else i++;
      }
      introSort(keys, items, at, low - at, left);
      n -= high - at;
      at = high;
    }
  }

  function withItems(keys: Int32Array, items: Int32Array, start: number, end: number): void {
    if (end - start > 1) introSort(keys, items, start, end - start, 2 * Math.floor(Math.log2(end - start)));
  }

  function insertionSort(keys: Int32Array, from: number, to: number): void {
    for (let i = from + 1; i < to; i++) {
      const key = keys[i]!;
      let j = i - 1;
      while (j >= from && keys[j]! > key) {
        keys[j + 1] = keys[j]!;
        j--;
      }
      keys[j + 1] = key;
    }
  }

  function quickSort(keys: Int32Array, start: number, end: number): void {
    let from = start;
    let to = end;
    while (to - from > 24) {
      const pivot = medianOfThree(keys[from]!, keys[(from + to) >> 1]!, keys[to - 1]!);
      let i = from;
      let j = to - 1;
      while (i <= j) {
        while (keys[i]! < pivot) i++;
        while (keys[j]! > pivot) j--;
        if (i <= j) {
          const t = keys[i]!;
          keys[i++] = keys[j]!;
          keys[j--] = t;
        }
      }
      // The smaller side first: the stack stays logarithmic.
      if (j + 1 - from < to - i) {
        quickSort(keys, from, j + 1);
        from = i;
      } else {
        quickSort(keys, i, to);
        to = j + 1;
      }
    }
    insertionSort(keys, from, to);
  }

  const counts = new Int32Array(2048);

  /** One stable pass over `bits` bits of the keys, those from `shift` on. */
  function radixPass(from: Int32Array, to: Int32Array, n: number, shift: number, bits: number): void {
    const buckets = 1 << bits;
    const mask = buckets - 1;
    counts.fill(0, 0, buckets);
    for (let i = 0; i < n; i++) counts[(from[i]! >> shift) & mask]!++;
    let sum = 0;
    for (let b = 0; b < buckets; b++) {
      const c = counts[b]!;
      counts[b] = sum;
      sum += c;
    }
    for (let i = 0; i < n; i++) {
      const key = from[i]!;
      to[counts[(key >> shift) & mask]!++] = key;
    }
  }

  /**
   * Sorts the first n keys by their bits from `low` up to `high`, at least; those may end up in either array: the one that
   * is returned.
   */
  function sortKeys(keys: Int32Array, spare: Int32Array, n: number, low: number, high: number): Int32Array {
    if (n < 400) {
      quickSort(keys, 0, n);
      return keys;
    }
    const most = n < 6000 ? 8 : 11;
    const passes = Math.max(1, Math.ceil((high - low) / most));
    const bits = Math.ceil((high - low) / passes);
    let from = keys;
    let to = spare;
    for (let p = 0; p < passes; p++) {
      radixPass(from, to, n, low + p * bits, Math.max(1, Math.min(bits, high - low - p * bits)));
      const t = from;
      from = to;
      to = t;
    }
    return from;
  }

  /** Sorts keys from `low` to `high` with their items if no two are equal, so that any way of sorting does. Says whether that was so. */
  function distinct(
    keys: Int32Array,
    items: Int32Array,
    packed: Int32Array,
    spare: Int32Array,
    start: number,
    end: number,
    low: number,
    high: number,
  ): boolean {
    const size = end - start;
    const bits = 32 - Math.clz32(size - 1);
    const width = 32 - Math.clz32(high - low);
    if (bits + width > 31) return false;
    for (let i = 0; i < size; i++) packed[i] = ((keys[start + i]! - low) << bits) | i;
    const sorted = sortKeys(packed, spare, size, bits, bits + width);
    const mask = (1 << bits) - 1;
    let last = -1;
    for (let i = 0; i < size; i++) {
      const rank = sorted[i]! >> bits;
      if (rank === last) return false;
      last = rank;
    }
    for (let i = 0; i < size; i++) {
      keys[start + i] = (sorted[i]! >> bits) + low;
      sorted[i] = items[start + (sorted[i]! & mask)]!;
    }
    for (let i = 0; i < size; i++) items[start + i] = sorted[i]!;
    return true;
  }

  return { withItems, keys: sortKeys, distinct };
}
