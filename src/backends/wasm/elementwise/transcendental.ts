import { f64x2, i32x4, i64x2, type V128, v128 } from '../assembler/index';
import type { Emitter, Vector } from './emitter';
import { erf32, gelu32 } from './erf32';
import { floats, inDoubles, type Lowering, type VectorRule } from './lowering';
import { exp32, log32, sigmoid32, silu32, softplus32, tanh32 } from './math32';
import {
  atanPositive64,
  byParity,
  exp64,
  expm164,
  type Grade,
  log1p64,
  log64,
  quadrantSign,
  sinCos64,
  withSign64,
} from './math64';

/** A rule on doubles for both widths: in pairs for float32, with the precision each needs. `cost` per element of float32. */
function graded(cost: number, rule: (e: Emitter, x: Vector, grade: Grade) => V128): Lowering {
  return {
    float32: inDoubles((e, [x]) => rule(e, x!, 'single')),
    float64: (e, [x]) => rule(e, x!, 'double'),
    cost,
  };
}

/** A rule on doubles for float32 alone. */
const single = (cost: number, rule: VectorRule): Lowering => ({ float32: inDoubles(rule), cost });

/** x where it is 0: keeps −0. */
const keepZero = (x: V128, y: V128): V128 => v128.bitselect(x, y, f64x2.eq(x, f64x2.const(0)));

function tanh64(e: Emitter, x: Vector, grade: Grade): V128 {
  const t = e.keep(expm164(e, e.keep(f64x2.mul(f64x2.abs(x), f64x2.const(-2))), grade));
  return withSign64(f64x2.abs(f64x2.div(t, f64x2.add(t, f64x2.const(2)))), x);
}

function sigmoid64(e: Emitter, x: Vector, grade: Grade): V128 {
  const t = e.keep(exp64(e, f64x2.neg(f64x2.abs(x)), grade));
  const top = v128.bitselect(t, f64x2.const(1), f64x2.lt(x, f64x2.const(0)));
  return f64x2.div(top, f64x2.add(t, f64x2.const(1)));
}

/** max(x, 0) + log(1 + exp(−|x|)). */
function softplus64(e: Emitter, x: Vector, grade: Grade): V128 {
  const t = e.keep(exp64(e, f64x2.neg(f64x2.abs(x)), grade));
  return f64x2.add(f64x2.pmax(x, f64x2.const(0)), log1p64(e, t, grade));
}

/** x·y where y falls to 0 as x → −∞ but is cut off at something small: −∞·0 is NaN. */
const timesTail = (x: Vector, y: V128): V128 => v128.or(f64x2.mul(x, y), f64x2.eq(x, f64x2.const(-Infinity)));

/** x·sigmoid(2√(2/π)·(x + 0.044715·x³)), which is the tanh form. */
function geluTanh64(e: Emitter, x: Vector): V128 {
  const square = f64x2.mul(x, x);
  const inner = f64x2.mul(x, f64x2.add(f64x2.const(1), f64x2.mul(square, f64x2.const(0.044715))));
  const z = e.keep(f64x2.mul(inner, f64x2.const(2 * Math.sqrt(2 / Math.PI))));
  return timesTail(x, sigmoid64(e, z, 'single'));
}

/** x where positive, else `scale`·(exp(x) − 1). */
const eluOf = (e: Emitter, x: Vector, factor: V128, grade: Grade): V128 =>
  v128.bitselect(x, f64x2.mul(expm164(e, x, grade), factor), f64x2.gt(x, f64x2.const(0)));

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** exp(y·log|x|) with the sign and the exceptions of IEEE 754: x⁰ = 1^y = 1, negative x only to integer powers. */
function pow64(e: Emitter, [x, y]: readonly Vector[]): V128 {
  const one = f64x2.const(1);
  const magnitude = e.keep(f64x2.abs(x!));
  const product = e.keep(f64x2.mul(y!, log64(e, magnitude, 'single')));
  const power = e.keep(exp64(e, product, 'single'));
  const integer = f64x2.eq(f64x2.floor(y!), y!);
  const half = e.keep(f64x2.mul(y!, f64x2.const(0.5)));
  const odd = v128.and(
    v128.and(integer, f64x2.ne(f64x2.floor(half), half)),
    f64x2.lt(f64x2.abs(y!), f64x2.const(2 ** 53)),
  );
  const signed = v128.or(power, v128.and(v128.and(x!, f64x2.const(-0)), odd));
  const invalid = v128.andnot(v128.and(f64x2.lt(x!, f64x2.const(0)), f64x2.gt(x!, f64x2.const(-Infinity))), integer);
  const defined = e.keep(v128.bitselect(f64x2.const(NaN), signed, invalid));
  const infinite = f64x2.eq(f64x2.abs(y!), f64x2.const(Infinity));
  const isOne = v128.or(f64x2.eq(x!, one), v128.and(f64x2.eq(magnitude, one), infinite));
  return v128.bitselect(one, defined, v128.or(isOne, f64x2.eq(y!, f64x2.const(0))));
}

/** The angle of (x, y), from the ratio of their magnitudes, then by quadrant. */
function atan264(e: Emitter, [y, x]: readonly Vector[]): V128 {
  const a = e.keep(f64x2.abs(y!));
  const b = e.keep(f64x2.abs(x!));
  const same = v128.bitselect(f64x2.const(1), f64x2.div(a, b), f64x2.eq(a, b));
  const ratio = e.keep(v128.andnot(same, f64x2.eq(a, f64x2.const(0))));
  const angle = e.keep(atanPositive64(e, ratio));
  const left = i64x2.ltS(x!, v128.zero());
  const turned = v128.bitselect(f64x2.sub(f64x2.const(Math.PI), angle), angle, left);
  const undefinedHere = v128.or(f64x2.ne(x!, x!), f64x2.ne(y!, y!));
  return v128.or(withSign64(turned, y!), undefinedHere);
}

