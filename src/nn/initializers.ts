import type { Backend } from '../core/backend';
import { allocateTyped, type DType } from '../core/dtype';
import { ConfigError } from '../core/errors';
import type { Rng } from '../core/rng';
import { checkSize, type Shape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { tensor } from '../ops/create';

/** How weights start, as data: what the factories below return. */
export interface InitializerConfig {
  readonly name: InitializerName;
  readonly [option: string]: string | number;
}

/** Names of the initialisers. */
export type InitializerName =
  | 'zeros'
  | 'ones'
  | 'constant'
  | 'randomUniform'
  | 'randomNormal'
  | 'truncatedNormal'
  | 'glorotUniform'
  | 'glorotNormal'
  | 'heUniform'
  | 'heNormal'
  | 'lecunUniform'
  | 'lecunNormal'
  | 'varianceScaling'
  | 'orthogonal'
  | 'identity';

/** A name, or a name with options (as the factories make). */
export type Initializer = InitializerName | InitializerConfig;

/** Options of a rule: numbers, and words of a choice. */
type Options = Readonly<Record<string, number>> & { readonly mode?: string; readonly distribution?: string };

/** Fills `data`, the row-major elements of `shape`. */
type Fill = (data: Float64Array, shape: Shape, rng: Rng, options: Options) => void;

interface Rule {
  /** The options with their defaults. */
  readonly options: Readonly<Record<string, number | string>>;
  readonly fill: Fill;
}

/** σ of a standard normal truncated at ±2: its draws are divided by it, so that weights get the variance asked for. */
const TRUNCATED_STDDEV = 0.87962566103423978;

/** What words the options of varianceScaling may be. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ['fanIn', 'fanOut', 'fanAvg'],
  distribution: ['truncatedNormal', 'untruncatedNormal', 'uniform'],
};

/** Inputs and outputs of one unit, for a kernel `[…window, in, out]`. */
function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: shape.at(-2)! * field, fanOut: shape.at(-1)! * field };
}

/** Variance scale / fan, of the distribution asked for. */
const fillScaled: Fill = (data, shape, rng, { scale, mode, distribution }) => {
  const { fanIn, fanOut } = fans(shape);
  const fan = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
  const variance = scale! / Math.max(1, fan);
  if (distribution === 'uniform') fillUniform(data, rng, -Math.sqrt(3 * variance), Math.sqrt(3 * variance));
  else if (distribution === 'truncatedNormal') fillTruncated(data, rng, 0, Math.sqrt(variance) / TRUNCATED_STDDEV);
  else fillNormal(data, rng, 0, Math.sqrt(variance));
};

/** The rule of that scale under a name of its own, without options. */
function scaledRule(scale: number, mode: 'fanIn' | 'fanAvg', distribution: 'uniform' | 'truncatedNormal'): Rule {
  return {
    options: {},
    fill: (data, shape, rng) => fillScaled(data, shape, rng, { scale, mode, distribution } as unknown as Options),
  };
}

function fillNormal(data: Float64Array, rng: Rng, mean: number, stddev: number): void {
  for (let i = 0; i < data.length; i++) data[i] = mean + stddev * rng.gaussian();
}

function fillUniform(data: Float64Array, rng: Rng, min: number, max: number): void {
  for (let i = 0; i < data.length; i++) data[i] = min + (max - min) * rng.random();
}

/** Normal, drawn again where it lies more than two deviations from the mean. */
function fillTruncated(data: Float64Array, rng: Rng, mean: number, stddev: number): void {
  for (let i = 0; i < data.length; i++) {
    let z = rng.gaussian();
    while (Math.abs(z) > 2) z = rng.gaussian();
    data[i] = mean + stddev * z;
  }
}

/**
 * Orthonormal columns (rows, where there are fewer of them) of the kernel as a matrix `[rest, last]`, uniform over all
 * such matrices: Gram–Schmidt of a normal matrix, done twice over for its rounding errors.
 */
