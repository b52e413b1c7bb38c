import type { ConfigReader } from './reader';

/** How one class of Keras's becomes one of our layers. */
export interface LayerRule {
  /** Our factory's name. */
  readonly kind: string;
  /** The keys that become options, in camelCase unless renamed: `dilation_rate=dilations`. */
  readonly options: readonly string[];
  /** Keys that don't matter for this class. */
  readonly ignored?: readonly string[];
  /** Number of spatial axes, for layers whose axes `data_format` orders. */
  readonly spatial?: 1 | 2 | 3;
  /** A last change of the options; returns another kind than `kind`, or null. */
  adapt?(o: ConfigReader, options: Record<string, unknown>): string | null;
}

/** What is said of a weight. */
export const weight = (name: string): string[] => [`${name}_initializer`, `${name}_regularizer`, `${name}_constraint`];

export const KERNEL = /* @__PURE__ */ weight('kernel');
/** What a layer does with its sum: bias, activation and all. */
export const AFFINE = /* @__PURE__ */ (() => ['activation', 'use_bias', ...weight('bias'), 'activity_regularizer'])();
export const WINDOW = ['kernel_size', 'strides', 'padding', 'dilation_rate=dilations'];

/** Lists of one number, as Keras writes the options of layers with one axis, become the number. */
export const scalars =
  (...keys: readonly string[]) =>
  (_: ConfigReader, options: Record<string, unknown>): null => {
    for (const key of keys) {
      const value = options[key];
      if (Array.isArray(value) && value.length === 1) options[key] = value[0];
    }
    return null;
  };
