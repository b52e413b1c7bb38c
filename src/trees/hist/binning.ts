import { defaultBackend } from '../../backends/default';
import type { Rng } from '../../core/rng';
import { Tensor } from '../../core/tensor';
import type { Dense } from '../../data/matrix';
import { atPositions, Cells, cellOf } from './cells';
import { eachColumn } from './columns';

/** Above this many samples, bin thresholds come from a random draw of that many. */
const SUBSAMPLE = 200_000;
/** Thresholds are kept below it: an infinite one is a split of missing from present values. */
const ALMOST_INFINITE = 1e300;
/** Cells that searches among thresholds begin with. */
const LOOKUP = 1024;

/** How the values of each feature become integers. */
export interface Bins {
  /**
   * By feature. Of numbers: ascending upper bounds, bin b holds thresholds[b − 1] < x ≤ thresholds[b]. Of categories: the
   * categories, ascending; category c is in bin c.
   */
  readonly thresholds: readonly Float64Array[];
  /** How many bins a feature uses, that of missing values aside. */
  readonly counts: Int32Array;
  /** The bin of missing values, the last of all features. */
  readonly missing: number;
  readonly isCategorical: Uint8Array;
}

/** Rows of bins begin at multiples of so many bytes, as the engine likes them. */
const ALIGNED = 16;
/** Features of a word. */
const WORD = 4;

/** Values as bins. */
export interface Binned {
  /** uint8 `[samples, features]`, row by row. */
  readonly tensor: Tensor;
  /** uint8 `[words, samples, 4]`: the same, four features side by side. */
  readonly words: Tensor;
  readonly rows: number;
  readonly cols: number;
  /** By feature: whether some value is missing. */
  readonly hasMissing: Uint8Array;
}

/**
 * Thresholds of all features.
 *
 * @param categories - by feature the categories that occur, ascending; null for a feature of numbers.
 * @param rng - draws the samples that thresholds come from where there are many.
 */
export function findBins(
  X: Dense,
  maxBins: number,
  categories: readonly (Float64Array | null)[],
  rng: () => Rng,
): Bins {
  const sampled = X.rows > SUBSAMPLE ? rng().permutation(X.rows).subarray(0, SUBSAMPLE) : null;
  const thresholds = [...categories] as Float64Array[];
  eachColumn(X, (values, c) => {
    if (categories[c] === null) thresholds[c] = findThresholds(presentValues(values, sampled), maxBins);
  });
  return {
    thresholds,
    counts: Int32Array.from(thresholds, (t, c) => t.length + Number(categories[c] === null)),
    missing: maxBins,
    isCategorical: Uint8Array.from(categories, (known) => Number(known !== null)),
  };
}

/** The values of a column, or those of the samples drawn, that are not missing. */
function presentValues(values: Float64Array, sampled: Int32Array | null): Float64Array {
  const out = sampled === null ? values.slice() : Float64Array.from(sampled, (row) => values[row]!);
  let kept = 0;
  for (let i = 0; i < out.length; i++) {
    const v = out[i]!;
    out[kept] = v;
    kept += v === v ? 1 : 0;
  }
  return out.subarray(0, kept);
}

/**
 * Midpoints between neighbours where there are at most `maxBins` distinct values; else the percentiles that divide the
 * values into `maxBins` parts, by NumPy's method `averaged_inverted_cdf`.
 */
function findThresholds(values: Float64Array, maxBins: number): Float64Array {
  const distinct = distinctUpTo(values, maxBins);
  const out =
    distinct === null
      ? percentiles(values, maxBins)
      : Float64Array.from(
          { length: Math.max(0, distinct.length - 1) },
          (_, i) => 0.5 * (distinct[i]! + distinct[i + 1]!),
        );
  for (let i = 0; i < out.length; i++) out[i] = Math.min(out[i]!, ALMOST_INFINITE);
  return out.filter((v, i) => i === 0 || v !== out[i - 1]);
}

/** The distinct values, ascending, or null where there are more than `most`. */
function distinctUpTo(values: Float64Array, most: number): Float64Array | null {
  const distinct = new Set<number>();
  for (let i = 0; i < values.length; i++) {
    distinct.add(values[i]!);
    if (distinct.size > most) return null;
  }
  return Float64Array.from(distinct).sort();
}

