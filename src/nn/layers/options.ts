import { ConfigError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import type { PaddingOption, Pair } from '../../ops/window';
import { type ActivationName, checkActivation } from '../activations';
import { type Constraint, resolveConstraint } from '../constraints';
import { checkInitializer, type Initializer } from '../initializers';
import type { ConstraintConfig, RegularizerConfig } from '../layer';
import { type Regularizer, resolveRegularizer } from '../regularizers';

/** Options that every layer has. */
export interface LayerOptions {
  /** Unique in its model; by default the model names it after its kind. */
  readonly name?: string | null | undefined;
  /** Whether training changes its weights; by default true. */
  readonly trainable?: boolean | undefined;
  /** Shape of one sample, for the first layer of a model whose input shape is not given otherwise. */
  readonly inputShape?: Shape | undefined;
}

/** The part of every layer's config that comes from {@link LayerOptions}. */
export interface LayerConfig {
  readonly trainable: boolean;
  /** Present where it was given. */
  readonly inputShape?: Shape;
}

/** How the weight called N starts and what holds it; Keras's defaults depend on the layer. */
export type WeightOptions<N extends string> = { readonly [K in `${N}Initializer`]?: Initializer | undefined } & {
  readonly [K in `${N}Regularizer`]?: Regularizer | null | undefined;
} & { readonly [K in `${N}Constraint`]?: Constraint | null | undefined };

/** The config of {@link WeightOptions}. */
export type WeightConfig<N extends string> = { readonly [K in `${N}Initializer`]: Initializer } & {
  readonly [K in `${N}Regularizer`]: RegularizerConfig | null;
} & { readonly [K in `${N}Constraint`]: ConstraintConfig | null };

/** Weights, then bias: what dense and convolution layers have in common. */
export interface AffineOptions extends LayerOptions, WeightOptions<'bias'> {
  /** By default `'linear'`: none. */
  readonly activation?: ActivationName | undefined;
  /** By default true. */
  readonly useBias?: boolean | undefined;
  /** Of the output; per sample of the batch. */
  readonly activityRegularizer?: Regularizer | null | undefined;
}

/** The config of {@link AffineOptions}. */
export interface AffineConfig extends LayerConfig, WeightConfig<'bias'> {
  readonly activation: ActivationName;
  readonly useBias: boolean;
  readonly activityRegularizer: RegularizerConfig | null;
}

const describe = (value: unknown): string => JSON.stringify(value) ?? String(value);

/**
 * Reads the options of one layer, each with its check and default, and complains about those nobody asked for.
 * Errors name the layer, the option and the value.
 */
export class OptionReader {
  readonly kind: string;
  readonly name: string | null;
  /** The layer as messages call it: `dense 'head'`. */
  readonly label: string;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #known = new Set(['name', 'trainable', 'inputShape']);

  constructor(kind: string, options: unknown) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new ConfigError(`${kind}: the options must be an object, got ${describe(options)}.`);
    }
    this.#given = options as Readonly<Record<string, unknown>>;
    this.kind = kind;
    const { name = null } = this.#given;
    if (name !== null && (typeof name !== 'string' || name === '' || name.includes('/'))) {
      throw new ConfigError(`${kind}: name must be a non-empty string without '/', got ${describe(name)}.`);
    }
    this.name = name;
    this.label = name === null ? kind : `${kind} '${name}'`;
  }

  /** The common part of the config; the last thing to read, as it refuses options that were not read before. */
  common(): LayerConfig {
    const stranger = Object.keys(this.#given).find((key) => !this.#known.has(key) && this.#given[key] !== undefined);
    if (stranger !== undefined) {
      throw new ConfigError(`${this.label}: unknown option '${stranger}'. It takes ${[...this.#known].join(', ')}.`);
    }
    const { inputShape } = this.#given;
    const trainable = this.flag('trainable', true);
    if (inputShape === undefined || inputShape === null) return { trainable };
    if (!Array.isArray(inputShape) || !inputShape.every((n) => Number.isInteger(n) && n >= 0)) {
      throw this.wrong('inputShape', inputShape, 'the shape of one sample, without the batch axis');
    }
    return { trainable, inputShape: [...inputShape] };
  }

  /** The raw value; undefined where the option is absent. */
  raw(option: string): unknown {
    this.#known.add(option);
    return this.#given[option];
  }

  wrong(option: string, value: unknown, wanted: string): ConfigError {
    return new ConfigError(`${this.label}: ${option} must be ${wanted}, got ${describe(value)}.`);
  }

  flag(option: string, byDefault: boolean): boolean {
    const value = this.raw(option) ?? byDefault;
    if (typeof value !== 'boolean') throw this.wrong(option, value, 'true or false');
    return value;
  }

  /** A positive integer. */
  count(option: string, byDefault?: number): number {
    const value = this.raw(option) ?? byDefault;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
      throw this.wrong(option, value, 'a positive integer');
    }
    return value;
  }

  /** A finite number in [min, max]. */
  number(option: string, byDefault: number, min: number, max = Infinity): number {
    const value = this.raw(option) ?? byDefault;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
      throw this.wrong(option, value, max === Infinity ? `a finite number ≥ ${min}` : `a number in [${min}, ${max}]`);
    }
    return value;
  }

  /** A positive integer for both axes, or one for each. */
  pair(option: string, byDefault?: number | Pair): Pair {
    const value = this.raw(option) ?? byDefault;
    const pair: unknown = typeof value === 'number' ? [value, value] : value;
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < 1)) {
      throw this.wrong(option, value, 'a positive integer or a pair of them');
    }
    return [pair[0] as number, pair[1] as number];
  }

  /** A positive integer for all of so many axes, or one for each. */
  counts(option: string, rank: number, byDefault?: number | readonly number[]): number[] {
    const value = this.raw(option) ?? byDefault;
    const list: unknown = typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;
    if (!Array.isArray(list) || list.length !== rank || list.some((n) => !Number.isInteger(n) || n < 1)) {
      throw this.wrong(option, value, rank === 1 ? 'a positive integer' : `a positive integer, or ${rank} of them`);
    }
    return [...list];
  }

  /** An axis counted with the batch axis, which it must not be. */
  axis(option: string, byDefault: number): number {
    const value = this.raw(option) ?? byDefault;
    if (typeof value !== 'number' || !Number.isInteger(value) || value === 0)
      throw this.wrong(option, value, 'an integer other than 0, the batch axis');
    return value;
  }

  /** A range `[low, high]` within [min, max], or one number f: `around(f)`. */
  range(
    option: string,
    around: (f: number) => readonly [number, number],
    min: number,
    max = Infinity,
  ): [number, number] {
    const value = this.raw(option);
    const range: unknown = typeof value === 'number' ? around(value) : value;
    const fits =
      Array.isArray(range) && range.length === 2 && range.every((n) => Number.isFinite(n) && n >= min && n <= max);
    if (!fits || (range as number[])[0]! > (range as number[])[1]! || (typeof value === 'number' && value < 0)) {
      const bounds = max === Infinity ? `≥ ${min}` : `in [${min}, ${max}]`;
      throw this.wrong(option, value, `a number ≥ 0, or a range [low, high] of numbers ${bounds}`);
    }
    return [(range as number[])[0]!, (range as number[])[1]!];
  }

  oneOf<T extends string>(option: string, values: readonly T[], byDefault: T): T {
    const value = this.raw(option) ?? byDefault;
    if (!(values as readonly unknown[]).includes(value)) {
      throw this.wrong(option, value, values.map((v) => `'${v}'`).join(' or '));
    }
    return value as T;
  }

  /** Padding of a window over images. */
  padding(): PaddingOption {
    const value = this.raw('padding') ?? 'valid';
    if (value === 'valid' || value === 'same') return value;
    const isPair = (p: unknown): boolean =>
      Array.isArray(p) && p.length === 2 && p.every((n) => Number.isInteger(n) && n >= 0);
    if (!Array.isArray(value) || value.length !== 2 || !value.every(isPair)) {
      throw this.wrong('padding', value, "'valid', 'same' or [[top, bottom], [left, right]]");
    }
    return value.map((p: number[]) => [...p]) as unknown as PaddingOption;
  }

  /** `dilations`; Keras's name for it, `dilationRate`, is understood too. */
  dilations(): Pair {
    const given = this.raw('dilations');
    return given === undefined ? this.pair('dilationRate', 1) : this.pair('dilations');
  }

  activation(): ActivationName {
    const value = this.raw('activation') ?? 'linear';
    checkActivation(value, `${this.label}: activation`);
    return value;
  }

  initializer(option: string, byDefault: Initializer): Initializer {
    const value = this.raw(option) ?? byDefault;
    checkInitializer(value, `${this.label}: ${option}`);
    return value;
  }

  regularizer(option: string): RegularizerConfig | null {
    return resolveRegularizer(this.raw(option), `${this.label}: ${option}`);
  }

  constraint(option: string): ConstraintConfig | null {
    return resolveConstraint(this.raw(option), `${this.label}: ${option}`);
  }

  /** Initialiser, regulariser and constraint of the weight of that name. */
  weight<N extends string>(name: N, initializer: Initializer): WeightConfig<N> {
    return {
      [`${name}Initializer`]: this.initializer(`${name}Initializer`, initializer),
      [`${name}Regularizer`]: this.regularizer(`${name}Regularizer`),
      [`${name}Constraint`]: this.constraint(`${name}Constraint`),
    } as WeightConfig<N>;
  }

  /** {@link AffineOptions} without the common ones. */
  affine(): Omit<AffineConfig, keyof LayerConfig> {
    return {
      activation: this.activation(),
      useBias: this.flag('useBias', true),
      activityRegularizer: this.regularizer('activityRegularizer'),
      ...this.weight('bias', 'zeros'),
    };
  }
}
