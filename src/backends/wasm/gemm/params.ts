/** Words of the parameters of a packed product; addresses and strides in bytes. Zero where a code does not use one. */
export const GEMM_WORDS = [
  'a',
  /** Between rows of A. */
  'aRow',
  'aK',
  'b',
  /** Between columns of B. */
  'bColumn',
  'bK',
  'c',
  'cRow',
  'm',
  'n',
  'k',
  /** Most steps along k at a time, and most rows. */
  'kc',
  'mc',
  /** Where panels of B go, and columns of them, the last ones filled up. */
  'packed',
  'width',
  'accumulate',
  /** Where A begins along k, if it is gathered. */
  'firstK',
  /** One area for each worker. */
  'scratch',
  'scratchBytes',
  /** Where gathered rows, and panels of B that one worker packs for itself, lie in an area. */
  'gathered',
  'own',
  /** Matrix q of a batch is number (q / inner, q mod inner). */
  'inner',
  'aOuter',
  'aInner',
  'bOuter',
  'bInner',
  'cOuter',
  'cInner',
  /** Steps along k of a part of a sum, a multiple of kc. */
  'part',
] as const;

/** The first word of the geometry of images, where A is gathered from them; see `WINDOW`. */
export const WINDOW_BASE = 32;

/** Words from `WINDOW_BASE` on. Row (b, py, px) and tap (ky, kx) meet at y = py·stepY + originY + ky·tapY, x alike. */
export const WINDOW = {
  image: 0,
  batchStride: 1,
  yStride: 2,
  xStride: 3,
  height: 4,
  width: 5,
  rowsY: 6,
  rowsX: 7,
  stepY: 8,
  originY: 9,
  tapY: 10,
  stepX: 11,
  originX: 12,
  tapX: 13,
  tapsX: 14,
  channels: 15,
  /** What padding holds, repeated over a word. */
  fill: 16,
} as const;

/** Images whose windows are the rows of a matrix; strides in bytes, channels are neighbours. See `WINDOW`. */
export type WindowLayout = Readonly<Record<keyof typeof WINDOW, number>>;

/** Words of the batch of a product, the last of its parameters: inner products, and bytes from one to the next. */
export const BATCH_WORDS = ['inner', 'aOuter', 'aInner', 'bOuter', 'bInner', 'cOuter', 'cInner'] as const;

/** Words of the parameters of a product without packing. */
export const DIRECT_WORDS = [
  'a',
  'aRow',
  'aStep',
  'aK',
  'b',
  'bK',
  'c',
  'cRow',
  'm',
  'n',
  'k',
  'kc',
  'accumulate',
  ...BATCH_WORDS,
] as const;

/** Words of the parameters of dot products. */
export const DOT_WORDS = [
  'a',
  'aRow',
  'b',
  'bColumn',
  'c',
  'cRow',
  'cColumn',
  'm',
  'n',
  'k',
  'accumulate',
  ...BATCH_WORDS,
] as const;

/** Rows of dot products that are computed at a time. */
export const DOT_ROWS = 4;

/** Words of the parameters of a product of few rows. */
export const STREAM_WORDS = [
  'a',
  'aRow',
  'aK',
  'b',
  'bK',
  'c',
  'cRow',
  'n',
  'k',
  'kc',
  'accumulate',
  'scratch',
  'scratchBytes',
  ...BATCH_WORDS,
] as const;

/** Bytes of C that are summed before the next columns are: they stay in the first-level cache. */
const SUMS = 16384;

/** Bytes of a row of few that are summed at a time. */
export function stripOf(rows: number): number {
  return (SUMS / rows) & -64;
}

/** The parameters of `launch` from their values by name. */
export function wordsOf<W extends string>(names: readonly W[], values: Readonly<Partial<Record<W, number>>>): number[] {
  return names.map((name) => values[name] ?? 0);
}

/** Parameters followed by the geometry of images, at its place. */
export function withWindows(words: readonly number[], windows: WindowLayout): number[] {
  const all = [...words, ...new Array<number>(WINDOW_BASE - words.length).fill(0)];
  for (const name in WINDOW) {
    const key = name as keyof typeof WINDOW;
    all[WINDOW_BASE + WINDOW[key]] = windows[key];
  }
  return all;
}

export function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}
