/** The text of an op on the texts of its operands and of its numeric attributes. */
type Rule = (xs: readonly string[], scalars: readonly string[]) => string;

/** How an elementwise op becomes WGSL, by the kind of its operands; where an entry is missing there is no kernel. */
export interface Lowering {
  readonly float?: Rule;
  /** Of any width, in 32 bits; the result is wrapped to its width afterwards. */
  readonly integer?: Rule;
  readonly bool?: Rule;
  /** Whether the result is a truth value rather than of the operands' dtype. */
  readonly test?: boolean;
  /** Its numeric attributes as the op names them, and what null stands for. Those of integers are integers. */
  readonly scalars?: readonly (readonly [name: string, absent: number])[];
}

/** A function of ours on floats. */
const call = (name: string): Lowering => ({ float: (xs) => `${name}(${xs.join(', ')})` });

const operator = (sign: string): Pick<Lowering, 'float' | 'integer'> => ({
  float: ([a, b]) => `(${a} ${sign} ${b})`,
  integer: ([a, b]) => `(${a} ${sign} ${b})`,
});

/** A step, on integers nothing. */
const step = (name: string): Lowering => ({ float: ([x]) => `${name}(${x})`, integer: ([x]) => x!, bool: ([x]) => x! });

/** A comparison. WGSL may take it that no operand is NaN: with one, only ≠ holds. */
const compare = (sign: string, bool: Rule): Lowering => ({
  float: ([a, b]) => {
    const either = `(k_is_nan(${a}) || k_is_nan(${b}))`;
    return sign === '!=' ? `((${a} != ${b}) || ${either})` : `((${a} ${sign} ${b}) && !${either})`;
  },
  integer: ([a, b]) => `(${a} ${sign} ${b})`,
  bool,
  test: true,
});

const truth = (rule: Rule): Lowering => ({
  float: (xs, s) =>
    rule(
      xs.map((x) => `(${x} != 0.0)`),
      s,
    ),
  integer: (xs, s) =>
    rule(
      xs.map((x) => `(${x} != 0)`),
      s,
    ),
  bool: rule,
  test: true,
});

/** Whether a float is not 0; NaN isn't. */
export const isTrue = (x: string): string => `(${x} != 0.0 || k_is_nan(${x}))`;

const WEIGHTS = [
  ['alpha', 1],
  ['beta', 1],
] as const;

