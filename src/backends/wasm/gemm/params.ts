/**
 * Words of the parameter block that a blocked product reads; addresses and strides in bytes. Kept in memory rather than
 * passed as arguments so that several workers can run ranges of rows of one product.
 */
export const WORD = {
  a: 0,
  /** Between rows of A. */
  aRow: 1,
  aK: 2,
  b: 3,
  /** Between columns of B. */
  bColumn: 4,
  bK: 5,
  c: 6,
  cRow: 7,
  n: 8,
  k: 9,
  /** Sizes of the blocks. */
  kc: 10,
  mc: 11,
  nc: 12,
  aPack: 13,
  bPack: 14,
  /** One tile. */
  spare: 15,
  /** Rows gathered from images, before they are packed. */
  rows: 16,
  accumulate: 17,
} as const;

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

/** WINDOW_BASE and the 17 words of a window. */
export const PARAMETER_WORDS = 49;
