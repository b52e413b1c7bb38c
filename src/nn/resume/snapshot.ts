import type { Backend } from '../../core/backend';
import { FormatError } from '../../core/errors';
import { Tensor } from '../../core/tensor';
import { crc32 } from '../../data/checksum';
import { decodeSafetensors, encodeSafetensors, type HostTensor } from '../../data/safetensors';
import type { OptimizerState } from '../../optim/index';
import type { AveragesData } from '../averages';
import type { CallbackMemory, Logs } from '../callbacks/callback';

/** Where training is: so many batches into an epoch, both counted from 0. */
export interface Position {
  readonly epoch: number;
  readonly batch: number;
}

/** What a run of `fit` is, apart from its tensors: plain data. */
export interface RunData extends Position {
  /** What its stream of random numbers starts from. */
  readonly seed: string;
  /** Batches per epoch, where known: data of another length is not the data trained on. */
  readonly steps: number | null;
  /** Sums over the batches of the epoch so far. */
  readonly averages: AveragesData | null;
  readonly history: { readonly [name: string]: readonly number[] };
  readonly done: number;
  readonly logs: Logs;
  readonly stopped: boolean;
  readonly steers: boolean;
  readonly rateBefore: number | null;
  readonly pendingRate: number | null;
  /** Options of `fit` that are plain data. */
  readonly options: { readonly [name: string]: unknown };
}

/** All that training needs to go on. */
export interface Snapshot {
  /** The model's file. */
  readonly model: Uint8Array;
  readonly run: RunData;
  readonly optimizerState: OptimizerState | null;
  readonly callbacks: { readonly [name: string]: CallbackMemory };
}

const VERSION = '1';

/** Stands for a tensor in plain data. */
const TENSOR = '@tensor';

/** Plain data in the place of tensors, which go to `tensors` under a number. */
async function taken(x: unknown, tensors: Map<string, HostTensor>): Promise<unknown> {
  if (x instanceof Tensor) {
    const name = `tensor/${tensors.size}`;
    tensors.set(name, { dtype: x.dtype, shape: x.shape, data: await x.data() });
    return { [TENSOR]: name };
  }
  if (Array.isArray(x)) {
    const items: unknown[] = [];
    for (const item of x) items.push(await taken(item, tensors));
    return items;
  }
  if (typeof x !== 'object' || x === null) return x;
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(x)) entries.push([key, await taken(item, tensors)]);
  return Object.fromEntries(entries);
}

function given(x: unknown, tensors: ReadonlyMap<string, HostTensor>, backend: Backend): unknown {
  if (Array.isArray(x)) return x.map((item) => given(item, tensors, backend));
  if (typeof x !== 'object' || x === null) return x;
  const name = (x as { [TENSOR]?: unknown })[TENSOR];
  if (typeof name !== 'string')
    return Object.fromEntries(Object.entries(x).map(([key, item]) => [key, given(item, tensors, backend)]));
  const t = tensors.get(name);
  if (t === undefined) throw damaged(`there is no '${name}' in it`);
  return Tensor.from(backend, t.data, t.dtype, t.shape);
}

const damaged = (why: string): FormatError =>
  new FormatError(`resume: this is not a whole snapshot of training: ${why}. Begin anew, or take another one.`);

/** The bytes of a snapshot. */
export async function encodeSnapshot({ model, run, optimizerState, callbacks }: Snapshot): Promise<Uint8Array> {
  const tensors = new Map<string, HostTensor>([['model', { dtype: 'uint8', shape: [model.length], data: model }]]);
  const state = JSON.stringify({
    run,
    optimizerState: await taken(optimizerState, tensors),
    callbacks: await taken(callbacks, tensors),
  });
  return encodeSafetensors(tensors, {
    format: 'kompakt-training',
    version: VERSION,
    state,
    checksum: checksum(state, tensors),
  });
}

function checksum(state: string, tensors: ReadonlyMap<string, HostTensor>): string {
  let crc = crc32(new TextEncoder().encode(state));
  for (const [, { data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    crc = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), crc);
  }
  return crc.toString(16).padStart(8, '0');
}

/** The parts of a file, once they are found whole. */
function opened(bytes: Uint8Array): { tensors: ReadonlyMap<string, HostTensor>; state: Snapshot; model: Uint8Array } {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { format, version, state, checksum: expected } = metadata;
  const model = tensors.get('model');
  if (format !== 'kompakt-training' || state === undefined || model === undefined)
    throw damaged('it is a file of another kind');
  if (version !== VERSION) throw damaged(`it has version '${version}', and this kompakt reads '${VERSION}'`);
  if (expected !== checksum(state, tensors)) throw damaged('its checksum does not match');
  return { tensors, state: JSON.parse(state) as Snapshot, model: model.data as Uint8Array };
}

/** What a snapshot says of the model, the run and the callbacks; in the place of tensors stand their names. */
export function peekSnapshot(bytes: Uint8Array): Omit<Snapshot, 'optimizerState'> {
  const { state, model } = opened(bytes);
  return { model, run: state.run, callbacks: state.callbacks };
}

/**
 * What the bytes of a snapshot say; its tensors are made on `backend`, in the scope of the call.
 *
 * @throws FormatError for anything but a whole, undamaged snapshot.
 */
export function decodeSnapshot(bytes: Uint8Array, backend: Backend): Snapshot {
  const { tensors, state, model } = opened(bytes);
  return {
    model,
    run: state.run,
    optimizerState: given(state.optimizerState, tensors, backend) as OptimizerState | null,
    callbacks: given(state.callbacks, tensors, backend) as Snapshot['callbacks'],
  };
}
