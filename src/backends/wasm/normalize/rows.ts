import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import {
  type Arg,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import { Emitter } from '../elementwise/emitter';
import { addressOf } from '../kernel';
import { axisMoved } from '../layout/axes';
import { contiguous, copyContiguous, workspace } from '../layout/copy';
import { emitTask, type TaskContext } from '../task';

const HIGH = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const SWAP = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

type Rows<W extends string> = Readonly<Record<W, Local<'i32'>>>;

/** What code for one contiguous row of float32 works with. */
export interface RowCode<W extends string> {
  readonly f: FunctionBuilder;
  readonly e: Emitter;
  /** Addresses of the row in every operand. */
  readonly at: Rows<W>;
  readonly n: Local<'i32'>;
  /** Number of the row. */
  readonly row: Local<'i32'>;
  readonly scalars: readonly Local<'f64'>[];
  /**
   * Runs `visit` for every vector of the row, `i` bytes after its start; `mask` has the lanes of a last one that is not
   * whole. Of `sides` (by default 1) vectors side by side, `side` is the number, for sums that don't wait for each other.
   */
  eachVector(visit: (i: Local<'i32'>, mask: Local<'v128'> | null, side: number) => void, sides?: number): void;
  load(from: W, i: Local<'i32'>): V128;
  /** Stores a vector of the row, those of its lanes that the row has. */
  store(to: W, i: Local<'i32'>, value: V128, mask: Local<'v128'> | null): void;
}

/**
 * A task over rows of `n` neighbours; a row is a unit. `operands` have a row per unit. The parameters are the operands'
 * addresses, `n`, and `others`.
 */
export function emitRowTask<const W extends string, const O extends string = never>(
  m: ModuleBuilder,
  spec: { readonly operands: readonly W[]; readonly others?: readonly O[]; readonly scalars?: number },
  body: (code: RowCode<W>, others: Readonly<Record<O, Local<'i32'>>>) => void,
): void {
  const { operands, others = [], scalars = 0 } = spec;
  const words = [...operands, 'n', ...others] as const;
  emitTask(m, { words: words as readonly string[], scalars }, (f, w, { begin, end, scalars: values }) => {
    f.keepConstants();
    const n = w.n!;
    const at = w as Rows<W>;
    const bytes = f.local('i32', i32.shl(n, 2));
    const whole = f.local('i32', i32.and(bytes, -16));
    const rest = f.local('v128', i32x4.ltS(i32x4.const(0, 1, 2, 3), i32x4.splat(i32.and(n, 3))));
    const e = new Emitter(f);
    for (const name of operands) f.increment(at[name], i32.mul(begin, bytes));
    const row = f.local('i32', begin);
    const code: RowCode<W> = {
      f,
      e,
      at,
      n,
      row,
      scalars: values,
      eachVector: (visit, sides = 1) => {
        const i = f.local('i32', 0);
        if (sides > 1) {
          const others = Array.from({ length: sides - 1 }, () => f.local('i32'));
          f.while(i32.leU(i32.add(i, 16 * sides), whole), () => {
            others.forEach((other, k) => f.set(other, i32.add(i, 16 * (k + 1))));
            [i, ...others].forEach((at, side) => visit(at, null, side));
            f.increment(i, 16 * sides);
          });
        }
        f.while(i32.ltU(i, whole), () => {
          visit(i, null, 0);
          f.increment(i, 16);
        });
        f.if(i32.ltU(i, bytes), () => visit(i, rest, 0));
      },
      load: (from, i) => v128.load(i32.add(at[from], i)),
      store: (to, i, value, mask) => {
        const target = i32.add(at[to], i);
        if (mask === null) {
          f.do(v128.store(target, value));
          return;
        }
        const kept = e.keep(value);
        f.do(v128.store32Lane(target, kept, 0));
        f.if(i32.and(n, 2), () => f.do(v128.store32Lane(target, kept, 1, 4)));
        f.if(i32.eq(i32.and(n, 3), 3), () => f.do(v128.store32Lane(target, kept, 2, 8)));
      },
    };
    f.while(i32.ltU(row, end), () => {
      body(code, w as never);
      for (const name of operands) f.increment(at[name], bytes);
      f.increment(row, 1);
    });
  });
}

/** Vectors side by side in sums over a row. */
export const SIDES = 4;

/** Sums in doubles of vectors of float32, SIDES of them that don't wait for each other. */
export class DoubleSum {
  readonly #sums: readonly Local<'v128'>[];

  constructor(readonly f: FunctionBuilder) {
    this.#sums = Array.from({ length: SIDES }, () => f.local('v128', v128.zero()));
  }

  /** Adds the lanes of `x` that `mask` has. */
  add(x: Local<'v128'>, mask: Local<'v128'> | null, side: number): void {
    const { f } = this;
    const sum = this.#sums[side]!;
    const kept = mask === null ? x : f.local('v128', v128.and(x, mask));
    const high = f64x2.promoteLowF32x4(i8x16.shuffle(kept, kept, HIGH));
    f.set(sum, f64x2.add(sum, f64x2.add(f64x2.promoteLowF32x4(kept), high)));
  }

  total(): Local<'f64'> {
    const { f } = this;
    const [first, ...rest] = this.#sums;
    for (const other of rest) f.set(first!, f64x2.add(first!, other));
    return f.local('f64', f64.add(f64x2.extract(first!, 0), f64x2.extract(first!, 1)));
  }
}

/** A double in all lanes of a float32 vector. */
export function splatDouble({ f }: { readonly f: FunctionBuilder }, x: Arg<'f64'>): Local<'v128'> {
  return f.local('v128', f32x4.splat(f32.demote(x)));
}

/** The largest lane, NaN left aside, in all lanes. */
export function spreadLargest(f: FunctionBuilder, x: Local<'v128'>): void {
  f.set(x, f32x4.pmax(x, i8x16.shuffle(x, x, HIGH)));
  f.set(x, f32x4.pmax(x, i8x16.shuffle(x, x, SWAP)));
  f.set(x, f32x4.splat(f32x4.extract(x, 0)));
}

/** A task over rows, as it is launched along the last axis of contiguous operands. */
export type LaunchRows = (addresses: readonly number[], n: number, rows: number) => void;

/** Launches along any axis: along another than the last one on operands with that axis moved last, and the result moved back. */
export function alongAxis(
  inputs: readonly Operand[],
  out: Operand,
  axis: number,
  context: TaskContext,
  launch: LaunchRows,
): void {
  const last = out.shape.length - 1;
  const n = out.shape[axis]!;
  const rows = sizeOf(out.shape) / n;
  const addresses = inputs.map((x) => addressOf(contiguous(axisMoved(x, axis, last), context)));
  if (axis === last) {
    launch([addressOf(out), ...addresses], n, rows);
    return;
  }
  const moved = workspace(context, out.dtype, axisMoved(out, axis, last).shape);
  launch([addressOf(moved), ...addresses], n, rows);
  copyContiguous(axisMoved(moved, last, axis), out, context);
}
