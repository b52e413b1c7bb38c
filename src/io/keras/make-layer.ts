import { FormatError, KompaktError } from '../../core/errors';
import type { AnyLayer } from '../../nn/layer';
import { layerFromConfig } from '../../nn/layers/registry';
import { isRecord, type Json, own, show } from './json';
import type { KerasLayer, MadeLayer } from './keras-layer';
import { modernise } from './legacy';
import { ConfigReader } from './reader';
import type { LayerRule } from './rule';
import { LAYER_RULES } from './rules';
import { activationOf, camel, constraintOf, type Dialect, initializerOf, regularizerOf } from './values';
import { wrapper } from './wrappers';

/** Makes a layer of the config that a file has for it. */
export type CustomLayer = (config: Json, name: string) => AnyLayer;

/** How a file's layers are made. */
export interface Making extends Dialect {
  /** The function that reads the file, for messages. */
  readonly what: string;
  /** Of the model's inputs; null where they are open. */
  readonly batchSize: number | null;
  /** By class name or registered name. */
  readonly customLayers: ReadonlyMap<string, CustomLayer>;
}

/** Keys that say nothing about what a layer computes, or what is read elsewhere. */
const IGNORED: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'name',
  'trainable',
  'dtype',
  'batch_input_shape',
  'batch_shape',
  'input_shape',
  'input_dtype',
  'data_format',
  'seed',
  'sparse',
  'ragged',
  'optional',
  'unroll',
  'implementation',
  'time_major',
  'use_cudnn',
  'autocast',
  'supports_masking',
  'build_config',
]);

/** Options that are false unless said otherwise are left out when they are, for layers that don't have them. */
const TRUE_BY_DEFAULT = /* @__PURE__ */ new Set(['use_bias', 'center', 'scale', 'unit_forget_bias', 'use_scale']);

export const labelOf = (making: Making, { className, name }: Pick<KerasLayer, 'className' | 'name'>): string =>
  `${making.what}: ${className} '${name}'`;

/** A name that our layers can have. */
export const ourName = (name: string): string => name.replaceAll('/', '_') || 'layer';

/**
 * The layer of ours that computes what Keras's does.
 *
 * @param name - what it is called in our model.
 * @throws FormatError naming the layer, when kompakt has no such class, or not with these options.
 */
export function makeLayer(given: KerasLayer, name: string, making: Making): MadeLayer {
  const custom = customLayer(given, name, making);
  if (custom !== null) return { before: [], layer: custom, after: [] };
  const { className, config } = modernise(given.className, given.config, labelOf(making, given));
  const reader = new ConfigReader(labelOf(making, given), config);
  const wrapped = wrapper(className, reader, (keras) => makeLayer(keras, ourName(keras.name), making));
  if (wrapped !== null) {
    const options = { ...wrapped.options, ...batchOf(wrapped.options, making), ...trainable(reader) };
    return { before: [], layer: build(wrapped.kind, options, name, reader), after: [] };
  }
  const rule = LAYER_RULES.get(className);
  const isOperation = given.module !== null && /\bops\b/.test(given.module);
  if (rule === undefined || isOperation) throw unknown(given, making);
  checkPolicy(reader);
  const { kind, options } = optionsOf(rule, reader, making);
  const layer = build(kind, { ...trainable(reader), ...options, ...batchOf(options, making) }, name, reader);
  return turned(layer, className, rule, reader);
}

function unknown(given: KerasLayer, making: Making): FormatError {
  const shown = given.registeredName ?? given.className;
  const hint = /Lambda/.test(given.className)
    ? 'It holds Python code, which kompakt does not run. '
    : given.module !== null && /\bops\b/.test(given.module)
      ? `It is an operation of '${given.module}', not a layer. `
      : '';
  return new FormatError(
    `${labelOf(making, given)}: kompakt has no layer for the class '${shown}'. ${hint}Pass one: customLayers: { ${JSON.stringify(given.className)}: (config, name) => layer }.`,
  );
}

function customLayer(given: KerasLayer, name: string, making: Making): AnyLayer | null {
  const { customLayers } = making;
  const make =
    (given.registeredName !== null ? customLayers.get(given.registeredName) : undefined) ??
    customLayers.get(given.className);
  if (make === undefined) return null;
  const layer = make(given.config, name);
  if (typeof layer !== 'object' || layer === null || typeof (layer as Partial<AnyLayer>).call !== 'function')
    throw new FormatError(
      `${labelOf(making, given)}: what customLayers has for it returned no layer, but ${show(layer)}.`,
    );
  return layer;
}

