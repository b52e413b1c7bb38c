import type { DType } from '../../../core/dtype';

/** What a rule needs to know of where its code runs, and of its operands. */
export interface Target {
  /** Whether `Math` functions of the mode are to be replaced by functions that keep more digits. */
  readonly approximate: boolean;
  /** Of the (first) operand. */
  readonly dtype: DType;
  /** Of the result. */
  readonly result: DType;
}

/** The code of one op: an expression over the names of its operands and of its numbers. */
export type Rule = (xs: readonly string[], numbers: readonly string[], target: Target) => string;

const same: Rule = ([x]) => x!;

/** A function of `Math` where it is good enough, else one of our own, perhaps with what a kernel can't write. */
const either =
  (math: string, own: string, specials = ''): Rule =>
  ([x], _, { approximate }) =>
    approximate ? `${own}(${x}${specials})` : `Math.${math}(${x})`;

/** `floats` on floats, `integers` on integers and booleans. */
const byKind =
  (floats: Rule, integers: Rule): Rule =>
  (xs, numbers, target) =>
    (target.dtype === 'float32' ? floats : integers)(xs, numbers, target);

const call =
  (name: string, specials = ''): Rule =>
  (xs, numbers) =>
    `${name}(${[...xs, ...numbers].join(', ')}${specials})`;

const makeRules = (): Readonly<Record<string, Rule>> => ({
  add: ([a, b], _, { result }) => (result === 'bool' ? `either(${a}, ${b})` : `${a} + ${b}`),
  sub: ([a, b]) => `${a} - ${b}`,
  mul: ([a, b], _, { result }) => (result === 'bool' ? `both(${a}, ${b})` : `${a} * ${b}`),
  div: ([a, b]) => `${a} / ${b}`,
  mod: byKind(call('remainder', ', inf, nan'), call('wholeRemainder')),
  maximum: call('larger'),
  minimum: call('smaller'),
  neg: ([x]) => `-1 * ${x}`,
  abs: ([x]) => `Math.abs(${x})`,
  sign: call('signOf'),
  square: ([x]) => `${x} * ${x}`,
  sqrt: ([x]) => `Math.sqrt(${x})`,
  rsqrt: ([x]) => `1 / Math.sqrt(${x})`,
  reciprocal: ([x]) => `1 / ${x}`,
  floor: ([x]) => `Math.floor(${x})`,
  ceil: ([x]) => `Math.ceil(${x})`,
  round: byKind(call('toEven'), same),
  clip: ([x], [low, high]) => `smaller(larger(${x}, ${low}), ${high})`,
  exp: either('exp', 'expOf'),
  expm1: either('expm1', 'expm1Of'),
  log: either('log', 'logOf', ', inf, nan'),
  log1p: either('log1p', 'log1pOf', ', inf, nan'),
  pow: byKind(call('powerOf', ', inf, nan'), call('wholePower')),
  sin: either('sin', 'sinOf', ', nan'),
  cos: either('cos', 'cosOf', ', nan'),
  tan: ([x], _, { approximate }) => (approximate ? `sinOf(${x}, nan) / cosOf(${x}, nan)` : `Math.tan(${x})`),
  asin: either('asin', 'asinOf', ', nan'),
  acos: either('acos', 'acosOf', ', nan'),
  atan: either('atan', 'atanOf'),
  atan2: ([a, b], _, { approximate }) => (approximate ? `atan2Of(${a}, ${b}, inf)` : `Math.atan2(${a}, ${b})`),
  sinh: either('sinh', 'sinhOf'),
  cosh: either('cosh', 'coshOf'),
  tanh: either('tanh', 'tanhOf'),
  erf: call('erfOf'),
  sigmoid: call('sigmoidOf'),
  softplus: call('softplusOf', ', inf, nan'),
  relu: call('positive'),
  reluGrad: call('positiveBy'),
  leakyRelu: call('leaky'),
  elu: call('eluOf'),
  selu: ([x]) => `1.0507009873554805 * eluOf(${x}, 1.6732632423543772)`,
  silu: ([x]) => `${x} * sigmoidOf(${x})`,
  gelu: call('geluOf', ', nan'),
  geluTanh: call('geluTanhOf'),
  equal: call('isEqual'),
  notEqual: call('isUnequal'),
  less: call('isLess'),
  lessEqual: call('isAtMost'),
  greater: ([a, b]) => `isLess(${b}, ${a})`,
  greaterEqual: ([a, b]) => `isAtMost(${b}, ${a})`,
  logicalAnd: call('both'),
  logicalOr: call('either'),
  logicalNot: ([x]) => `isEqual(${x}, 0)`,
  isNaN: call('isNothing'),
  isFinite: call('isFiniteNumber'),
  where: call('choose'),
  cast: ([x], _, { dtype, result }) => {
    if (result === 'bool' && dtype !== 'bool') return `isTrue(${x})`;
    return result === 'int32' && dtype === 'float32' ? `truncated(${x})` : x!;
  },
  weightedSum: ([a, b], [alpha, beta]) => `${alpha} * ${a} + ${beta} * ${b}`,
  weightedSquareSum: ([a, b], [alpha, beta]) => `${alpha} * ${a} + ${beta} * ${b} * ${b}`,
  addScaled: ([a, b, alpha]) => `${a} + ${alpha} * ${b}`,
  rootRatio: ([a, b, alpha], [inside, outside]) => `(${alpha} * ${a}) / (Math.sqrt(${b} + ${inside}) + ${outside})`,
});

/** Every elementwise op that has code, by its name or that of its variant. */
export const RULES: Readonly<Record<string, Rule>> = /* @__PURE__ */ makeRules();