function sinh64(e: Emitter, x: Vector): V128 {
  const t = e.keep(expm164(e, e.keep(f64x2.abs(x)), 'single'));
  const sum = f64x2.add(t, f64x2.div(t, f64x2.add(t, f64x2.const(1))));
  return withSign64(f64x2.mul(sum, f64x2.const(0.5)), x);
}

function cosh64(e: Emitter, x: Vector): V128 {
  const t = e.keep(exp64(e, f64x2.abs(x), 'single'));
  return f64x2.mul(f64x2.add(t, f64x2.div(f64x2.const(1), t)), f64x2.const(0.5));
}

const oneMinus = (x: V128): V128 => f64x2.sub(f64x2.const(1), x);
const onePlus = (x: V128): V128 => f64x2.add(f64x2.const(1), x);

const makeTranscendentals = (): Readonly<Record<string, Lowering>> => ({
  exp: { float32: (e, [x]) => exp32(e, x!), float64: (e, [x]) => exp64(e, x!, 'double'), cost: 0.6 },
  expm1: graded(3.3, (e, x, grade) => expm164(e, x, grade)),
  log: { float32: (e, [x]) => log32(e, x!), float64: (e, [x]) => log64(e, x!, 'double'), cost: 0.7 },
  log1p: graded(3.7, (e, x, grade) => log1p64(e, x, grade)),
  pow: single(7.6, pow64),
  sin: single(3.1, (e, [x]) => {
    const { sin, cos, quadrant } = sinCos64(e, x!);
    return keepZero(x!, v128.xor(byParity(quadrant, sin, cos), quadrantSign(quadrant)));
  }),
  cos: single(2.9, (e, [x]) => {
    const { sin, cos, quadrant } = sinCos64(e, x!);
    return v128.xor(byParity(quadrant, cos, sin), quadrantSign(i64x2.add(quadrant, i64x2.const(1))));
  }),
  tan: single(3.5, (e, [x]) => {
    const { sin, cos, quadrant } = sinCos64(e, x!);
    const top = e.keep(byParity(quadrant, sin, f64x2.neg(cos)));
    return keepZero(x!, f64x2.div(top, byParity(quadrant, cos, sin)));
  }),
  asin: single(5.3, (e, [x]) => {
    const cosine = f64x2.sqrt(f64x2.mul(oneMinus(x!), onePlus(x!)));
    return withSign64(atanPositive64(e, e.keep(f64x2.div(f64x2.abs(x!), cosine))), x!);
  }),
  acos: single(5.1, (e, [x]) => {
    const ratio = e.keep(f64x2.sqrt(f64x2.div(oneMinus(x!), onePlus(x!))));
    return f64x2.mul(atanPositive64(e, ratio), f64x2.const(2));
  }),
  atan: single(4, (e, [x]) => withSign64(atanPositive64(e, e.keep(f64x2.abs(x!))), x!)),
  atan2: single(5.7, atan264),
  sinh: single(3.7, (e, [x]) => sinh64(e, x!)),
  cosh: single(2.5, (e, [x]) => cosh64(e, x!)),
  tanh: { float32: (e, [x]) => tanh32(e, x!), float64: (e, [x]) => tanh64(e, x!, 'double'), cost: 1.3 },
  erf: { float32: (e, [x]) => erf32(e, x!), cost: 1.9 },
  sigmoid: { float32: (e, [x]) => sigmoid32(e, x!), float64: (e, [x]) => sigmoid64(e, x!, 'double'), cost: 1 },
  softplus: { float32: (e, [x]) => softplus32(e, x!), float64: (e, [x]) => softplus64(e, x!, 'double'), cost: 1.8 },
  relu: {
    ...floats((v, [x]) => v128.andnot(x!, v.le(x!, v.const(0)))),
    integer: (_, [x]) => i32x4.maxS(x!, v128.zero()),
  },
  reluGrad: {
    ...floats((v, [g, y]) => v128.andnot(g!, v.le(y!, v.const(0)))),
    integer: (_, [g, y]) => v128.andnot(g!, i32x4.leS(y!, v128.zero())),
  },
  leakyRelu: {
    ...floats((v, [x], [slope]) => v128.bitselect(x!, v.mul(x!, v.scalar(slope!)), v.gt(x!, v.const(0)))),
    scalars: [['negativeSlope', 0]],
  },
  elu: {
    float32: inDoubles((e, [x], [alpha]) => eluOf(e, x!, f64x2.splat(alpha!), 'single')),
    float64: (e, [x], [alpha]) => eluOf(e, x!, f64x2.splat(alpha!), 'double'),
    scalars: [['alpha', 1]],
    cost: 3.5,
  },
  selu: graded(3.5, (e, x, grade) => f64x2.mul(eluOf(e, x, f64x2.const(SELU_ALPHA), grade), f64x2.const(SELU_SCALE))),
  gelu: { float32: (e, [x]) => gelu32(e, x!), cost: 2.5 },
  /** What `gelu` is with `approximate`. */
  geluTanh: single(3.5, (e, [x]) => geluTanh64(e, x!)),
  silu: {
    float32: (e, [x]) => silu32(e, x!),
    float64: (e, [x]) => timesTail(x!, sigmoid64(e, x!, 'double')),
    cost: 1.1,
  },
});
/** Exponentials, logarithms, trigonometry and activations. */
export const TRANSCENDENTALS: Readonly<Record<string, Lowering>> = /* @__PURE__ */ makeTranscendentals();
