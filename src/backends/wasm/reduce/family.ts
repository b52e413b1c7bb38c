import type { DType } from '../../../core/dtype';
import {
  type Expr,
  type FunctionBuilder,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  i32x4,
  type Local,
  type V128,
  v128,
} from '../assembler/index';

/** How one reduction of one dtype works on vectors. */
export interface Family {
  readonly input: DType;
  readonly output: DType;
  /** log2 of bytes per element of the vectors that are combined. */
  readonly shift: number;
  /** Whether they are doubles made of float32 as these are loaded. */
  readonly promotes: boolean;
  /** What combining with changes nothing. */
  readonly identity: V128;
  readonly combine: (a: V128, b: V128) => V128;
  /**
   * Sums of float32 are taken in float32 over short fixed blocks only, and the blocks' sums added up in doubles: fast, and
   * nearly as exact as doubles throughout.
   */
  readonly widens: boolean;
}

const makeRotations = (): number[][] => [8, 4, 2, 1].map((by) => Array.from({ length: 16 }, (_, i) => (i + by) % 16));
/** Swaps halves, then quarters, … of a vector: after combining with each, every lane holds the whole. */
const ROTATIONS = /* @__PURE__ */ makeRotations();

const sums = (input: DType, shift: number, combine: Family['combine'], widens = false): Family => ({
  input,
  output: input,
  shift,
  identity: v128.zero(),
  combine,
  promotes: false,
  widens,
});

const extrema = (input: DType, shift: number, identity: V128, combine: Family['combine']): Family => ({
  input,
  output: input,
  shift,
  identity,
  combine,
  promotes: false,
  widens: false,
});

const makeFamilies = (): Readonly<Record<string, Family>> => ({
  'sum float32': sums('float32', 2, f32x4.add, true),
  'sum float64': sums('float64', 3, f64x2.add),
  'sum int32': sums('int32', 2, i32x4.add),
  'prod float32': { ...extrema('float32', 3, f64x2.const(1), f64x2.mul), promotes: true },
  'prod float64': extrema('float64', 3, f64x2.const(1), f64x2.mul),
  'prod int32': extrema('int32', 2, i32x4.const(1), i32x4.mul),
  'max float32': extrema('float32', 2, f32x4.const(-Infinity), f32x4.max),
  'min float32': extrema('float32', 2, f32x4.const(Infinity), f32x4.min),
  'max float64': extrema('float64', 3, f64x2.const(-Infinity), f64x2.max),
  'min float64': extrema('float64', 3, f64x2.const(Infinity), f64x2.min),
  'max int32': extrema('int32', 2, i32x4.const(-(2 ** 31)), i32x4.maxS),
  'min int32': extrema('int32', 2, i32x4.const(2 ** 31 - 1), i32x4.minS),
  'max int8': extrema('int8', 0, i8x16.const(-128), i8x16.maxS),
  'min int8': extrema('int8', 0, i8x16.const(127), i8x16.minS),
  'max uint8': extrema('uint8', 0, i8x16.const(0), i8x16.maxU),
  'min uint8': extrema('uint8', 0, i8x16.const(255), i8x16.minU),
  'max bool': extrema('bool', 0, i8x16.const(0), i8x16.maxU),
  'min bool': extrema('bool', 0, i8x16.const(1), i8x16.minU),
  'any bool': extrema('bool', 0, i8x16.const(0), i8x16.maxU),
  'all bool': extrema('bool', 0, i8x16.const(1), i8x16.minU),
});
/** By op and dtype of the operand. */
export const FAMILIES: Readonly<Record<string, Family>> = /* @__PURE__ */ makeFamilies();

/** log2 of bytes per element in memory. */
export const loadShift = ({ shift, promotes }: Family): number => (promotes ? shift - 1 : shift);

/** Bytes in memory of a vector. */
export const vectorBytes = ({ promotes }: Family): number => (promotes ? 8 : 16);

/** Vector number `k` from `p` on. */
export function loadVector(family: Family, p: Local<'i32'>, k = 0): V128 {
  return family.promotes ? f64x2.promoteLowF32x4(v128.load64Zero(p, 8 * k)) : v128.load(p, 16 * k);
}

/** All lanes combined, in every lane. */
export function combineLanes(f: FunctionBuilder, family: Family, x: Local<'v128'>): void {
  for (const rotation of ROTATIONS.slice(0, 4 - family.shift)) {
    f.set(x, family.combine(x, i8x16.shuffle(x, x, rotation)));
  }
}

/** Stores the first element of a vector. */
export function storeFirst(family: Family, address: Local<'i32'>, x: V128, offset = 0): Expr<'void'> {
  if (family.shift === 3) return f64.store(address, f64x2.extract(x, 0), offset);
  if (family.shift === 2) return i32.store(address, i32x4.extract(x, 0), offset);
  return i32.store8(address, i8x16.extractU(x, 0), offset);
}

/** The first `count` lanes of `x`, the identity in the rest. */
export function keepFirst(family: Family, x: V128, count: Local<'i32'>): V128 {
  if (family.shift === 3)
    return i8x16.shuffle(x, family.identity, [0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31]);
  const mask =
    family.shift === 2
      ? i32x4.ltS(i32x4.const(0, 1, 2, 3), i32x4.splat(count))
      : i8x16.ltS(v128.const(Array.from({ length: 16 }, (_, i) => i)), i8x16.splat(count));
  return v128.bitselect(x, family.identity, mask);
}

/** Sums of float32 kept as two pairs of doubles. */
export class WideSum {
  readonly low: Local<'v128'>;
  readonly high: Local<'v128'>;

  constructor(readonly f: FunctionBuilder) {
    this.low = f.local('v128');
    this.high = f.local('v128');
  }

  clear(): void {
    this.f.set(this.low, v128.zero());
    this.f.set(this.high, v128.zero());
  }

  add(x: Local<'v128'>): void {
    this.f.set(this.low, f64x2.add(this.low, f64x2.promoteLowF32x4(x)));
    this.f.set(this.high, f64x2.add(this.high, f64x2.promoteLowF32x4(i8x16.shuffle(x, x, ROTATIONS[0]!))));
  }

  /** The sum of all four. */
  total(): Expr<'f64'> {
    const pair = this.f.local('v128', f64x2.add(this.low, this.high));
    return f64.add(f64x2.extract(pair, 0), f64x2.extract(pair, 1));
  }

  /** The four sums as floats. */
  floats(): V128 {
    const halves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
    return i8x16.shuffle(f32x4.demoteF64x2Zero(this.low), f32x4.demoteF64x2Zero(this.high), halves);
  }
}
