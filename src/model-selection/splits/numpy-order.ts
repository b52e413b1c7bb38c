/**
 * The order in which NumPy's `argsort` puts values, ties included: an introsort, whose partitions leave equal values in an
 * order of their own. Splitters of groups need it to make scikit-learn's choices.
 *
 * @param values - numbers, none NaN.
 * @returns positions, values ascending.
 */
export function numpyArgsort(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, i) => i);
  sortRange(values, order, 0, order.length - 1);
  return order;
}

/** From how many elements on NumPy partitions instead of inserting. */
const SMALL = 15;

function sortRange(v: ArrayLike<number>, order: Int32Array, from: number, to: number): void {
  let [left, right] = [from, to];
  while (right - left > SMALL) {
    const at = partition(v, order, left, right);
    if (at - left < right - at) {
      sortRange(v, order, left, at - 1);
      left = at + 1;
    } else {
      sortRange(v, order, at + 1, right);
      right = at - 1;
    }
  }
  for (let i = left + 1; i <= right; i++) {
    const moving = order[i]!;
    let j = i;
    for (; j > left && v[moving]! < v[order[j - 1]!]!; j--) order[j] = order[j - 1]!;
    order[j] = moving;
  }
}

/** Moves what is below the median of three to its left; returns where that ends up. */
function partition(v: ArrayLike<number>, order: Int32Array, left: number, right: number): number {
  const swap = (a: number, b: number): void => {
    const kept = order[a]!;
    order[a] = order[b]!;
    order[b] = kept;
  };
  const isBelow = (a: number, b: number): boolean => v[order[a]!]! < v[order[b]!]!;
  const middle = left + ((right - left) >> 1);
  if (isBelow(middle, left)) swap(middle, left);
  if (isBelow(right, middle)) swap(right, middle);
  if (isBelow(middle, left)) swap(middle, left);
  const pivot = v[order[middle]!]!;
  let i = left;
  let j = right - 1;
  swap(middle, j);
  for (;;) {
    do i++;
    while (v[order[i]!]! < pivot);
    do j--;
    while (pivot < v[order[j]!]!);
    if (i >= j) break;
    swap(i, j);
  }
  swap(i, right - 1);
  return i;
}