/** The smallest value that at least a part q of the values does not exceed, for each q; the mean with the next one where exactly. */
function percentiles(values: Float64Array, parts: number): Float64Array {
  const places = Float64Array.from(
    { length: parts - 1 },
    (_, i) => values.length * (((i + 1) * (100 / parts)) / 100) - 1,
  );
  const last = values.length - 1;
  const positions = new Int32Array(2 * places.length);
  places.forEach((at, i) => {
    const below = Math.max(0, Math.floor(at));
    positions[2 * i] = below;
    positions[2 * i + 1] = Math.min(below + 1, last);
  });
  const found = atPositions(values, positions);
  return places.map((at, i) => {
    const next = found[2 * i + 1]!;
    return at === positions[2 * i] ? next - (next - found[2 * i]!) * 0.5 : next;
  });
}

/** Puts all values into their bins. */
export function toBins(X: Dense, bins: Bins): Binned {
  const { rows, cols } = X;
  const groups = Math.ceil(cols / WORD);
  const words = new Uint8Array(groups * rows * WORD);
  const hasMissing = new Uint8Array(cols);
  eachColumn(X, (values, c) => {
    hasMissing[c] = Number(binColumn(values, c, bins, words.subarray(placeOf(c, rows))));
  });
  const backend = defaultBackend();
  const width = Math.ceil(cols / ALIGNED) * ALIGNED;
  const whole = Tensor.from(backend, byRows(words, rows, groups, width), 'uint8', [rows, width]);
  const tensor = whole.view({ shape: [rows, cols], strides: [width, 1], offset: 0 });
  whole.dispose();
  return { tensor, words: Tensor.from(backend, words, 'uint8', [groups, rows, WORD]), rows, cols, hasMissing };
}

/** Where the bins of a feature begin among words. */
const placeOf = (feature: number, rows: number): number => Math.floor(feature / WORD) * rows * WORD + (feature % WORD);

/** Rows that are written for all words before the next ones, so that they stay in the cache. */
const BLOCK = 256;

function byRows(words: Uint8Array, rows: number, groups: number, width: number): Uint8Array {
  const out = new Uint8Array(rows * width);
  const [from, to] = [new Int32Array(words.buffer), new Int32Array(out.buffer)];
  for (let first = 0; first < rows; first += BLOCK) {
    const end = Math.min(rows, first + BLOCK);
    for (let g = 0; g < groups; g++)
      for (let row = first; row < end; row++) to[(row * width) / WORD + g] = from[g * rows + row]!;
  }
  return out;
}

/** The bins of a feature, uint8 `[samples]`. */
export function columnOf({ words, rows }: Binned, feature: number): Tensor {
  return words.view({ shape: [rows], strides: [WORD], offset: placeOf(feature, rows) });
}

/** Bins a column, to every fourth place; says whether some value was missing. Negative categories count as missing. */
function binColumn(
  values: Float64Array,
  c: number,
  { thresholds, missing, isCategorical }: Bins,
  out: Uint8Array,
): boolean {
  const bounds = thresholds[c]!;
  const least = isCategorical[c] === 1 ? 0 : Number.NEGATIVE_INFINITY;
  const last = bounds.length - 1;
  const [first, greatest] = [bounds[0] ?? 0, bounds[last] ?? 0];
  // Where the bounds of each cell begin: a search is among those of the value's own.
  const cells = new Cells(first, greatest, LOOKUP);
  const starts = new Int32Array(LOOKUP + 1);
  for (const bound of bounds) starts[cells.of(bound) + 1]!++;
  for (let cell = 0; cell < LOOKUP; cell++) starts[cell + 1]! += starts[cell]!;
  const { scale, last: lastCell } = cells;
  let someMissing = false;
  for (let i = 0, at = 0; i < values.length; i++, at += WORD) {
    const v = values[i]!;
    if (!(v >= least)) {
      out[at] = missing;
      someMissing = true;
    } else if (!(v > first) || last < 0) out[at] = 0;
    else if (v > greatest) out[at] = last + 1;
    else {
      const cell = cellOf(v, first, scale, lastCell);
      let low = starts[cell]!;
      for (let size = starts[cell + 1]! - low; size > 0; ) {
        const half = size >> 1;
        // Written so that it compiles to a conditional move: which way a search goes can't be predicted.
        const isAbove = v > bounds[low + half]! ? 1 : 0;
        low += isAbove * (half + 1);
        size = isAbove * (size - half - 1) + (1 - isAbove) * half;
      }
      out[at] = low;
    }
  }
  return someMissing;
}
