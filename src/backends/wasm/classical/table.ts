import { type Expr, type FunctionBuilder, f32, f64, type Local } from '../assembler/index';

type I32 = Local<'i32'>;

/** How elements of a table are read and written: as float64, whatever they are. */
export interface Loader {
  readonly dtype: 'f32' | 'f64';
  /** log2 of the size of an element. */
  readonly shift: number;
  load(at: Expr<'i32'>): Expr<'f64'>;
  store(at: Expr<'i32'>, value: Expr<'f64'>): Expr<'void'>;
}

export function loaderOf(dtype: string): Loader {
  if (dtype === 'float64')
    return { dtype: 'f64', shift: 3, load: (at) => f64.load(at), store: (at, x) => f64.store(at, x) };
  return {
    dtype: 'f32',
    shift: 2,
    load: (at) => f64.promote(f32.load(at)),
    store: (at, x) => f32.store(at, f32.demote(x)),
  };
}

/** Sets `sum` to Σ (x − y)² of two rows that begin at `x` and `y`, which are used up, in the order of the columns. */
export function emitSquaredDistance(
  f: FunctionBuilder,
  { load, shift }: Loader,
  sum: Local<'f64'>,
  x: I32,
  y: I32,
  columns: I32,
): void {
  const difference = f.local('f64');
  const c = f.local('i32');
  f.set(sum, 0);
  f.for(c, 0, columns, 1, () => {
    f.set(difference, f64.sub(load(x), load(y)));
    f.set(sum, f64.add(sum, f64.mul(difference, difference)));
    f.increment(x, 1 << shift);
    f.increment(y, 1 << shift);
  });
}
