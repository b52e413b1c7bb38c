import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import {
  type Arg,
  type Expr,
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

/** Where a vector of a row lies: so many bytes after its start. */
export interface Place {
  readonly i: Local<'i32'>;
  readonly offset: number;
}

/** Called for a vector of a row; `mask` has the lanes of a last one that is not whole. */
type Visit = (at: Place, mask: Local<'v128'> | null, side: number) => void;

/** What code for one contiguous row of float32 works with. */
export interface RowCode<W extends string> {
  readonly f: FunctionBuilder;
  readonly e: Emitter;
  /** Addresses of the row in every operand. */
  readonly at: Rows<W>;
  readonly n: Local<'i32'>;
  readonly scalars: readonly Local<'f64'>[];
  /** Whether it is the first row of those that are done one after the other. */
  readonly isFirst: Expr<'i32'>;
  /** How far the next row is, in bytes; 0 at the last. */
  readonly ahead: Local<'i32'>;
  /**
   * Runs `visit` for every vector of the row, in rounds of `sides` (by default 1) side by side, `side` being the number;
   * rounds at the end have one.
   */
  eachVector(visit: Visit, sides?: number): void;
  /** The same in blocks of `ROUNDS` rounds; `after` runs after each block, given how many elements there were so far. */
  eachBlock(visit: Visit, sides: number, after: (done: Expr<'i32'>) => void): void;
  load(from: W, at: Place): V128;
  /** Stores a vector of the row, those of its lanes that the row has. */
  store(to: W, at: Place, value: V128, mask: Local<'v128'> | null): void;
}

interface RowSpec<W extends string> {
  readonly operands: readonly W[];
  /** Whether there is fused multiply-add. */
  readonly fused: boolean;
  readonly scalars?: number;
}

/** A task over rows of `n` neighbours; a row is a unit. The parameters are the operands' addresses, and `n`. */
export function emitRowTask<const W extends string>(
  m: ModuleBuilder,
  { operands, fused, scalars = 0 }: RowSpec<W>,
  body: (code: RowCode<W>) => void,
): void {
  const words = [...operands, 'n'] as const;
  emitTask(m, { words: words as readonly string[], scalars }, (f, w, { begin, end, scalars: values }) => {
    f.keepConstants();
    const n = w.n!;
    const at = w as Rows<W>;
    const bytes = f.local('i32', i32.shl(n, 2));
    const whole = f.local('i32', i32.and(bytes, -16));
    const rest = f.local('v128', i32x4.ltS(i32x4.const(0, 1, 2, 3), i32x4.splat(i32.and(n, 3))));
    const e = new Emitter(f, fused);
    for (const name of operands) f.increment(at[name], i32.mul(begin, bytes));
    const row = f.local('i32', begin);
    const ahead = f.local('i32');
    const round = (visit: Visit, i: Local<'i32'>, count: number, mask: Local<'v128'> | null = null): void => {
      for (let side = 0; side < count; side++) visit({ i, offset: 16 * side }, mask, side);
      f.increment(i, 16 * count);
    };
    const atEnd = (visit: Visit, i: Local<'i32'>): void => {
      f.while(i32.ltU(i, whole), () => round(visit, i, 1));
      f.if(i32.ltU(i, bytes), () => round(visit, i, 1, rest));
    };
    const code: RowCode<W> = {
      f,
      e,
      at,
      n,
      scalars: values,
      isFirst: i32.eq(row, begin),
      ahead,
      eachVector: (visit, sides = 1) => {
        const i = f.local('i32', 0);
        if (sides > 1) f.while(i32.leU(i32.add(i, 16 * sides), whole), () => round(visit, i, sides));
        atEnd(visit, i);
      },
      eachBlock: (visit, sides, after) => {
        const i = f.local('i32', 0);
        const rounds = f.local('i32', i32.and(bytes, -16 * sides));
        const stop = f.local('i32');
        f.while(i32.ltU(i, bytes), () => {
          f.set(stop, i32.add(i, 16 * sides * ROUNDS));
          f.set(stop, i32.select(i32.ltU(stop, rounds), stop, rounds));
          f.while(i32.ltU(i, stop), () => round(visit, i, sides));
          f.if(i32.eq(i, rounds), () => atEnd(visit, i));
          after(i32.select(i32.ltU(i, bytes), i32.shrU(i, 2), n));
        });
      },
      load: (from, { i, offset }) => v128.load(i32.add(at[from], i), offset),
      store: (to, { i, offset }, value, mask) => {
        const target = i32.add(at[to], i);
        if (mask === null) {
          f.do(v128.store(target, value, offset));
          return;
        }
        const kept = e.keep(value);
        f.do(v128.store32Lane(target, kept, 0));
        f.if(i32.and(n, 2), () => f.do(v128.store32Lane(target, kept, 1, 4)));
        f.if(i32.eq(i32.and(n, 3), 3), () => f.do(v128.store32Lane(target, kept, 2, 8)));
      },
    };
    f.while(i32.ltU(row, end), () => {
      f.set(ahead, i32.select(i32.ltU(i32.add(row, 1), end), bytes, 0));
      body(code);
      for (const name of operands) f.increment(at[name], bytes);
      f.increment(row, 1);
    });
  });
}

/** Vectors side by side in sums over a row. */
export const SIDES = 4;
/** Rounds of a row until sums in float32 go to doubles. */
const ROUNDS = 16;

/** A sum over a block of a row: so many vectors of float32 side by side. */
export class BlockSum {
  readonly #lanes: readonly Local<'v128'>[];

  constructor(
    readonly f: FunctionBuilder,
    sides: number,
  ) {
    this.#lanes = Array.from({ length: sides }, () => f.local('v128', v128.zero()));
  }

  /** Adds to the sum number `side` as `plus` says, which is given the sum. */
  add(side: number, plus: (sum: V128) => V128): void {
    this.f.set(this.#lanes[side]!, plus(this.#lanes[side]!));
  }

  /** All of it in double precision; the next block begins. */
  drain(): Local<'f64'> {
    const { f } = this;
    const parts: V128[] = [...this.#lanes];
    while (parts.length > 1) parts.push(f32x4.add(parts.shift()!, parts.shift()!));
    const sum = f.local('v128', parts[0]!);
    const low = f64x2.promoteLowF32x4(sum);
    const high = f64x2.promoteLowF32x4(i8x16.shuffle(sum, sum, HIGH));
    const pair = f.local('v128', f64x2.add(low, high));
    for (const lane of this.#lanes) f.set(lane, v128.zero());
    return f.local('f64', f64.add(f64x2.extract(pair, 0), f64x2.extract(pair, 1)));
  }
}

/** The sum of what `term` is for every vector of the row. */
export function rowSum<W extends string>(
  { f, eachBlock }: RowCode<W>,
  term: (at: Place, mask: Local<'v128'> | null) => V128,
): Local<'f64'> {
  const total = f.local('f64', 0);
  const block = new BlockSum(f, SIDES);
  const add = (at: Place, mask: Local<'v128'> | null, side: number): void => {
    const x = term(at, mask);
    block.add(side, (sum) => f32x4.add(sum, mask === null ? x : v128.and(x, mask)));
  };
  eachBlock(add, SIDES, () => f.set(total, f64.add(total, block.drain())));
  return total;
}

/** A double in all lanes of a float32 vector. */
export function splatDouble({ f }: { readonly f: FunctionBuilder }, x: Arg<'f64'>): Local<'v128'> {
  return f.local('v128', f32x4.splat(f32.demote(x)));
}

/** All lanes combined, in all lanes. */
export function spread(f: FunctionBuilder, x: Local<'v128'>, combine: (a: V128, b: V128) => V128): void {
  f.set(x, combine(x, i8x16.shuffle(x, x, HIGH)));
  f.set(x, combine(x, i8x16.shuffle(x, x, SWAP)));
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
