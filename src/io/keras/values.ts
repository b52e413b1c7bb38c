import { FormatError } from '../../core/errors';
import { ACTIVATION_NAMES, type ActivationName } from '../../nn/activations';
import type { InitializerConfig } from '../../nn/initializers';
import type { ConstraintConfig, RegularizerConfig } from '../../nn/layer';
import { isRecord, type Json, own, show } from './json';

/** What the meaning of a config depends on besides itself. */
export interface Dialect {
  /** Of Keras: 1, 2 or 3. tfjs is a Keras 2. */
  readonly major: number;
}

/** `some_name`, `SomeName` or `some_Name2d` as `someName`. */
export function camel(name: string): string {
  const joined = name.replace(/_+([a-zA-Z0-9])/g, (_, c: string) => c.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

/** A serialised object of Keras, `{ class_name, config }`, or its name alone. */
export interface Named {
  readonly name: string;
  readonly config: Json;
}

/** @throws FormatError for what is neither a name nor an object with a class_name. */
export function named(value: unknown, label: string): Named {
  if (typeof value === 'string') return { name: value, config: {} };
  if (isRecord(value)) {
    const name = own(value, 'class_name') ?? own(value, 'name');
    const config = own(value, 'config') ?? {};
    if (name === 'function' && typeof config === 'string') return { name: config, config: {} };
    if (typeof name === 'string' && isRecord(config)) return { name, config };
    if (typeof name === 'string') return { name, config: {} };
  }
  throw new FormatError(`${label}: expected a name or { class_name, config }, the file has ${show(value)}.`);
}

const ACTIVATIONS = new Map<string, ActivationName>([
  ['hardSilu', 'hardSwish'],
  ['leakyReLU', 'leakyRelu'],
  ['reLU', 'relu'],
  ['eLU', 'elu'],
]);

/** @throws FormatError for an activation that kompakt has not. */
export function activationOf(value: unknown, dialect: Dialect, label: string): ActivationName {
  if (value === null || value === undefined) return 'linear';
  const { name, config } = named(value, label);
  const found = camel(name);
  if (found === 'hardSigmoid' && dialect.major < 3) return 'hardSigmoidKeras2';
  const activation = ACTIVATIONS.get(found) ?? ACTIVATION_NAMES.find((known) => known === found);
  const isPlain = Object.entries(config).every(
    ([key, v]) => v === null || key === 'name' || key === 'trainable' || key === 'dtype',
  );
  if (activation === undefined || !isPlain) {
    throw new FormatError(
      `${label}: kompakt has no activation ${show(value)}. It has ${ACTIVATION_NAMES.join(', ')}. Give the layer as one of customLayers.`,
    );
  }
  return activation;
}

const INITIALIZERS = new Map([
  ['zero', 'zeros'],
  ['one', 'ones'],
  ['uniform', 'randomUniform'],
  ['normal', 'randomNormal'],
  ['glorotUniformV2', 'glorotUniform'],
]);

const SCALING = new Map([
  ['fan_in/uniform/1', 'lecunUniform'],
  ['fan_in/truncated_normal/1', 'lecunNormal'],
  ['fan_in/normal/1', 'lecunNormal'],
  ['fan_in/uniform/2', 'heUniform'],
  ['fan_in/truncated_normal/2', 'heNormal'],
  ['fan_in/normal/2', 'heNormal'],
  ['fan_avg/uniform/1', 'glorotUniform'],
  ['fan_avg/truncated_normal/1', 'glorotNormal'],
  ['fan_avg/normal/1', 'glorotNormal'],
]);

const OPTIONS = new Map<string, readonly string[]>([
  ['constant', ['value']],
  ['randomUniform', ['minval', 'maxval']],
  ['randomNormal', ['mean', 'stddev']],
  ['truncatedNormal', ['mean', 'stddev']],
  ['orthogonal', ['gain']],
]);

/**
 * An initialiser. As the file brings all weights, one that kompakt has not does not matter, and becomes undefined: the
 * layer's default.
 */
export function initializerOf(value: unknown, label: string): InitializerConfig | undefined {
  const { name, config } = named(value, label);
  const found = camel(name.replace(/V2$/, ''));
  if (found === 'varianceScaling') {
    const key = [own(config, 'mode') ?? 'fan_in', own(config, 'distribution') ?? 'truncated_normal'].join('/');
    const scaled = SCALING.get(`${key}/${String(own(config, 'scale') ?? 1)}`);
    return scaled === undefined ? undefined : ({ name: scaled } as InitializerConfig);
  }
  const known = INITIALIZERS.get(found) ?? found;
  const isSimple = ['zeros', 'ones', ...SCALING.values()].includes(known);
  if (!isSimple && !OPTIONS.has(known)) return undefined;
  const options = (OPTIONS.get(known) ?? []).flatMap((key) => {
    const given = own(config, key);
    return typeof given === 'number' && Number.isFinite(given) ? [[key, given] as const] : [];
  });
  return { name: known, ...Object.fromEntries(options) } as InitializerConfig;
}

/** Keras 1 wrote regularisers as `{ name: 'WeightRegularizer', l1, l2 }`. */
export function regularizerOf(value: unknown, label: string): RegularizerConfig {
  const { name, config } = named(value, label);
  const source = isRecord(value) && Object.keys(config).length === 0 ? value : config;
  const strength = (key: string, byDefault: number): number => {
    const given = own(source, key) ?? byDefault;
    if (typeof given !== 'number' || !Number.isFinite(given) || given < 0)
      throw new FormatError(`${label}: ${key} must be a number ≥ 0, the file has ${show(given)}.`);
    return given;
  };
  const kind = camel(name).toLowerCase();
  if (kind === 'l1') return { kind: 'l1l2', l1: strength('l1', 0.01), l2: 0 };
  if (kind === 'l2') return { kind: 'l1l2', l1: 0, l2: strength('l2', 0.01) };
  if (kind === 'l1l2' || kind === 'l1_l2' || kind === 'weightregularizer' || kind === 'activityregularizer')
    return { kind: 'l1l2', l1: strength('l1', 0), l2: strength('l2', 0) };
  throw new FormatError(`${label}: kompakt has no regulariser '${name}'. It has L1, L2 and L1L2.`);
}

const CONSTRAINTS = new Map<string, readonly (readonly [keras: string, ours: string])[]>([
  [
    'maxNorm',
    [
      ['max_value', 'maxValue'],
      ['axis', 'axis'],
    ],
  ],
  ['nonNeg', []],
  ['unitNorm', [['axis', 'axis']]],
  [
    'minMaxNorm',
    [
      ['min_value', 'minValue'],
      ['max_value', 'maxValue'],
      ['rate', 'rate'],
      ['axis', 'axis'],
    ],
  ],
]);

/** @throws FormatError for a constraint that kompakt has not. */
export function constraintOf(value: unknown, label: string): ConstraintConfig {
  const { name, config } = named(value, label);
  const kind = camel(name);
  const source = isRecord(value) && Object.keys(config).length === 0 ? value : config;
  const options = CONSTRAINTS.get(kind);
  if (options === undefined) {
    throw new FormatError(
      `${label}: kompakt has no constraint '${name}'. It has ${[...CONSTRAINTS.keys()].join(', ')}.`,
    );
  }
  const given = options.flatMap(([keras, ours]) => {
    // Keras 1 called the largest norm m.
    const found = own(source, keras) ?? (keras === 'max_value' ? own(source, 'm') : undefined);
    return found === undefined || found === null ? [] : [[ours, found] as const];
  });
  return { kind, ...Object.fromEntries(given) };
}
