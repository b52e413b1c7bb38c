import { type FunctionBuilder, f32x4, type Local, type V128 } from '../../assembler/index';

type Vector = Local<'v128'>;

/** How one axis is transformed: each result as a sum of the given values, of which the negative numbers are subtracted. */
type Combination = readonly (readonly number[])[];

/** Bᵀ of F(2, 3). Values are counted from 1, so that they can have a sign. */
const INPUT: Combination = [
  [1, -3],
  [2, 3],
  [3, -2],
  [2, -4],
];
/** Aᵀ. */
const OUTPUT: Combination = [
  [1, 2, 3],
  [2, -3, -4],
];

/** A. */
const COTANGENT: Combination = [[1], [1, 2], [1, -2], [-2]];

/** The sum of a combination's values. */
function combine([first, ...rest]: readonly number[], values: readonly V128[]): V128 {
  return rest.reduce(
    (sum, t) => (t > 0 ? f32x4.add(sum, values[t - 1]!) : f32x4.sub(sum, values[-t - 1]!)),
    first! > 0 ? values[first! - 1]! : f32x4.neg(values[-first! - 1]!),
  );
}

/** Bᵀ d B of a tile d of 4 × 4 values, which `load` gives column by column; `put` takes them row by row. */
export function emitInputTransform(
  f: FunctionBuilder,
  load: (i: number, j: number) => V128,
  put: (index: number, value: V128) => void,
): void {
  emitBothAxes(f, INPUT, load, put);
}

/** Aᵀ m A: the 2 × 2 outputs of a tile of 4 × 4 products. */
export function emitOutputTransform(
  f: FunctionBuilder,
  load: (i: number, j: number) => V128,
  put: (index: number, value: V128) => void,
): void {
  emitBothAxes(f, OUTPUT, load, put);
}

/** A g Aᵀ: the 4 × 4 cotangents of the products, of 2 × 2 cotangents of a tile's outputs. */
export function emitCotangentTransform(
  f: FunctionBuilder,
  load: (i: number, j: number) => V128,
  put: (index: number, value: V128) => void,
): void {
  emitBothAxes(f, COTANGENT, load, put, 2);
}

function emitBothAxes(
  f: FunctionBuilder,
  combination: Combination,
  load: (i: number, j: number) => V128,
  put: (index: number, value: V128) => void,
  size = 4,
): void {
  const column: Vector[] = f.locals('v128', size);
  const rows: Vector[][] = combination.map(() => f.locals('v128', size));
  for (let j = 0; j < size; j++) {
    column.forEach((d, i) => f.set(d, load(i, j)));
    combination.forEach((terms, i) => f.set(rows[i]![j]!, combine(terms, column)));
  }
  rows.forEach((row, i) => {
    combination.forEach((terms, j) => put(i * combination.length + j, combine(terms, row)));
  });
}

/** G g Gᵀ of a kernel g of 3 × 3 taps. */
export function emitKernelTransform(
  f: FunctionBuilder,
  load: (i: number, j: number) => V128,
  put: (index: number, value: V128) => void,
): void {
  const half = f32x4.const(0.5);
  const [a, b, c, outer] = f.locals('v128', 4);
  /** g0, (g0 + g1 + g2) / 2, (g0 − g1 + g2) / 2, g2. */
  const spread = (g: (i: number) => V128, to: (i: number, value: V128) => void): void => {
    f.set(a, g(0));
    f.set(b, g(1));
    f.set(c, g(2));
    f.set(outer, f32x4.add(a, c));
    to(0, a);
    to(1, f32x4.mul(half, f32x4.add(outer, b)));
    to(2, f32x4.mul(half, f32x4.sub(outer, b)));
    to(3, c);
  };
  const rows: Vector[][] = Array.from({ length: 4 }, () => f.locals('v128', 3) as Vector[]);
  for (let j = 0; j < 3; j++) {
    spread(
      (i) => load(i, j),
      (i, value) => f.set(rows[i]![j]!, value),
    );
  }
  rows.forEach((row, i) =>
    spread(
      (j) => row[j]!,
      (j, value) => put(4 * i + j, value),
    ),
  );
}

/** Gᵀ s G: the 3 × 3 taps of 4 × 4 sums. */
export function emitTapTransform(
  f: FunctionBuilder,
  load: (i: number, j: number) => V128,
  put: (i: number, j: number, value: V128) => void,
): void {
  const half = f32x4.const(0.5);
  const s = f.locals('v128', 4);
  const [middle, apart] = f.locals('v128', 2);
  /** s0 + (s1 + s2) / 2, (s1 − s2) / 2, (s1 + s2) / 2 + s3. */
  const gather = (from: (i: number) => V128, to: (i: number, value: V128) => void): void => {
    s.forEach((value, i) => f.set(value, from(i)));
    f.set(middle, f32x4.mul(half, f32x4.add(s[1], s[2])));
    f.set(apart, f32x4.mul(half, f32x4.sub(s[1], s[2])));
    to(0, f32x4.add(s[0], middle));
    to(1, apart);
    to(2, f32x4.add(middle, s[3]));
  };
  const rows: Vector[][] = Array.from({ length: 3 }, () => f.locals('v128', 4) as Vector[]);
  for (let j = 0; j < 4; j++) {
    gather(
      (i) => load(i, j),
      (i, value) => f.set(rows[i]![j]!, value),
    );
  }
  rows.forEach((row, i) => {
    gather(
      (j) => row[j]!,
      (j, value) => put(i, j, value),
    );
  });
}
