import { FormatError } from '../core/errors';
import type { Shape } from '../core/shape';
import { crc32 } from '../data/checksum';
import { decodeSafetensors, encodeSafetensors, type HostTensor } from '../data/safetensors';
import { parseTopology, type StoredModel } from './topology';

/** Of files of sequences of layers, and of graphs of layers. */
const SEQUENCE = '1';
const GRAPH = '2';

/**
 * A model as the bytes of a safetensors file: weights as tensors named `layer/weight`, masks packed to bits as
 * `layer/weight@mask`, and in the metadata the topology as JSON and a checksum of it all.
 */
export function encodeModel(model: StoredModel): Uint8Array {
  const tensors = new Map<string, HostTensor>();
  for (const layer of model.layers) {
    for (const [name, t] of Object.entries({ ...layer.params, ...layer.state }))
      tensors.set(`${layer.name}/${name}`, t);
  }
  for (const [path, mask] of model.masks) tensors.set(`${path}@mask`, packBits(mask));
  const isSequence = model.type === 'sequential';
  const topology = JSON.stringify({
    ...(model.name !== null && { name: model.name }),
    ...(isSequence
      ? { inputShape: model.graph.inputs[0]!.shape }
      : { graph: model.graph, outputForm: model.outputForm }),
    layers: model.layers.map(({ name, kind, givenName, config, params, state }) => ({
      name,
      kind,
      givenName,
      config,
      params: Object.keys(params),
      state: Object.keys(state),
    })),
    masks: [...model.masks.keys()],
    compile: model.compile,
    seed: model.seed,
  });
  return encodeSafetensors(tensors, {
    format: 'kompakt',
    version: isSequence ? SEQUENCE : GRAPH,
    model: topology,
    checksum: checksum(topology, tensors),
  });
}

/**
 * What the bytes of a model file say.
 *
 * @throws FormatError for anything but a whole, undamaged model file of a version this can read.
 */
export function decodeModel(bytes: Uint8Array): StoredModel {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { format, version, model, checksum: expected } = metadata;
  if (format !== 'kompakt' || model === undefined) {
    throw new FormatError(
      "loadModel: this is a safetensors file, but not a kompakt model: its metadata has no topology. Read its tensors with loadSafetensors, from 'kompakt/io'.",
    );
  }
  if (version !== SEQUENCE && version !== GRAPH) {
    throw new FormatError(
      `loadModel: the file has version '${version}', this kompakt reads versions '${SEQUENCE}' and '${GRAPH}'. Update kompakt, or save the model again.`,
    );
  }
  if (expected !== checksum(model, tensors)) {
    throw new FormatError(
      'loadModel: the checksum does not match: the file was changed or damaged after it was saved.',
    );
  }
  return parseTopology(model, tensors, unpackBits, version === GRAPH);
}

/** CRC-32 of the topology and of every tensor's name, type, shape and values, as 8 hexadecimal digits. */
function checksum(topology: string, tensors: ReadonlyMap<string, HostTensor>): string {
  const text = new TextEncoder();
  let crc = crc32(text.encode(topology));
  for (const [name, { dtype, shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    crc = crc32(text.encode(`${name}|${dtype}|${shape.join()}`), crc);
    crc = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), crc);
  }
  return crc.toString(16).padStart(8, '0');
}

function packBits({ data }: HostTensor): HostTensor {
  const bits = new Uint8Array(Math.ceil(data.length / 8));
  data.forEach((x: number, i: number) => {
    if (x !== 0) bits[i >> 3]! |= 1 << (i & 7);
  });
  return { dtype: 'uint8', shape: [bits.length], data: bits };
}

function unpackBits({ data }: HostTensor, shape: Shape, size: number): HostTensor {
  const values = Float32Array.from({ length: size }, (_, i) => (data[i >> 3]! >> (i & 7)) & 1);
  return { dtype: 'float32', shape, data: values };
}