const makeLowerings = (): Readonly<Record<string, Lowering>> => ({
  add: { ...operator('+'), bool: ([a, b]) => `(${a} || ${b})` },
  sub: operator('-'),
  mul: { ...operator('*'), bool: ([a, b]) => `(${a} && ${b})` },
  div: { float: ([a, b]) => `(${a} / ${b})` },
  mod: { ...call('k_mod'), integer: ([a, b]) => `k_imod(${a}, ${b})` },
  maximum: { ...call('k_max'), integer: ([a, b]) => `max(${a}, ${b})`, bool: ([a, b]) => `(${a} || ${b})` },
  minimum: { ...call('k_min'), integer: ([a, b]) => `min(${a}, ${b})`, bool: ([a, b]) => `(${a} && ${b})` },
  neg: { float: ([x]) => `(-${x})`, integer: ([x]) => `(-${x})` },
  abs: { float: ([x]) => `abs(${x})`, integer: ([x]) => `abs(${x})`, bool: ([x]) => x! },
  sign: { ...call('k_sign'), integer: ([x]) => `sign(${x})`, bool: ([x]) => x! },
  square: { float: ([x]) => `(${x} * ${x})`, integer: ([x]) => `(${x} * ${x})`, bool: ([x]) => x! },
  sqrt: call('k_sqrt'),
  rsqrt: call('k_rsqrt'),
  reciprocal: { float: ([x]) => `(1.0 / ${x})` },
  floor: step('floor'),
  ceil: step('ceil'),
  round: step('round'),
  clip: {
    float: ([x], [low, high]) => `k_min(k_max(${x}, ${low}), ${high})`,
    integer: ([x], [low, high]) => `min(max(${x}, ${low}), ${high})`,
    scalars: [
      ['min', -Infinity],
      ['max', Infinity],
    ],
  },
  equal: compare('==', ([a, b]) => `(${a} == ${b})`),
  notEqual: compare('!=', ([a, b]) => `(${a} != ${b})`),
  less: compare('<', ([a, b]) => `(!${a} && ${b})`),
  lessEqual: compare('<=', ([a, b]) => `(!${a} || ${b})`),
  greater: compare('>', ([a, b]) => `(${a} && !${b})`),
  greaterEqual: compare('>=', ([a, b]) => `(${a} || !${b})`),
  logicalAnd: truth(([a, b]) => `(${a} && ${b})`),
  logicalOr: truth(([a, b]) => `(${a} || ${b})`),
  logicalNot: {
    float: ([x]) => `!${isTrue(x!)}`,
    integer: ([x]) => `(${x} == 0)`,
    bool: ([x]) => `!${x}`,
    test: true,
  },
  isNaN: { ...call('k_is_nan'), integer: () => 'false', bool: () => 'false', test: true },
  isFinite: { ...call('k_is_finite'), integer: () => 'true', bool: () => 'true', test: true },
  exp: call('k_exp'),
  expm1: call('k_expm1'),
  log: call('k_log'),
  log1p: call('k_log1p'),
  pow: { ...call('k_pow'), integer: ([a, b]) => `k_ipow(${a}, ${b})` },
  sin: call('k_sin'),
  cos: call('k_cos'),
  tan: call('k_tan'),
  asin: call('k_asin'),
  acos: call('k_acos'),
  atan: call('k_atan'),
  atan2: call('k_atan2'),
  sinh: call('k_sinh'),
  cosh: call('k_cosh'),
  tanh: call('k_tanh'),
  erf: call('k_erf'),
  sigmoid: call('k_sigmoid'),
  softplus: call('k_softplus'),
  relu: { float: ([x]) => `select(${x}, 0.0, ${x} <= 0.0)`, integer: ([x]) => `max(${x}, 0)` },
  reluGrad: {
    float: ([g, y]) => `select(${g}, 0.0, ${y} <= 0.0)`,
    integer: ([g, y]) => `select(${g}, 0, ${y} <= 0)`,
  },
  leakyRelu: {
    float: ([x], [slope]) => `select(${x} * ${slope}, ${x}, ${x} > 0.0)`,
    scalars: [['negativeSlope', 0]],
  },
  elu: {
    float: ([x], [alpha]) => `select(${alpha} * k_expm1(${x}), ${x}, ${x} > 0.0)`,
    scalars: [['alpha', 1]],
  },
  selu: {
    float: ([x]) => `(1.0507009873554805 * select(1.6732632423543772 * k_expm1(${x}), ${x}, ${x} > 0.0))`,
  },
  gelu: call('k_gelu'),
  /** What `gelu` is with `approximate`: x·sigmoid(2√(2/π)·(x + 0.044715·x³)). */
  geluTanh: {
    float: ([x]) => `(${x} * k_sigmoid(1.5957691216057308 * (${x} * (1.0 + 0.044715 * ${x} * ${x}))))`,
  },
  silu: { float: ([x]) => `(${x} * k_sigmoid(${x}))` },
  weightedSum: { float: ([a, b], [alpha, beta]) => `(${alpha} * ${a} + ${beta} * ${b})`, scalars: WEIGHTS },
  weightedSquareSum: {
    float: ([a, b], [alpha, beta]) => `(${alpha} * ${a} + ${beta} * ${b} * ${b})`,
    scalars: WEIGHTS,
  },
  addScaled: { float: ([a, b, alpha]) => `(${a} + ${alpha} * ${b})` },
  rootRatio: {
    float: ([a, b, alpha], [inside, outside]) => `(${alpha} * ${a} / (k_sqrt(${b} + ${inside}) + ${outside}))`,
    scalars: [
      ['inside', 0],
      ['outside', 0],
    ],
  },
});

/** Every elementwise op with code, `cast` and `where` (which follow rules of their own) apart. */
export const LOWERINGS: Readonly<Record<string, Lowering>> = /* @__PURE__ */ makeLowerings();
