import { ADDRESSED, ALIGNMENT_SHIFT, type Expr, IMMEDIATES, PREFIXES, SIGNED, VECTOR_CONSTANT } from './code';

/** More than an instruction takes, apart from its operands and `Expr.bytes`. */
const MOST = 32;

/**
 * Machine code that grows. Like the builders of functions and modules it has no `#private` fields: code that runs once, as
 * for a first product, takes a tenth longer with them, as engines look them up by detours until it is warm.
 */
export class Bytes {
  /** Where vector constants begin, among what expressions wrote. */
  readonly vectors: number[] = [];
  length = 0;
  private bytes = new Uint8Array(2048);

  byte(value: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = value;
  }

  /** LEB128 of an integer in [0, 2^53): most often a single byte. */
  unsigned(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** LEB128 of an int32. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest >= 64) {
      this.byte((rest & 127) + 128);
      rest >>= 7;
    }
    this.byte(rest & 127);
  }

  /** Bytes as they are. */
  raw(values: ArrayLike<number>): void {
    if (this.length + values.length > this.bytes.length) this.grow(values.length);
    this.bytes.set(values, this.length);
    this.length += values.length;
  }

  /** A length-prefixed name, of ASCII characters. */
  text(value: string): void {
    this.unsigned(value.length);
    for (let i = 0; i < value.length; i++) this.byte(value.charCodeAt(i));
  }

  /** What `other` holds from `start` to `end`. */
  append(other: Bytes, start = 0, end = other.length): void {
    this.raw(other.bytes.subarray(start, end));
  }

  /** A section of a module: its number, and `content` after its length, which is then empty. */
  section(id: number, content: Bytes): void {
    this.byte(id);
    this.unsigned(content.length);
    this.append(content);
    content.clear();
  }

  /** An instruction after its operands. */
  expression(x: Expr): void {
    const { a, b, c, more, op, immediate, last, bytes } = x;
    if (a !== null) {
      this.expression(a);
      if (b !== null) this.expression(b);
      if (c !== null) this.expression(c);
      if (more !== null) for (const operand of more) this.expression(operand);
    }
    if (this.length + MOST > this.bytes.length) this.grow(MOST);
    const to = this.bytes;
    const number = op & 0xffff;
    if ((op & PREFIXES) !== 0) {
      if (op === VECTOR_CONSTANT) this.vectors.push(this.length);
      to[this.length++] = (op >> 16) & 0xff;
    }
    if (number < 128 || (op & PREFIXES) === 0) to[this.length++] = number;
    else {
      to[this.length++] = (number & 127) + 128;
      to[this.length++] = number >> 7;
    }
    const kind = op & IMMEDIATES;
    if (kind === ADDRESSED) to[this.length++] = op >> ALIGNMENT_SHIFT;
    if (kind === SIGNED) this.signed(immediate);
    else if (kind !== 0) {
      if (immediate < 128) to[this.length++] = immediate;
      else this.unsigned(immediate);
    }
    if (last >= 0) to[this.length++] = last;
    if (bytes !== null) this.raw(bytes);
  }

  /** A copy, by default of what there is so far. */
  slice(start = 0, end = this.length): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(start, end);
  }

  /** Forgets what there is. */
  clear(): void {
    this.length = 0;
    this.vectors.length = 0;
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.length + by, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** How many bytes `Bytes.unsigned` writes. */
export function unsignedBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
