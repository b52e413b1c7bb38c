import { f32, f32x4, f64, i32, type Local, type V128, v128 } from '../assembler/index';
import { BlockSum, type Place, type RowCode, spread } from './rows';

/** What is known of a row x of n elements after one pass over it. */
export interface Moments {
  /** Its mean as float32, in all lanes. */
  readonly mean: Local<'v128'>;
  /** What the mean misses. */
  readonly rest: Local<'f64'>;
  /** Biased, as its mean square. */
  readonly variance: Local<'f64'>;
  readonly count: Local<'f64'>;
}

/** What is known of a row g beside it. */
export interface Products {
  /** Σ g. */
  readonly sum: Local<'f64'>;
  /** Σ g·(x − mean). */
  readonly along: Local<'f64'>;
}

/** Elements whose mean the first blocks are shifted by. */
const SAMPLE = 16;
const SAMPLE_SHARE = 1 / SAMPLE;

/** An estimate of the mean: that of the first elements, or the first of a short row. */
function emitEstimate<W extends string>({ f, load, n }: RowCode<W | 'x'>): Local<'v128'> {
  const estimate = f.local('v128');
  const start = f.local('i32', 0);
  const share = (k: number): V128 => f32x4.mul(load('x', { i: start, offset: 16 * k }), f32x4.const(SAMPLE_SHARE));
  f.if(
    i32.geU(n, SAMPLE),
    () => {
      f.set(estimate, f32x4.add(f32x4.add(share(0), share(1)), f32x4.add(share(2), share(3))));
      spread(f, estimate, f32x4.add);
    },
    () => f.set(estimate, f32x4.splat(f32x4.extract(load('x', { i: start, offset: 0 }), 0))),
  );
  return estimate;
}

/** What large values are multiplied by: the squares of all float32 fit, and those of values too large for that don't vanish. */
export const UNIT = 2 ** -70;

/** The code of a row whose x is read multiplied by `UNIT`. */
export const inUnits = <W extends string>(code: RowCode<W>): RowCode<W> => ({
  ...code,
  load: (from, at) => (from === 'x' ? f32x4.mul(code.load(from, at), f32x4.const(UNIT)) : code.load(from, at)),
});

/** Sums over a row in doubles, of differences to `origin`, of their squares, and of those times g. */
class Totals {
  readonly differences: Local<'f64'>;
  readonly squares: Local<'f64'>;
  readonly g: Local<'f64'>;
  readonly products: Local<'f64'>;

  constructor({ f }: RowCode<string>) {
    [this.differences, this.squares, this.g, this.products] = f.locals('f64', 4);
    for (const total of [this.differences, this.squares, this.g, this.products]) f.set(total, 0);
  }
}

/**
 * The moments of a row in one pass, and sums with `g`. A block's sums are of differences to an estimate of the mean, in
 * float32; in doubles they are brought to the first estimate and added up. An estimate that is off by D costs as many digits
 * as the D² that it adds to the squares; so it follows: from the third block on it is the mean of all blocks before
 * the last, of which the sums need not be waited for. The block that moves the mean by D adds about as much to the
 * variance itself, so rows far from 0, and rows that begin elsewhere, lose next to nothing.
 */
export function emitMoments<W extends string>(code: RowCode<W | 'x'>, sides: number): Moments;
export function emitMoments<W extends string>(code: RowCode<W | 'x'>, sides: number, g: W): Moments & Products;
export function emitMoments<W extends string>(code: RowCode<W | 'x'>, sides: number, g?: W): Moments & Products {
  const { f, e, n } = code;
  const mean = emitEstimate(code);
  const [origin, shift, done, size, offset] = f.locals('f64', 5);
  f.set(origin, f64.promote(f32x4.extract(mean, 0)));
  f.set(shift, 0);
  f.set(done, 0);
  const next = f.local('f32', f32x4.extract(mean, 0));
  const blocks = Array.from({ length: g === undefined ? 2 : 4 }, () => new BlockSum(f, sides));
  const [differences, squares, gs, products] = blocks as [BlockSum, BlockSum, BlockSum, BlockSum];
  const total = new Totals(code);
  const visit = (at: Place, mask: Local<'v128'> | null, side: number): void => {
    const kept = (x: V128): Local<'v128'> => e.keep(mask === null ? x : v128.and(x, mask));
    const d = kept(f32x4.sub(code.load('x', at), mean));
    differences.add(side, (sum) => f32x4.add(sum, d));
    squares.add(side, (sum) => e.multiplyAdd(d, d, sum));
    if (g === undefined) return;
    const other = kept(code.load(g, at));
    gs.add(side, (sum) => f32x4.add(sum, other));
    products.add(side, (sum) => e.multiplyAdd(other, d, sum));
  };
  const plus = (local: Local<'f64'>, x: ReturnType<typeof f64.add>): void => f.set(local, f64.add(local, x));
  code.eachBlock(visit, sides, (elements) => {
    f.set(size, f64.sub(f.tee(offset, f64.convertI32U(elements)), done));
    f.set(done, offset);
    const sum = differences.drain();
    const moved = f.local('f64', f64.mul(size, shift));
    plus(total.squares, f64.add(squares.drain(), f64.mul(shift, f64.add(f64.add(sum, sum), moved))));
    plus(total.differences, f64.add(sum, moved));
    if (g !== undefined) {
      const block = gs.drain();
      plus(total.products, f64.add(products.drain(), f64.mul(shift, block)));
      plus(total.g, block);
    }
    f.set(mean, f32x4.splat(next));
    f.set(shift, f64.sub(f64.promote(next), origin));
    f.set(offset, f64.div(total.differences, done));
    f.set(next, f32.demote(f64.add(origin, offset)));
  });
  f.set(mean, f32x4.splat(next));
  const count = f.local('f64', f64.convertI32U(n));
  const rest = f.local('f64', f64.sub(offset, f64.sub(f64.promote(next), origin)));
  const variance = f.local('f64', f64.sub(f64.div(total.squares, count), f64.mul(offset, offset)));
  const along = f.local('f64', f64.sub(total.products, f64.mul(offset, total.g)));
  return { mean, rest, variance, count, sum: total.g, along };
}
