import { ADDRESSED, ALIGNMENT_SHIFT, type Expr, IMMEDIATES, SIGNED, UNSIGNED, VECTOR_CONSTANT } from './code';

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
    const { a, b, c, more, op, last, bytes } = x;
    if (a !== null) {
      this.expression(a);
      if (b !== null) {
        this.expression(b);
        if (c !== null) {
          this.expression(c);
          if (more !== null) for (const operand of more) this.expression(operand);
        }
      }
    }
    if (this.length + MOST > this.bytes.length) this.grow(MOST);
    this.opcode(op);
    const kind = op & IMMEDIATES;
    if (kind === UNSIGNED || kind === ADDRESSED) this.unsigned(x.immediate);
    else if (kind === SIGNED) this.signed(x.immediate);
    if (last >= 0) this.bytes[this.length++] = last;
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

  /** Writes an opcode, and an alignment, where there is room. */
  private opcode(op: number): void {
    const to = this.bytes;
    const low = op & 0xffff;
    const prefix = (op >> 16) & 0xff;
    if (prefix === 0) to[this.length++] = low;
    else {
      if (op === VECTOR_CONSTANT) this.vectors.push(this.length);
      to[this.length++] = prefix;
      if (low < 128) to[this.length++] = low;
      else {
        to[this.length++] = (low & 127) + 128;
        to[this.length++] = low >> 7;
      }
    }
    if ((op & IMMEDIATES) === ADDRESSED) to[this.length++] = op >> ALIGNMENT_SHIFT;
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.length + by, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
