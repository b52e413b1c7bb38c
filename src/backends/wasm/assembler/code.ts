/** WebAssembly's value types; addresses are `i32`. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/**
 * An instruction with its operands. Building one has no effect until a function takes it up. Using one twice computes it
 * twice; keep a shared value in a local.
 *
 * All have the same fields, whatever they need of them, and nothing else is made for an instruction: modules are emitted
 * by code that has run rarely, or never, and what counts then is how much of it there is.
 */
export interface Expr<T extends ValueType | 'void' = ValueType | 'void'> {
  /** What it leaves on the stack. */
  readonly type: T;
  /** Operands, in order; `more` follow the first three. */
  readonly a: Expr | null;
  readonly b: Expr | null;
  readonly c: Expr | null;
  readonly more: readonly Expr[] | null;
  /** The opcode and what kind of immediate follows it: see `prefixed`, `UNSIGNED`, `SIGNED` and `aligned`. */
  readonly op: number;
  readonly immediate: number;
  /** A byte after that: a lane, mostly; −1 for none. */
  readonly last: number;
  /** Bytes after that. */
  readonly bytes: ArrayLike<number> | null;
}

/** An operand of a scalar instruction: an expression, or a number for a constant. */
export type Arg<T extends 'i32' | 'f32' | 'f64'> = Expr<T> | number;

export const VALUE_TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Added to an opcode: an unsigned or a signed number follows it. */
export const UNSIGNED = 1 << 24;
export const SIGNED = 2 << 24;
/** An alignment follows, then an unsigned offset. */
export const ADDRESSED = 3 << 24;
/** The bits that say so, and those of a prefix. */
export const IMMEDIATES = 3 << 24;
export const PREFIXES = 0xff << 16;
export const ALIGNMENT_SHIFT = 26;

/** Added to the opcode of a memory instruction: its alignment as a power of two, a hint. An offset follows. */
export function aligned(alignment: number): number {
  return ADDRESSED | (alignment << ALIGNMENT_SHIFT);
}

/** An opcode of two numbers. */
export function prefixed(prefix: number, op: number): number {
  return (prefix << 16) | op;
}

/** `v128.const`. */
export const VECTOR_CONSTANT = 0xfd000c;

export function instruction<T extends ValueType | 'void'>(
  type: T,
  op: number,
  a: Expr | null,
  b: Expr | null,
  c: Expr | null,
  immediate = 0,
  last = -1,
  bytes: ArrayLike<number> | null = null,
  more: readonly Expr[] | null = null,
): Expr<T> {
  return { type, a, b, c, more, op, immediate, last, bytes };
}

export function float32Bytes(...values: readonly number[]): Uint8Array {
  return new Uint8Array(new Float32Array(values).buffer);
}

export function float64Bytes(...values: readonly number[]): Uint8Array {
  return new Uint8Array(new Float64Array(values).buffer);
}

/** Signed LEB128 of an int64. */
export function signed64(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asIntN(64, value); ; ) {
    const low = Number(rest & 127n);
    rest >>= 7n;
    const done = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0);
    bytes.push(done ? low : low + 128);
    if (done) return bytes;
  }
}
