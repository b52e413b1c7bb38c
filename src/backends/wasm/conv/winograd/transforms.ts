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

/** The sum of a combination's values. */
function combine(terms: readonly number[], values: readonly V128[]): V128 {
  const [first, ...rest] = terms;
  return rest.reduce(
    (sum, t) => (t > 0 ? f32x4.add(sum, values[t - 1]!) : f32x4.sub(sum, values[-t - 1]!)),
    values[first! - 1]!,
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

function emitBothAxes(
  f: FunctionBuilder,
  combination: Combination,
  load: (i: number, j: number) => V128,
  put: (index: number, value: V128) => void,
): void {
  const column = f.locals('v128', 4);
  const rows: Vector[][] = combination.map(() => f.locals('v128', 4) as Vector[]);
  for (let j = 0; j < 4; j++) {
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
