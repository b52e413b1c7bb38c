/** WebAssembly's value types; addresses are `i32`. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Bytes of machine code, nested so that building an expression never copies its parts. */
export type Code = readonly (number | Code | Uint8Array)[];

/**
 * An instruction with its operands: what it leaves on the stack, and its bytes. Building one has no effect until a
 * function takes it up. Using one twice computes it twice; keep a shared value in a local.
 */
export interface Expr<T extends ValueType | 'void' = ValueType | 'void'> {
  readonly type: T;
  readonly code: Code;
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

/** A `v128.const` with its 16 bytes, recognisable among other code. */
export class VectorConstant extends Uint8Array {}

/** Unsigned LEB128 of an integer in [0, 2^53): most often a single byte. */
export function unsigned(value: number): number | number[] {
  if (value < 128) return value;
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128 of an int32. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; ) {
    const low = rest & 127;
    rest >>= 7;
    const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
    bytes.push(done ? low : low + 128);
    if (done) return bytes;
  }
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

export function float32Bytes(value: number): number[] {
  return [...new Uint8Array(new Float32Array([value]).buffer)];
}

export function float64Bytes(value: number): number[] {
  return [...new Uint8Array(new Float64Array([value]).buffer)];
}

/** Flat bytes that grow. */
export class Bytes {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** Appends nested code. */
  append(code: Code): void {
    for (let i = 0; i < code.length; i++) {
      const part = code[i]!;
      if (typeof part === 'number') {
        if (this.#length === this.#bytes.length) this.#grow(1);
        this.#bytes[this.#length++] = part;
      } else if (part instanceof Uint8Array) {
        this.#grow(part.length);
        this.#bytes.set(part, this.#length);
        this.#length += part.length;
      } else this.append(part);
    }
  }

  /** What there is so far, as a copy. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(by: number): void {
    const needed = this.#length + by;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Nested code as flat bytes. */
export function flat(code: Code): Uint8Array<ArrayBuffer> {
  const bytes = new Bytes();
  bytes.append(code);
  return bytes.take();
}

/** A length-prefixed vector of bytes. */
export function sized(bytes: Uint8Array | readonly number[]): Code {
  return [unsigned(bytes.length), bytes];
}

/** The immediate of a memory instruction: alignment as a power of two (a hint), and a constant byte offset. */
export function memarg(alignment: number, offset: number): Code {
  return [alignment, unsigned(offset)];
}
