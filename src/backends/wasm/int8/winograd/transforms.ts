import { type FunctionBuilder, i16x8, i32x4, type Local, type V128 } from '../../assembler/index';

type Vector = Local<'v128'>;
type Put = (index: number, value: V128) => void;
/** One axis of a transform; `put` takes each result. */
type Axis = (f: FunctionBuilder, values: readonly Vector[], put: Put) => void;

/**
 * Winograd's F(m × m, 3 × 3) in integers. Where the definition has fractions, rows of the taps' transform are multiplied
 * by what makes them whole, and columns of the outputs' by what makes all of them the same multiple of the result.
 */
export interface IntegerTransforms {
  readonly name: string;
  /** Outputs of a tile along an axis, and pixels, which are as many as products. */
  readonly outputs: 2 | 4;
  readonly points: 4 | 6;
  /** Of 16 bits. Of pixels that are all the same, the value (1, 1) is `shared` times one, and the others are 0. */
  readonly input: Axis;
  readonly shared: number;
  /** Of 16 bits. */
  readonly taps: Axis;
  /** Of 32 bits. */
  readonly output: Axis;
  /** From that multiple of a result to the result, both modulo 2³². */
  result(multiple: V128): V128;
  /** Up to how many channels that is the result: each adds up to 9 · 255 · 128 to it. */
  readonly mostChannels: number;
}

const makeTwo = (): IntegerTransforms => ({
  name: '2x2',
  outputs: 2,
  points: 4,
  input(_, [a, b, c, d], put) {
    put(0, i16x8.sub(a!, c!));
    put(1, i16x8.add(b!, c!));
    put(2, i16x8.sub(c!, b!));
    put(3, i16x8.sub(b!, d!));
  },
  shared: 4,
  taps(f, [a, b, c], put) {
    const outer = f.local('v128', i16x8.add(a!, c!));
    put(0, i16x8.shl(a!, 1));
    put(1, i16x8.add(outer, b!));
    put(2, i16x8.sub(outer, b!));
    put(3, i16x8.shl(c!, 1));
  },
  output(_, [a, b, c, d], put) {
    put(0, i32x4.add(i32x4.add(a!, b!), c!));
    put(1, i32x4.sub(i32x4.sub(b!, c!), d!));
  },
  // Twice the result on each axis: 2³¹ / 4 leaves room for 1827 channels.
  result: (four) => i32x4.shrS(four, 2),
  mostChannels: 1827,
});

const makeFour = (): IntegerTransforms => ({
  name: '4x4',
  outputs: 4,
  points: 6,
  input(f, d, put) {
    const [a, b, c, e, g, h] = d as readonly Vector[] & { length: 6 };
    const four = (x: V128): V128 => i16x8.shl(x, 2);
    /** 4 · (x − y) − (y − z). */
    const end = (x: Vector, y: Vector, z: Vector): V128 => i16x8.sub(four(i16x8.sub(x, y)), i16x8.sub(y, z));
    put(0, end(a!, c!, g!));
    const even = f.local('v128', i16x8.sub(g!, four(c!)));
    const odd = f.local('v128', i16x8.sub(e!, four(b!)));
    put(1, i16x8.add(even, odd));
    put(2, i16x8.sub(even, odd));
    f.set(even, i16x8.sub(g!, c!));
    f.set(odd, i16x8.shl(i16x8.sub(e!, b!), 1));
    put(3, i16x8.add(even, odd));
    put(4, i16x8.sub(even, odd));
    put(5, end(b!, e!, h!));
  },
  shared: 36,
  // Rows by 12, −6, −6, 24, 24 and 3: none may exceed 7 times a tap, for both axes to fit in 16 bits.
  taps(f, [a, b, c], put) {
    const three = (x: Vector): V128 => i16x8.add(i16x8.shl(x, 1), x);
    const outer = f.local('v128', i16x8.add(a!, c!));
    put(0, three(a!));
    put(1, i16x8.add(outer, b!));
    put(2, i16x8.sub(outer, b!));
    f.set(outer, i16x8.add(a!, i16x8.shl(c!, 2)));
    const twice = f.local('v128', i16x8.shl(b!, 1));
    put(3, i16x8.add(outer, twice));
    put(4, i16x8.sub(outer, twice));
    put(5, three(c!));
  },
  // Columns by 24 over those, so by 2, −4, −4, 1, 1 and 8.
  output(f, m, put) {
    const pair = (from: number): [Vector, Vector] => [
      f.local('v128', i32x4.add(m[from]!, m[from + 1]!)),
      f.local('v128', i32x4.sub(m[from]!, m[from + 1]!)),
    ];
    const [near, nearOdd] = pair(1);
    const [far, farOdd] = pair(3);
    const [twice, four] = [1, 2].map((n) => (x: V128) => i32x4.shl(x, n)) as [(x: V128) => V128, (x: V128) => V128];
    put(0, i32x4.add(i32x4.sub(twice(m[0]!), four(near)), far));
    put(1, twice(i32x4.sub(farOdd, twice(nearOdd))));
    put(2, four(i32x4.sub(far, near)));
    put(3, four(i32x4.sub(twice(i32x4.add(farOdd, m[5]!)), nearOdd)));
  },
  // 24² = 9 · 2⁶ times the result. The product with the inverse of 9 is exact; 2³¹ / 2⁶ leaves room for 114 channels.
  result: (multiple) => i32x4.shrS(i32x4.mul(multiple, i32x4.const(0x38e38e39)), 6),
  mostChannels: 114,
});

const makeAll = () => ({ two: makeTwo(), four: makeFour() });

/** By the outputs of a tile along an axis. */
export const INTEGER_TRANSFORMS = /* @__PURE__ */ makeAll();

/**
 * Both axes of a transform of `size` × `size` values, which `load` gives column by column, to `results` × `results`,
 * which `put` takes row by row.
 */
export function emitBothAxes(
  f: FunctionBuilder,
  axis: Axis,
  [size, results]: readonly [number, number],
  load: (i: number, j: number) => V128,
  put: Put,
): void {
  const column = Array.from({ length: size }, () => f.local('v128'));
  const rows = Array.from({ length: results }, () => Array.from({ length: size }, () => f.local('v128')));
  for (let j = 0; j < size; j++) {
    column.forEach((value, i) => f.set(value, load(i, j)));
    axis(f, column, (i, value) => f.set(rows[i]![j]!, value));
  }
  rows.forEach((row, i) => axis(f, row, (j, value) => put(results * i + j, value)));
}
