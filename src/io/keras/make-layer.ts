import { FormatError, KompaktError } from '../../core/errors';
import type { AnyLayer } from '../../nn/layer';
import { layerFromConfig } from '../../nn/layers/registry';
import { isRecord, type Json, own, show } from './json';
import { modernise } from './legacy';
import { ConfigReader } from './reader';
import { LAYER_RULES, type LayerRule } from './rules';
import { activationOf, camel, constraintOf, type Dialect, initializerOf, regularizerOf } from './values';

/** Makes a layer of the config that a file has for it. */
export type CustomLayer = (config: Json, name: string) => AnyLayer;

/** How a file's layers are made. */
export interface Making extends Dialect {
  /** The function that reads the file, for messages. */
  readonly what: string;
  /** By class name or registered name. */
  readonly customLayers: ReadonlyMap<string, CustomLayer>;
}

/** A layer as the file describes it. */
export interface KerasLayer {
  readonly className: string;
  /** Keras's name, unique in its model. */
  readonly name: string;
  readonly config: Json;
  /** `package>Class`, for classes that were registered by their users. */
  readonly registeredName: string | null;
  readonly module: string | null;
}

/** A layer of ours, with those that turn the axes of its inputs and outputs where Keras's has its channels first. */
export interface MadeLayer {
  readonly before: readonly AnyLayer[];
  readonly layer: AnyLayer;
  readonly after: readonly AnyLayer[];
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
  if (className === 'Bidirectional' || className === 'TimeDistributed') {
    return { before: [], layer: wrapper(className, reader, name, making), after: [] };
  }
  const rule = LAYER_RULES.get(className);
  const isOperation = given.module !== null && /\bops\b/.test(given.module);
  if (rule === undefined || isOperation) throw unknown(given, making);
  checkPolicy(reader);
  const { kind, options } = optionsOf(rule, reader, making);
  const layer = build(kind, { ...options, ...trainable(reader) }, name, reader);
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

function wrapper(className: string, reader: ConfigReader, name: string, making: Making): AnyLayer {
  const inner = (key: string) => {
    const keras = innerKeras(reader.record(key), reader);
    const made = makeLayer(keras, ourName(keras.name), making);
    if (made.before.length > 0) reader.fail("a layer with data_format 'channels_first' can't be wrapped here.");
    return { kind: made.layer.kind, config: made.layer.config };
  };
  if (className === 'TimeDistributed')
    return build('timeDistributed', { layer: inner('layer'), ...trainable(reader) }, name, reader);
  const mode = reader.raw('merge_mode');
  const options = {
    layer: inner('layer'),
    mergeMode: mode === undefined ? 'concat' : mode,
    backwardLayer: isRecord(reader.raw('backward_layer')) ? inner('backward_layer') : null,
    ...trainable(reader),
  };
  return build('bidirectional', options, name, reader);
}

/** A layer that stands in the config of another. */
function innerKeras(json: Json, reader: ConfigReader): KerasLayer {
  const className = own(json, 'class_name');
  const config = own(json, 'config');
  if (typeof className !== 'string' || !isRecord(config))
    return reader.fail(`expected a layer within, found ${show(json)}.`);
  if (!LAYER_RULES.has(modernise(className, config, reader.label).className))
    return reader.fail(`a layer of class '${className}' can't be wrapped here.`);
  const name = own(config, 'name');
  return {
    className,
    name: typeof name === 'string' ? name : className,
    config,
    registeredName: null,
    module: null,
  };
}
