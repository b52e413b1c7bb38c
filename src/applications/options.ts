import type { Backend } from '../core/backend';
import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import type { ByteSource } from '../data/files';
import type { ReaderPackages } from '../io/keras/peers';
import type { ActivationName } from '../nn/activations';

/** Options of all models for images of ImageNet. */
export interface ApplicationOptions extends ReaderPackages {
  /** Whether the classifier is there; by default true. Without it, the model gives features. */
  readonly includeTop?: boolean | undefined;
  /** The bytes, path or address of Keras's file of weights for this model, with or without the classifier; by default none. */
  readonly weights?: ByteSource | null | undefined;
  /** Height, width and channels; without the classifier, null for any height or width. By default as it was trained. */
  readonly inputShape?: readonly (number | null)[] | undefined;
  /** Without the classifier: what becomes of height and width, their mean or maximum; by default null: they stay. */
  readonly pooling?: 'avg' | 'max' | null | undefined;
  /** By default 1000. */
  readonly classes?: number | undefined;
  /** By default `'softmax'`. */
  readonly classifierActivation?: ActivationName | undefined;
  /** For initial weights, where none are given. */
  readonly seed?: Seed | undefined;
  /** Where the model's weights live; by default the default backend. */
  readonly backend?: Backend | undefined;
}

/** {@link ApplicationOptions} with the defaults filled in. */
export interface Settings {
  readonly includeTop: boolean;
  readonly inputShape: readonly (number | null)[];
  readonly pooling: 'avg' | 'max' | null;
  readonly classes: number;
  readonly classifierActivation: ActivationName;
}

const KNOWN = ['includeTop', 'weights', 'inputShape', 'pooling', 'classes', 'classifierActivation', 'seed', 'backend'];

/** @throws ConfigError for options that are unknown, or don't go together. */
export function readSettings(options: ApplicationOptions, what: string, more: readonly string[] = []): Settings {
  checkOptions(options, [...KNOWN, 'h5wasm', 'fflate', ...more], what);
  const { includeTop = true, pooling = null, classes = 1000, classifierActivation = 'softmax' } = options;
  if (typeof includeTop !== 'boolean') throw new ConfigError(`${what}: includeTop must be true or false.`);
  if (pooling !== null && pooling !== 'avg' && pooling !== 'max')
    throw new ConfigError(`${what}: pooling must be 'avg', 'max' or null, got ${String(pooling)}.`);
  if (!Number.isInteger(classes) || classes < 1)
    throw new ConfigError(`${what}: classes must be a positive integer, got ${String(classes)}.`);
  if (includeTop && pooling !== null)
    throw new ConfigError(`${what}: pooling is for the model without its classifier. Add includeTop: false.`);
  const inputShape = options.inputShape ?? (includeTop ? [224, 224, 3] : [null, null, 3]);
  checkShape(inputShape, includeTop, what);
  return { includeTop, inputShape, pooling, classes, classifierActivation };
}

function checkShape(shape: readonly (number | null)[], includeTop: boolean, what: string): void {
  const sides = Array.isArray(shape) ? shape.slice(0, 2) : [];
  const isSize = (n: unknown): boolean => Number.isInteger(n) && (n as number) >= 32;
  const fits = sides.length === 2 && sides.every((n) => isSize(n) || (n === null && !includeTop));
  if (!fits || shape.length !== 3 || !Number.isInteger(shape[2]) || shape[2]! < 1) {
    throw new ConfigError(
      `${what}: inputShape must be [height, width, channels] of at least 32 × 32 pixels${includeTop ? '' : ', null for any height or width'}, got ${JSON.stringify(shape)}.`,
    );
  }
}
