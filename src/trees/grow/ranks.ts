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
  const rank = makeRanker(rows);
  const distinct: Float32Array[] = [];
  const offsets = new Int32Array(cols + 1);
  // As few distinct values as fit into 16 bits are known beforehand for few rows only.
  let ranks: Uint16Array | Uint32Array = rows <= 65536 ? shortRanks(rows * cols) : longRanks(rows * cols);
  let widest = 0;
  for (let c = 0; c < cols; c++) {
    for (let r = 0, at = c; r < rows; r++, at += cols) column[r] = data[at]!;
    const values = rank(column, ranks.subarray(c * rows, (c + 1) * rows));
    if (!Number.isFinite(values[0]!) || !Number.isFinite(values[values.length - 1]!))
      throw new ConfigError(
        `${what}: column ${c} holds a value too large for float32, in which trees compare. Scale it.`,
      );
    distinct.push(values);
    offsets[c + 1] = offsets[c]! + values.length;
    widest = Math.max(widest, values.length);
  }
  if (rows > 65536 && widest <= 65536) {
    const short = shortRanks(rows * cols);
    short.set(ranks);
    ranks = short;
  }
  const values = new Float64Array(shared(offsets[cols]! * 8));
  const close = new Uint8Array(shared(cols));
  distinct.forEach((sorted, c) => {
    for (let i = 1; i < sorted.length; i++) if (sorted[i]! <= Math.fround(sorted[i - 1]! + CLOSE)) close[c] = 1;
    values.set(sorted, offsets[c]!);
  });
  return { rows, features: cols, ranks, values, offsets, close };
}

const shortRanks = (n: number): Uint16Array => new Uint16Array(shared(2 * n));
const longRanks = (n: number): Uint32Array => new Uint32Array(shared(4 * n));

/** Values no further apart count as equal, as the float32 that scikit-learn has. */
const CLOSE = /* @__PURE__ */ Math.fround(1e-7);

/** Memory that threads can see, where there is such. */
export function shared(bytes: number): ArrayBuffer {
  return (
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes)
  ) as ArrayBuffer;
}

/**
 * Ranks the values of a column and gives the distinct ones, ascending: sorted by their bits as integers, eleven at a time,
 * negative ones turned round.
 */
function makeRanker(n: number): (column: Float32Array, ranks: Uint16Array | Uint32Array) => Float32Array {
  let keys = new Uint32Array(n);
  let order = new Int32Array(n);
  let nextKeys = new Uint32Array(n);
  let nextOrder = new Int32Array(n);
  const counts = new Int32Array(2048);
  return (column, ranks) => {
    // −0 and 0 are one value.
    for (let i = 0; i < n; i++) if (column[i] === 0) column[i] = 0;
    const bits = new Uint32Array(column.buffer, column.byteOffset, n);
    for (let i = 0; i < n; i++) {
      const b = bits[i]!;
      keys[i] = b >>> 31 === 1 ? ~b : b | 0x80000000;
      order[i] = i;
    }
    for (let shift = 0; shift < 32; shift += 11) {
      counts.fill(0);
      for (let i = 0; i < n; i++) counts[(keys[i]! >>> shift) & 2047]!++;
      for (let b = 0, sum = 0; b < 2048; b++) {
        const count = counts[b]!;
        counts[b] = sum;
        sum += count;
      }
      for (let i = 0; i < n; i++) {
        const to = counts[(keys[i]! >>> shift) & 2047]!++;
        nextKeys[to] = keys[i]!;
        nextOrder[to] = order[i]!;
      }
      [keys, nextKeys] = [nextKeys, keys];
      [order, nextOrder] = [nextOrder, order];
    }
    const values = new Float32Array(n);
    let rank = -1;
    for (let i = 0; i < n; i++) {
      if (i === 0 || keys[i] !== keys[i - 1]) values[++rank] = column[order[i]!]!;
      ranks[order[i]!] = rank;
    }
    return values.slice(0, rank + 1);
  };
}