function build(kind: string, options: object, name: string | null, reader: ConfigReader): AnyLayer {
  try {
    return layerFromConfig(kind, options, name);
  } catch (cause) {
    if (!(cause instanceof KompaktError)) throw cause;
    throw new FormatError(`${reader.label}: this layer can't be made here. ${cause.message}`, { cause });
  }
}

/** What layers that go on where they stopped must know. */
const batchOf = ({ stateful }: { readonly stateful?: unknown }, { batchSize }: Making): object =>
  stateful === true && batchSize !== null ? { batchSize } : {};

const trainable = (reader: ConfigReader): object => (reader.flag('trainable', true) ? {} : { trainable: false });

/** Quantised layers have other weights. Half precision only concerns how TensorFlow computes. */
function checkPolicy(reader: ConfigReader): void {
  const dtype = reader.raw('dtype');
  const config = isRecord(dtype) ? own(dtype, 'config') : undefined;
  const policy = isRecord(config) ? own(config, 'name') : dtype;
  if (typeof policy === 'string' && /^(int8|int4|float8)_from_/.test(policy))
    reader.fail(`its weights are quantised (${policy}), which this can't read. Save the model before quantising it.`);
}

function optionsOf(
  rule: LayerRule,
  reader: ConfigReader,
  making: Making,
): { readonly kind: string; readonly options: Record<string, unknown> } {
  const options: Record<string, unknown> = {};
  const known = new Set(rule.ignored);
  for (const option of rule.options) {
    const [key, renamed] = option.split('=') as [string, string?];
    known.add(key);
    const value = reader.raw(key);
    if (value === undefined || value === null || (value === false && !TRUE_BY_DEFAULT.has(key))) continue;
    const converted = convert(key, value, reader, making);
    if (converted !== undefined) options[renamed ?? camel(key)] = converted;
  }
  const stranger = Object.entries(reader.config).find(
    ([key, value]) => !known.has(key) && !IGNORED.has(key) && matters(value),
  );
  if (stranger !== undefined)
    reader.fail(
      `it has ${stranger[0]} = ${show(stranger[1])}, which kompakt does not know. Give it as one of customLayers.`,
    );
  if (reader.raw('time_major') === true) reader.fail('time_major is not supported: kompakt has the batch axis first.');
  return { kind: rule.adapt?.(reader, options) ?? rule.kind, options };
}

/** Options that are off: null, false, nothing. */
const matters = (value: unknown): boolean =>
  value !== null &&
  value !== undefined &&
  value !== false &&
  value !== '' &&
  !(Array.isArray(value) && value.length === 0);

function convert(key: string, value: unknown, reader: ConfigReader, making: Making): unknown {
  const label = `${reader.label}: ${key}`;
  if (key.endsWith('_initializer')) return initializerOf(value, label);
  if (key.endsWith('_regularizer')) return regularizerOf(value, label);
  if (key.endsWith('_constraint')) return constraintOf(value, label);
  if (key === 'activation' || key === 'recurrent_activation') return activationOf(value, making, label);
  if (TRUE_BY_DEFAULT.has(key) && typeof value === 'number' && key !== 'scale') return value !== 0;
  return value;
}

/** The layer between permutations of the axes, if its channels come first. */
function turned(layer: AnyLayer, className: string, rule: LayerRule, reader: ConfigReader): MadeLayer {
  const isFirst = reader.raw('data_format') === 'channels_first';
  const whole = { before: [], layer, after: [] };
  if (!isFirst) return whole;
  if (className === 'Flatten')
    return reader.fail("data_format 'channels_first' is not supported here. Convert the model to channels_last.");
  const permuted = (dims: number[], end: string) => build('permute', { dims }, `${layer.name}_${end}`, reader);
  if (rule.spatial === undefined) return whole;
  const axes = Array.from({ length: rule.spatial }, (_, i) => i + 2);
  const before = [permuted([...axes, 1], 'channels_last')];
  const isGlobal = className.startsWith('Global') && !reader.flag('keepdims');
  const back = [rule.spatial + 1, ...axes.map((axis) => axis - 1)];
  return { before, layer, after: isGlobal ? [] : [permuted(back, 'channels_first')] };
}
