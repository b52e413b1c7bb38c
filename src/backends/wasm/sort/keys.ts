import { type Expr, type FunctionBuilder, f32, f64, i32, i64, type Local } from '../assembler/index';

/** Dtypes whose elements have keys. */
export type Sortable = 'float32' | 'float64' | 'int32';

/** Unsigned integers in the order of the elements they stand for: how they are kept, compared and cut into digits. */
export interface Keys<T extends 'i32' | 'i64' = 'i32' | 'i64'> {
  readonly type: T;
  readonly bytes: number;
  readonly load: (address: Expr<'i32'>) => Expr<T>;
  readonly store: (address: Expr<'i32'>, key: Expr<T>) => Expr<'void'>;
  readonly less: (a: Expr<T>, b: Expr<T>) => Expr<'i32'>;
  /** Bits `shift` to `shift` + 7. */
  readonly digit: (key: Expr<T>, shift: Expr<'i32'>) => Expr<'i32'>;
  /** Emits the key of the element at `address`: −0 is 0, and NaN comes last, whichever the direction. */
  readonly read: (f: FunctionBuilder, address: Local<'i32'>, key: Local<T>) => void;
}

/** The bits of a float (or an integer), as an unsigned number in its order: negative ones turned around, below all others. */
function narrow(dtype: 'float32' | 'int32', descending: boolean): Keys<'i32'> {
  const top = -(2 ** 31);
  return {
    type: 'i32',
    bytes: 4,
    load: i32.load,
    store: i32.store,
    less: i32.ltU,
    digit: (key, shift) => i32.and(i32.shrU(key, shift), 255),
    read: (f, address, key) => {
      if (dtype === 'int32') {
        f.set(key, i32.xor(i32.load(address), descending ? ~top : top));
        return;
      }
      const x = f.local('f32', f32.add(f32.load(address), 0));
      f.set(key, i32.reinterpretF32(x));
      f.set(key, i32.xor(key, i32.or(i32.shrS(key, 31), top)));
      if (descending) f.set(key, i32.xor(key, -1));
      f.set(key, i32.select(f32.eq(x, x), key, -1));
    },
  };
}

function wide(descending: boolean): Keys<'i64'> {
  const top = i64.const(-(2n ** 63n));
  return {
    type: 'i64',
    bytes: 8,
    load: i64.load,
    store: i64.store,
    less: i64.ltU,
    digit: (key, shift) => i32.and(i32.wrap(i64.shrU(key, i64.extendI32U(shift))), 255),
    read: (f, address, key) => {
      const x = f.local('f64', f64.add(f64.load(address), 0));
      f.set(key, i64.reinterpretF64(x));
      f.set(key, i64.xor(key, i64.or(i64.shrS(key, i64.const(63)), top)));
      if (descending) f.set(key, i64.xor(key, i64.const(-1)));
      f.if(f64.ne(x, x), () => f.set(key, i64.const(-1)));
    },
  };
}

/** The keys of a dtype's elements, smallest first, or largest first. */
export function keysOf(dtype: Sortable, descending: boolean): Keys {
  return (dtype === 'float64' ? wide(descending) : narrow(dtype, descending)) as unknown as Keys;
}
