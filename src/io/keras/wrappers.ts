import type { InnerConfig } from '../../nn/layers/nested';
import { isRecord, type Json, own, show } from './json';
import type { KerasLayer, MadeLayer } from './keras-layer';
import { modernise } from './legacy';
import type { ConfigReader } from './reader';
import { LAYER_RULES } from './rules';
import { SEQUENCE } from './rules-recurrent';
import { camel } from './values';

/** A layer that holds others: its kind, and its options, with their kinds and configs within. */
export interface Wrapped {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

type Make = (keras: KerasLayer) => MadeLayer;

/** A layer that holds others, as an own one's options; null for all that hold none. */
export function wrapper(className: string, reader: ConfigReader, make: Make): Wrapped | null {
  const inner = (key: string) => innerConfig(reader.record(key), reader, make);
  switch (className) {
    case 'TimeDistributed':
      return { kind: 'timeDistributed', options: { layer: inner('layer') } };
    case 'Bidirectional': {
      const mode = reader.raw('merge_mode');
      const backwardLayer = isRecord(reader.raw('backward_layer')) ? inner('backward_layer') : null;
      const options = { layer: inner('layer'), mergeMode: mode === undefined ? 'concat' : mode, backwardLayer };
      return { kind: 'bidirectional', options };
    }
    case 'RNN': {
      const flags = SEQUENCE.flatMap((key) => (reader.flag(key) ? [[camel(key), true] as const] : []));
      return { kind: 'rnn', options: { cell: inner('cell'), ...Object.fromEntries(flags) } };
    }
    case 'StackedRNNCells': {
      const cells = reader.raw('cells');
      if (!Array.isArray(cells) || !cells.every(isRecord)) return reader.wrong('cells', 'a list of cells');
      return { kind: 'stackedRNNCells', options: { cells: cells.map((cell) => innerConfig(cell, reader, make)) } };
    }
    default:
      return null;
  }
}

const HOLDERS = ['RNN', 'StackedRNNCells'];

function innerConfig(json: Json, reader: ConfigReader, make: Make): InnerConfig {
  const { layer, before } = make(innerKeras(json, reader));
  if (before.length > 0) reader.fail("a layer with data_format 'channels_first' can't be wrapped here.");
  return { kind: layer.kind, config: layer.config };
}

/** A layer that stands in the config of another. */
function innerKeras(json: Json, reader: ConfigReader): KerasLayer {
  const className = own(json, 'class_name');
  const config = own(json, 'config');
  if (typeof className !== 'string' || !isRecord(config))
    return reader.fail(`expected a layer within, found ${show(json)}.`);
  if (!HOLDERS.includes(className) && !LAYER_RULES.has(modernise(className, config, reader.label).className))
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
