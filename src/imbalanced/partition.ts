/**
 * The positions of the k smallest values, in no order. Which of equal ones are taken is settled as NumPy's `argpartition`
 * settles it: by introselect, with the median of three as the pivot.
 */
export function smallestByPartition(values: Float64Array, k: number): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, i) => i);
  const kth = k - 1;
  if (kth < 3) selectByMinimum(values, order, k);
  else introselect(values, order, kth);
  return order.subarray(0, k);
}

function swap(x: Int32Array, i: number, j: number): void {
  const t = x[i]!;
  x[i] = x[j]!;
  x[j] = t;
}

function selectByMinimum(values: Float64Array, order: Int32Array, k: number): void {
  for (let i = 0; i < k; i++) {
    let least = i;
    for (let j = i + 1; j < order.length; j++) if (values[order[j]!]! < values[order[least]!]!) least = j;
    swap(order, i, least);
  }
}

function introselect(values: Float64Array, order: Int32Array, kth: number): void {
  const at = (i: number): number => values[order[i]!]!;
  let [low, high] = [0, order.length - 1];
  let depth = 2 * Math.floor(Math.log2(order.length));
  while (low + 1 < high) {
    let [left, right] = [low + 1, high];
    if (depth > 0 || right - left < 5) {
      medianToLow(order, low, low + ((high - low) >> 1), high, at);
    } else {
      const middle = left + medianOfMedians(values, order.subarray(left, high));
      swap(order, middle, low);
      left--;
      right++;
    }
    depth--;
    const pivot = at(low);
    for (;;) {
      do left++;
      while (at(left) < pivot);
      do right--;
      while (pivot < at(right));
      if (right < left) break;
      swap(order, left, right);
    }
    swap(order, low, right);
    if (right >= kth) high = right - 1;
    if (right <= kth) low = left;
  }
  if (high === low + 1 && at(high) < at(low)) swap(order, high, low);
}

/** Puts the median of three at `low` and the least of them after it: bounds that partitioning need not check. */
function medianToLow(order: Int32Array, low: number, middle: number, high: number, at: (i: number) => number): void {
  if (at(high) < at(middle)) swap(order, high, middle);
  if (at(high) < at(low)) swap(order, high, low);
  if (at(low) < at(middle)) swap(order, low, middle);
  swap(order, middle, low + 1);
}

/** Position of a value near the median: the median of the medians of fives. For input on which medians of three do badly. */
function medianOfMedians(values: Float64Array, order: Int32Array): number {
  const fives = Math.floor(order.length / 5);
  for (let i = 0; i < fives; i++) {
    const five = order.subarray(5 * i, 5 * i + 5);
    five.sort((a, b) => values[a]! - values[b]!);
    swap(order, 5 * i + 2, i);
  }
  if (fives > 2) introselect(values, order.subarray(0, fives), fives >> 1);
  return fives >> 1;
}
