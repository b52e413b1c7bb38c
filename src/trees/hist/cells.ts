/**
 * Cuts a range into cells of equal width. A greater value is never in a lower cell, whatever the rounding, so cells tell
 * most of the order of values without comparing them.
 */
export class Cells {
  readonly least: number;
  readonly scale: number;
  readonly last: number;

  constructor(least: number, greatest: number, cells: number) {
    this.least = least;
    this.scale = greatest > least ? cells / (greatest - least) : 0;
    this.last = cells - 1;
  }

  /** The cell of a value within the range. */
  of(value: number): number {
    return cellOf(value, this.least, this.scale, this.last);
  }
}

/** `Cells.of` for loops, which do well to take the fields out first. */
export function cellOf(value: number, least: number, scale: number, last: number): number {
  const cell = ((value - least) * scale) | 0;
  return cell < last ? cell : last;
}

/** Fewer values than this are sorted. */
const FEW = 4096;
const CELLS = 4096;

/**
 * The values that would be at some positions if `values` were sorted: only the cells that hold them are.
 *
 * @param values - none of them NaN; not changed.
 * @param positions - ascending, within the values.
 */
export function atPositions(values: Float64Array, positions: Int32Array): Float64Array {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (v < least) least = v;
    if (v > greatest) greatest = v;
  }
  if (values.length < FEW || !Number.isFinite(greatest - least)) {
    const sorted = values.slice().sort();
    return Float64Array.from(positions, (p) => sorted[p]!);
  }
  const cells = new Cells(least, greatest, CELLS);
  const starts = new Int32Array(CELLS + 1);
  const own = new Uint16Array(values.length);
  const { scale, last } = cells;
  for (let i = 0; i < values.length; i++) {
    const cell = cellOf(values[i]!, least, scale, last);
    own[i] = cell;
    starts[cell + 1]!++;
  }
  for (let c = 0; c < CELLS; c++) starts[c + 1]! += starts[c]!;
  const wanted = new Uint8Array(CELLS);
  let cell = 0;
  for (const p of positions) {
    while (starts[cell + 1]! <= p) cell++;
    wanted[cell] = 1;
  }
  return pick(values, positions, own, starts, wanted);
}

/** Gathers the cells wanted, sorts each, and reads off the positions. */
function pick(
  values: Float64Array,
  positions: Int32Array,
  own: Uint16Array,
  starts: Int32Array,
  wanted: Uint8Array,
): Float64Array {
  const places = new Int32Array(CELLS);
  let total = 0;
  for (let c = 0; c < CELLS; c++) {
    places[c] = total;
    if (wanted[c] === 1) total += starts[c + 1]! - starts[c]!;
  }
  const kept = new Float64Array(total);
  const next = places.slice();
  for (let i = 0; i < values.length; i++) {
    const c = own[i]!;
    if (wanted[c] === 1) kept[next[c]!++] = values[i]!;
  }
  for (let c = 0; c < CELLS; c++) if (wanted[c] === 1) kept.subarray(places[c]!, next[c]!).sort();
  let cell = 0;
  return Float64Array.from(positions, (p) => {
    while (starts[cell + 1]! <= p) cell++;
    return kept[places[cell]! + p - starts[cell]!]!;
  });
}
