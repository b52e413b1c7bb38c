/** Memory wanted from step `from` to step `to`, both included. */
export interface Span {
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

const ALIGNMENT = 64;
const rounded = (bytes: number): number => Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;

/**
 * Offsets for spans of memory such that no two that are wanted at the same time overlap, and the bytes that takes. The
 * largest are placed first, each as low as it fits.
 */
export function placeSpans(spans: readonly Span[]): { readonly offsets: readonly number[]; readonly bytes: number } {
  const order = spans.map((_, i) => i).sort((a, b) => spans[b]!.bytes - spans[a]!.bytes || a - b);
  const offsets = new Array<number>(spans.length).fill(0);
  const placed: number[] = [];
  let total = 0;
  for (const i of order) {
    const span = spans[i]!;
    const size = rounded(span.bytes);
    let at = 0;
    for (const j of placed) {
      const other = spans[j]!;
      if (other.from > span.to || other.to < span.from) continue;
      if (offsets[j]! - at >= size) break;
      at = Math.max(at, offsets[j]! + rounded(other.bytes));
    }
    offsets[i] = at;
    insertByOffset(placed, i, offsets);
    total = Math.max(total, at + size);
  }
  return { offsets, bytes: total };
}

function insertByOffset(placed: number[], i: number, offsets: readonly number[]): void {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[placed[middle]!]! < offsets[i]!) low = middle + 1;
    else high = middle;
  }
  placed.splice(low, 0, i);
}
