import { ConfigError } from '../../core/errors';
import type { Dense } from '../../data/matrix';
import type { RankedColumns } from './types';

/**
 * Every value by its rank among its feature's distinct values, which are rounded to float32 as scikit-learn's trees do.
 * Made once for all trees of a forest: nodes sort and count small integers instead of comparing floats.
 *
 * @throws ConfigError for a value that float32 can't hold.
 */
export function rankColumns({ data, rows, cols }: Dense, what: string): RankedColumns {
  const column = new Float32Array(rows);
  const distinct: Float32Array[] = [];
  const offsets = new Int32Array(cols + 1);
  for (let c = 0; c < cols; c++) {
    for (let r = 0; r < rows; r++) column[r] = data[r * cols + c]!;
    const sorted = column.slice().sort();
    const last = sorted[rows - 1]!;
    const bad = Number.isFinite(sorted[0]!) ? last : sorted[0]!;
    if (!Number.isFinite(bad))
      throw new ConfigError(
        `${what}: column ${c} holds a value too large for float32, in which trees compare. Scale it.`,
      );
    let n = 0;
    for (let r = 0; r < rows; r++) if (n === 0 || sorted[r] !== sorted[n - 1]) sorted[n++] = sorted[r]!;
    distinct.push(sorted.slice(0, n));
    offsets[c + 1] = offsets[c]! + n;
  }
  const widest = distinct.reduce((most, d) => Math.max(most, d.length), 0);
  const Ranks = widest <= 65536 ? Uint16Array : Uint32Array;
  const ranks = new Ranks(shared(rows * cols * Ranks.BYTES_PER_ELEMENT));
  const values = new Float64Array(shared(offsets[cols]! * 8));
  const close = new Uint8Array(shared(cols));
  distinct.forEach((sorted, c) => {
    for (let i = 1; i < sorted.length; i++) if (sorted[i]! <= Math.fround(sorted[i - 1]! + CLOSE)) close[c] = 1;
    values.set(sorted, offsets[c]!);
    for (let r = 0; r < rows; r++) ranks[c * rows + r] = rankOf(sorted, Math.fround(data[r * cols + c]!));
  });
  return { rows, features: cols, ranks, values, offsets, close };
}

/** Values no further apart count as equal, as the float32 that scikit-learn has. */
const CLOSE = /* @__PURE__ */ Math.fround(1e-7);

/** Memory that threads can see, where there is such. */
export function shared(bytes: number): ArrayBuffer {
  return (
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes)
  ) as ArrayBuffer;
}

function rankOf(sorted: Float32Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
