import { type Expr, i8x16, i16x8, i32x4, ModuleBuilder, type V128, v128 } from '../assembler/index';
import type { TaskContext } from '../task';

/**
 * How products of bytes are summed exactly. One element of a row of A, or of a column of B, is 32 bits: `steps`
 * neighbours along k.
 */
export interface IntegerDot {
  readonly name: string;
  /** Size of a value of A as the product reads it. */
  readonly bytes: 1 | 2;
  /** Values along k in an element. */
  readonly steps: 4 | 2;
  /** What is added to every byte of A before it is read: an unsigned instruction sees x + 128. */
  readonly offset: 0 | 128;
  /** Bytes of `steps` weights of eight columns, packed. */
  readonly packed: 32 | 16;
  /** The weights of four columns at `at + offset`, packed. */
  load(at: Expr<'i32'>, offset: number): V128;
  /** sums + a·w, the weights being signed. */
  multiplyAdd(a: V128, w: V128, sums: V128): V128;
}

const whole: IntegerDot['load'] = (at, offset) => v128.load(at, offset);
const pairs: IntegerDot['multiplyAdd'] = (a, w, sums) => i32x4.add(sums, i32x4.dotI16x8S(a, w));
const relaxed: IntegerDot['multiplyAdd'] = (a, w, sums) => i32x4.relaxedDotI8x16I7x16AddS(w, a, sums);

/** Pairs of 16 bits, in every engine with SIMD. */
export const WIDE: IntegerDot = {
  name: 'i16',
  bytes: 2,
  steps: 2,
  offset: 0,
  packed: 32,
  load: whole,
  multiplyAdd: pairs,
};

/** The same with weights that are widened where they are used, for products that read each but once. */
export const NARROW: IntegerDot = {
  name: 'i16-narrow',
  bytes: 2,
  steps: 2,
  offset: 0,
  packed: 16,
  load: (at, offset) => v128.load8x8S(at, offset),
  multiplyAdd: pairs,
};

/** Fours of bytes, where the relaxed instruction is one that takes its second operand as eight bits without a sign. */
const UNSIGNED: IntegerDot = {
  name: 'u8',
  bytes: 1,
  steps: 4,
  offset: 128,
  packed: 32,
  load: whole,
  multiplyAdd: relaxed,
};

/** The same where it takes them as signed. */
const SIGNED: IntegerDot = { name: 'i8', bytes: 1, steps: 4, offset: 0, packed: 32, load: whole, multiplyAdd: relaxed };

/**
 * The fastest way that is exact on this machine. The relaxed dot product promises seven bits of its second operand only,
 * and what it does with the eighth depends on the machine: so it is asked.
 */
export function integerDot(context: TaskContext): IntegerDot {
  return context.cached('i8-dot', () => (context.features.relaxedSimd ? probe() : WIDE));
}

type Probe = (first: number, second: number) => number;

/** Which of the three gives the exact sums for all bytes of the second operand and the ends of the first. */
function probe(): IntegerDot {
  const module = new ModuleBuilder({ maximumPages: 1, shared: false });
  module.func('probe', ['i32', 'i32'], 'i32', (f, first, second) => {
    const [x, y] = [i32x4.splat(first), i32x4.splat(second)];
    f.result(i32x4.extract(i32x4.relaxedDotI8x16I7x16AddS(x, y, i32x4.const(5)), 2));
  });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const run = instance.exports.probe as unknown as Probe;
  if (isExact(run, (byte) => byte & 255)) return UNSIGNED;
  return isExact(run, (byte) => (byte << 24) >> 24) ? SIGNED : WIDE;
}

const ENDS = [-128, -127, -1, 0, 1, 85, 127];

function isExact(run: Probe, read: (byte: number) => number): boolean {
  const word = (a: number, b: number): number => ((a & 255) * 0x01010100) | (b & 255);
  for (const first of ENDS) {
    for (let second = 0; second < 256; second++) {
      // Three alike, so that sums of pairs leave 16 bits, and one that is not.
      const [odd, other] = [ENDS[second % ENDS.length]!, 255 - second];
      const exact = 5 + 3 * first * read(second) + odd * read(other);
      if (run(word(first, odd), word(second, other)) !== exact) return false;
    }
  }
  return true;
}

/** `steps` values along k of eight columns, packed in one or two vectors, from as many rows of bytes. */
export function interleaveRows(dot: IntegerDot, rows: readonly V128[]): V128[] {
  if (dot.packed === 16) return [mixed(rows[0]!, rows[1]!, 1, 0)];
  return dot.steps === 2 ? interleavePairs(rows) : interleaveFours(rows);
}

function interleavePairs(rows: readonly V128[]): [V128, V128] {
  const [a, b] = rows.map((row) => i16x8.extendLowI8x16S(row)) as [V128, V128];
  return interleaveWide(a, b);
}

/** Pairs along k of eight columns, from two rows of 16 bits. */
export function interleaveWide(a: V128, b: V128): [V128, V128] {
  return [mixed(a, b, 2, 0), mixed(a, b, 2, 4)];
}

function interleaveFours([a, b, c, d]: readonly V128[]): [V128, V128] {
  const [first, second] = [mixed(a!, b!, 1, 0), mixed(c!, d!, 1, 0)];
  return [mixed(first, second, 2, 0), mixed(first, second, 2, 4)];
}

/** Units of `size` bytes of a and b in turn, beginning with unit `from` of both. */
function mixed(a: V128, b: V128, size: 1 | 2, from: number): V128 {
  return i8x16.shuffle(
    a,
    b,
    Array.from({ length: 16 }, (_, i) => {
      const unit = Math.floor(i / size);
      return ((unit & 1) === 0 ? 0 : 16) + (from + (unit >> 1)) * size + (i % size);
    }),
  );
}