function fillOrthogonal(data: Float64Array, shape: Shape, rng: Rng, gain: number): void {
  if (shape.length < 2) {
    throw new ConfigError(
      `orthogonal: needs a weight of at least two axes, got shape [${shape.join(', ')}]. Use another initializer.`,
    );
  }
  const columns = shape.at(-1)!;
  const rows = sizeOf(shape.slice(0, -1));
  const length = Math.max(rows, columns);
  const vectors = Array.from({ length: Math.min(rows, columns) }, () =>
    Float64Array.from({ length }, () => rng.gaussian()),
  );
  vectors.forEach((v, k) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const u of vectors.slice(0, k)) subtract(v, u, inner(u, v));
      const norm = Math.sqrt(inner(v, v));
      for (let i = 0; i < length; i++) v[i]! /= norm;
    }
  });
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++)
      data[r * columns + c] = gain * (rows >= columns ? vectors[c]![r]! : vectors[r]![c]!);
  }
}

function fillIdentity(data: Float64Array, shape: Shape, gain: number): void {
  if (shape.length !== 2) {
    throw new ConfigError(`identity: needs a matrix, got shape [${shape.join(', ')}]. Use another initializer.`);
  }
  const [rows, columns] = shape as [number, number];
  for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = gain;
}

function inner(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function subtract(v: Float64Array, u: Float64Array, factor: number): void {
  for (let i = 0; i < v.length; i++) v[i]! -= factor * u[i]!;
}

const constantRule = (value: number): Rule => ({ options: {}, fill: (data) => data.fill(value) });

const RULES: Readonly<Record<InitializerName, Rule>> = {
  zeros: { options: {}, fill: () => {} },
  ones: /* @__PURE__ */ constantRule(1),
  constant: { options: { value: 0 }, fill: (data, _shape, _rng, { value }) => data.fill(value!) },
  randomUniform: {
    options: { minval: -0.05, maxval: 0.05 },
    fill: (data, _shape, rng, { minval, maxval }) => fillUniform(data, rng, minval!, maxval!),
  },
  randomNormal: {
    options: { mean: 0, stddev: 0.05 },
    fill: (data, _shape, rng, { mean, stddev }) => fillNormal(data, rng, mean!, stddev!),
  },
  truncatedNormal: {
    options: { mean: 0, stddev: 0.05 },
    fill: (data, _shape, rng, { mean, stddev }) => fillTruncated(data, rng, mean!, stddev!),
  },
  glorotUniform: /* @__PURE__ */ scaledRule(1, 'fanAvg', 'uniform'),
  glorotNormal: /* @__PURE__ */ scaledRule(1, 'fanAvg', 'truncatedNormal'),
  heUniform: /* @__PURE__ */ scaledRule(2, 'fanIn', 'uniform'),
  heNormal: /* @__PURE__ */ scaledRule(2, 'fanIn', 'truncatedNormal'),
  lecunUniform: /* @__PURE__ */ scaledRule(1, 'fanIn', 'uniform'),
  lecunNormal: /* @__PURE__ */ scaledRule(1, 'fanIn', 'truncatedNormal'),
  varianceScaling: { options: { scale: 1, mode: 'fanIn', distribution: 'truncatedNormal' }, fill: fillScaled },
  identity: { options: { gain: 1 }, fill: (data, shape, _rng, { gain }) => fillIdentity(data, shape, gain!) },
  orthogonal: { options: { gain: 1 }, fill: (data, shape, rng, { gain }) => fillOrthogonal(data, shape, rng, gain!) },
};

/**
 * Throws unless `spec` is an initialiser.
 *
 * @throws ConfigError for an unknown name or option, or an option that is no number.
 */
export function checkInitializer(spec: unknown, what = 'initializer'): asserts spec is Initializer {
  const { name, ...options } = (typeof spec === 'string' ? { name: spec } : (spec ?? {})) as Record<string, unknown>;
  if (typeof name !== 'string' || !Object.hasOwn(RULES, name)) {
    throw new ConfigError(
      `${what}: ${JSON.stringify(name ?? spec)} is not an initializer. Use one of ${Object.keys(RULES).join(', ')}, or { name, …options }.`,
    );
  }
  const known = RULES[name as InitializerName].options;
  for (const [key, value] of Object.entries(options)) {
    const words = Object.hasOwn(CHOICES, key) ? CHOICES[key]! : null;
    const fits = words === null ? Number.isFinite(value) : words.includes(value as string);
    if (!Object.hasOwn(known, key) || !fits) {
      const takes = Object.keys(known).join(', ') || 'no options';
      const kind = words === null || !Object.hasOwn(known, key) ? 'finite numbers' : `${key}: ${words.join(', ')}`;
      throw new ConfigError(
        `${what}: ${name} does not take ${key} = ${JSON.stringify(value)}; it takes ${takes} (${kind}).`,
      );
    }
    if (key === 'scale' && !((value as number) > 0))
      throw new ConfigError(`${what}: scale must be positive, got ${String(value)}.`);
  }
}

/** Where weights go. */
export interface InitializeOptions {
  /** By default float32. */
  readonly dtype?: DType | undefined;
  readonly backend?: Backend | undefined;
}

/**
 * Fresh weights: a tensor of `shape`, filled as `spec` says.
 *
 * @param spec - a name (`'heNormal'`) or what a factory returns (`randomNormal({ stddev: 0.1 })`).
 * @param shape - of the weight; kernels are `[…window, in, out]`, which is where fan-in and fan-out are read from.
 * @param rng - what random numbers are drawn from.
 * @param options - `dtype = 'float32'`, `backend`.
 * @throws ConfigError for an unknown initialiser.
 */
export function initialize(spec: Initializer, shape: Shape, rng: Rng, options: InitializeOptions = {}): Tensor {
  checkInitializer(spec);
  const { dtype = 'float32', backend } = options;
  const { name, ...given } = typeof spec === 'string' ? { name: spec } : spec;
  const rule = RULES[name];
  checkSize(shape, 'initialize');
  const values = allocateTyped('float64', sizeOf(shape)) as Float64Array;
  rule.fill(values, shape, rng, { ...rule.options, ...given } as Options);
  const data = allocateTyped(dtype, values.length);
  data.set(values);
  return tensor({ data, shape }, { dtype, backend });
}

function factory<O extends object>(name: InitializerName): (options?: O) => InitializerConfig {
  return (options) => {
    const config = { name, ...RULES[name].options, ...options } as InitializerConfig;
    checkInitializer(config, name);
    return config;
  };
}

/** All weights 0. */
export const zeros: () => InitializerConfig = /* @__PURE__ */ factory('zeros');
/** All weights 1. */
export const ones: () => InitializerConfig = /* @__PURE__ */ factory('ones');
/**
 * All weights `value`, by default 0.
 *
 * @example
 * ```ts
 * import { constant, dense } from 'kompakt/nn';
 * console.log(dense({ units: 1, biasInitializer: constant({ value: 0.5 }) }).config.biasInitializer); // → { name: 'constant', value: 0.5 }
 * ```
 */
export const constant: (options?: { readonly value?: number }) => InitializerConfig =
  /* @__PURE__ */ factory('constant');
/**
 * Uniform in [minval, maxval), by default [−0.05, 0.05).
 *
 * @example
 * ```ts
 * import { randomUniform } from 'kompakt/nn';
 * console.log(randomUniform({ maxval: 0.1 })); // → { name: 'randomUniform', minval: -0.05, maxval: 0.1 }
 * ```
 */
export const randomUniform: (options?: { readonly minval?: number; readonly maxval?: number }) => InitializerConfig =
  /* @__PURE__ */ factory('randomUniform');
/**
 * Normal, by default with mean 0 and standard deviation 0.05.
 *
 * @example
 * ```ts
 * import { randomNormal } from 'kompakt/nn';
 * console.log(randomNormal({ stddev: 0.1 })); // → { name: 'randomNormal', mean: 0, stddev: 0.1 }
 * ```
 */
export const randomNormal: (options?: { readonly mean?: number; readonly stddev?: number }) => InitializerConfig =
  /* @__PURE__ */ factory('randomNormal');
/**
 * Normal, drawn again beyond two standard deviations; by default mean 0, stddev 0.05.
 *
 * @example
 * ```ts
 * import { truncatedNormal } from 'kompakt/nn';
 * console.log(truncatedNormal({ stddev: 0.1 })); // → { name: 'truncatedNormal', mean: 0, stddev: 0.1 }
 * ```
 */
export const truncatedNormal: (options?: { readonly mean?: number; readonly stddev?: number }) => InitializerConfig =
  /* @__PURE__ */ factory('truncatedNormal');
/**
 * Uniform in ±√(6 / (fanIn + fanOut)), where a kernel is `[…window, in, out]`: the default of most layers.
 *
 * Reference: Glorot, Bengio 2010, “Understanding the difficulty of training deep feedforward neural networks”.
 *
 * @example
 * ```ts
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 200, kernelInitializer: 'glorotUniform' })], { inputShape: [300], seed: 0 });
 * const limit = Math.sqrt(6 / (300 + 200));
 * console.log(model.getWeights()[0].dataSync().every((w) => Math.abs(w) <= limit)); // → true
 * ```
 */
export const glorotUniform: () => InitializerConfig = /* @__PURE__ */ factory('glorotUniform');
/** Truncated normal of variance 2 / (fanIn + fanOut). Reference: Glorot, Bengio 2010. */
export const glorotNormal: () => InitializerConfig = /* @__PURE__ */ factory('glorotNormal');
/** Uniform in ±√(6 / fanIn). Reference: He et al. 2015, arXiv:1502.01852. */
export const heUniform: () => InitializerConfig = /* @__PURE__ */ factory('heUniform');
/** Truncated normal of variance 2 / fanIn. Reference: He et al. 2015, arXiv:1502.01852. */
export const heNormal: () => InitializerConfig = /* @__PURE__ */ factory('heNormal');
/** Uniform in ±√(3 / fanIn). Reference: LeCun et al. 1998, “Efficient BackProp”. */
export const lecunUniform: () => InitializerConfig = /* @__PURE__ */ factory('lecunUniform');
/** Truncated normal of variance 1 / fanIn. Reference: LeCun et al. 1998, “Efficient BackProp”. */
export const lecunNormal: () => InitializerConfig = /* @__PURE__ */ factory('lecunNormal');
/**
 * A random orthogonal matrix times `gain`, by default 1.
 *
 * Reference: Saxe et al. 2014, arXiv:1312.6120.
 *
 * @example
 * ```ts
 * import { orthogonal } from 'kompakt/nn';
 * console.log(orthogonal({ gain: 2 })); // → { name: 'orthogonal', gain: 2 }
 * ```
 */
export const orthogonal: (options?: { readonly gain?: number }) => InitializerConfig =
  /* @__PURE__ */ factory('orthogonal');
/** Options of {@link varianceScaling}. */
export interface VarianceScalingOptions {
  /** By default 1. */
  readonly scale?: number;
  /** Which fan to divide by: inputs, outputs, or their mean; by default inputs. */
  readonly mode?: 'fanIn' | 'fanOut' | 'fanAvg';
  /** By default normal, drawn again beyond two standard deviations, with the variance corrected for that. */
  readonly distribution?: 'truncatedNormal' | 'untruncatedNormal' | 'uniform';
}
/**
 * Variance scale / fan, which the other scaled initialisers are cases of.
 *
 * @example
 * ```ts
 * import { varianceScaling } from 'kompakt/nn';
 * console.log(varianceScaling({ scale: 2, mode: 'fanOut' })); // → { name: 'varianceScaling', scale: 2, mode: 'fanOut', distribution: 'truncatedNormal' }
 * ```
 */
export const varianceScaling: (options?: VarianceScalingOptions) => InitializerConfig =
  /* @__PURE__ */ factory('varianceScaling');
/**
 * The identity matrix times `gain`, by default 1; for weights of two axes. (The layer of that name is `identity`.)
 *
 * @example
 * ```ts
 * import { dense, identityInitializer } from 'kompakt/nn';
 * console.log(dense({ units: 2, kernelInitializer: identityInitializer({ gain: 2 }) }).config.kernelInitializer); // → { name: 'identity', gain: 2 }
 * ```
 */
export const identityInitializer: (options?: { readonly gain?: number }) => InitializerConfig =
  /* @__PURE__ */ factory('identity');
