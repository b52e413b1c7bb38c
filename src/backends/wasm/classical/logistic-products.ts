import {
  type Expr,
  type FunctionBuilder,
  f64,
  f64x2,
  i8x16,
  i32,
  type Local,
  type V128,
  v128,
} from '../assembler/index';

type I32 = Local<'i32'>;
type Vector = Local<'v128'>;

/** A block of rows of X and what is known of the shapes when code is made. */
export interface ProductBlock {
  /** Address of the first row, and of the last of all: rows past it are not read. */
  readonly first: I32;
  readonly last: I32;
  readonly rowBytes: I32;
  readonly columns: I32;
  readonly rows: I32;
  /** A line per output, `stride` bytes apart. */
  readonly scores: I32;
  readonly stride: I32;
  readonly outputs: I32;
  /** Pairs of columns past the last tile of four, and whether a single column is left after them. */
  readonly pairsLeft: number;
  readonly isOdd: boolean;
}

/** Rows whose scores are computed together. */
export const SCORE_ROWS = 4;
/** Bytes of a tile of columns: four pairs. */
const TILE = 64;

/** Runs `body` for outputs two at a time, and for one that is left over. Their lines begin at the number of the output. */
function everyTwoOutputs(f: FunctionBuilder, outputs: I32, body: (c: I32, count: 1 | 2) => void): void {
  const c = f.local('i32', 0);
  f.while(i32.leU(i32.add(c, 2), outputs), () => {
    body(c, 2);
    f.increment(c, 2);
  });
  f.if(i32.ltU(c, outputs), () => body(c, 1));
}

/** The sums of the lanes of two vectors. */
function addLanes(a: V128, b: V128): V128 {
  const low = i8x16.shuffle(a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
  const high = i8x16.shuffle(a, b, [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31]);
  return f64x2.add(low, high);
}

/** Z = X·Wᵀ + b for a block: four rows and two outputs at a time. Rows past the last are those of the last again. */
export function emitScores(f: FunctionBuilder, b: ProductBlock, coef: I32, intercepts: I32): void {
  const [i, at, j, pairBytes] = f.locals('i32', 4);
  const rows = f.locals('i32', SCORE_ROWS);
  const sums = f.locals('v128', 2 * SCORE_ROWS);
  const w = f.locals('i32', 2);
  const loaded = f.locals('v128', 2);
  const x = f.local('v128');
  f.set(pairBytes, i32.shl(i32.and(b.columns, -2), 3));
  f.for(i, 0, b.rows, SCORE_ROWS, () => {
    rows.forEach((row, t) => {
      f.set(row, i32.add(b.first, i32.mul(i32.add(i, t), b.rowBytes)));
      f.set(row, i32.select(i32.leU(row, b.last), row, b.last));
    });
    everyTwoOutputs(f, b.outputs, (c, count) => {
      const outputs = Array.from({ length: count }, (_, o) => o);
      for (const o of outputs) f.set(w[o]!, i32.add(coef, i32.mul(i32.add(c, o), b.rowBytes)));
      for (const sum of sums) f.set(sum, v128.zero());
      const step = (load: (at: Expr<'i32'>) => V128): void => {
        for (const o of outputs) f.set(loaded[o]!, load(i32.add(w[o]!, j)));
        rows.forEach((row, t) => {
          f.set(x, load(i32.add(row, j)));
          for (const o of outputs) {
            const sum = sums[o * SCORE_ROWS + t]!;
            f.set(sum, f64x2.add(sum, f64x2.mul(x, loaded[o]!)));
          }
        });
      };
      f.for(j, 0, pairBytes, 16, () => step((at) => v128.load(at)));
      if (b.isOdd) step((at) => v128.load64Zero(at));
      for (const o of outputs) {
        f.set(at, i32.add(i32.add(b.scores, i32.shl(i, 3)), i32.mul(i32.add(c, o), b.stride)));
        const bias = v128.load64Splat(i32.add(intercepts, i32.shl(i32.add(c, o), 3)));
        for (let t = 0; t < SCORE_ROWS; t += 2) {
          const pair = addLanes(sums[o * SCORE_ROWS + t]!, sums[o * SCORE_ROWS + t + 1]!);
          f.do(v128.store(at, f64x2.add(pair, bias), 8 * t));
        }
      }
    });
  });
}

/** G += Rᵀ·X for a block, and the sums of R: two outputs and eight columns at a time, held while all rows go by. */
export function emitGradient(f: FunctionBuilder, b: ProductBlock, gradient: I32, ofIntercepts: I32): void {
  const [j, r, i] = f.locals('i32', 3);
  const [x, rowEnd] = f.locals('i32', 2);
  everyTwoOutputs(f, b.outputs, (c, count) => {
    const outputs = Array.from({ length: count }, (_, o) => o);
    const to = outputs.map((o) => f.local('i32', i32.add(gradient, i32.mul(i32.add(c, o), b.rowBytes))));
    const line = f.local('i32', i32.add(b.scores, i32.mul(c, b.stride)));
    const tile = (pairs: number, isOdd: boolean): void => {
      const count = pairs + Number(isOdd);
      const isHalf = (v: number): boolean => v === pairs;
      const sums = to.map((at) =>
        Array.from({ length: count }, (_, v) => {
          const from = i32.add(at, j);
          return f.local('v128', isHalf(v) ? v128.load64Zero(from, 16 * v) : v128.load(from, 16 * v));
        }),
      );
      const residuals = outputs.map(() => f.local('v128'));
      const value: Vector = f.local('v128');
      f.set(x, i32.add(b.first, j));
      f.set(rowEnd, i32.add(x, i32.mul(b.rows, b.rowBytes)));
      f.set(r, line);
      f.while(i32.ne(x, rowEnd), () => {
        f.set(residuals[0]!, v128.load64Splat(r));
        if (residuals[1]) f.set(residuals[1], v128.load64Splat(i32.add(r, b.stride)));
        for (let v = 0; v < count; v++) {
          f.set(value, isHalf(v) ? v128.load64Zero(x, 16 * v) : v128.load(x, 16 * v));
          for (const o of outputs) {
            const sum = sums[o]![v]!;
            f.set(sum, f64x2.add(sum, f64x2.mul(value, residuals[o]!)));
          }
        }
        f.increment(r, 8);
        f.increment(x, b.rowBytes);
      });
      to.forEach((at, o) => {
        sums[o]!.forEach((sum, v) => {
          const place = i32.add(at, j);
          f.do(isHalf(v) ? f64.store(place, f64x2.extract(sum, 0), 16 * v) : v128.store(place, sum, 16 * v));
        });
      });
    };
    f.set(j, 0);
    const tiles = f.local('i32', i32.shl(i32.shrU(b.columns, 3), 6));
    f.while(i32.ltU(j, tiles), () => {
      tile(4, false);
      f.increment(j, TILE);
    });
    if (b.pairsLeft > 0 || b.isOdd) tile(b.pairsLeft, b.isOdd);
    for (const o of outputs) {
      const sum = f.local('v128', v128.zero());
      const from = f.local('i32', i32.add(line, o === 0 ? 0 : b.stride));
      f.for(i, 0, b.rows, 2, () => f.set(sum, f64x2.add(sum, v128.load(i32.add(from, i32.shl(i, 3))))));
      const place = f.local('i32', i32.add(ofIntercepts, i32.shl(i32.add(c, o), 3)));
      const lanes = f64.add(f64x2.extract(sum, 0), f64x2.extract(sum, 1));
      f.do(f64.store(place, f64.add(f64.load(place), lanes)));
    }
  });
}
