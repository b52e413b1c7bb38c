import { defaultBackend } from '../backends/default';
import type { Backend } from '../core/backend';
import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { Tensor } from '../core/tensor';
import { type ByteSink, type ByteSource, readBytes, writeBytes } from '../data/files';
import { decodeSafetensors, encodeSafetensors, type HostTensor } from '../data/safetensors';
import { asTensor, type TensorLike } from '../ops/create';

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: { readonly [name: string]: Tensor };
  readonly metadata: { readonly [key: string]: string };
}

export interface SaveSafetensorsOptions {
  /** Strings to keep beside the tensors. */
  readonly metadata?: { readonly [key: string]: string } | undefined;
}

/**
 * Tensors by name as the bytes of a safetensors file; or, given a target, written there.
 *
 * @param tensors - by name; float32, float64, int32, int8, uint8 or bool.
 * @param options - `metadata`.
 * @returns the bytes, or a promise when there is a target: a path (replaced as a whole or not at all), a function, a
 * `WritableStream` or an object with `write`.
 * @throws FormatError for a name that can't be read back; BackendError for tensors that can't be read without waiting.
 *
 * Reference: the format is that of https://github.com/huggingface/safetensors.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { loadSafetensors, saveSafetensors } from 'kompakt/io';
 * const bytes = saveSafetensors({ w: tensor([1, 2, 3]) }, { metadata: { author: 'me' } });
 * const { tensors, metadata } = loadSafetensors(bytes);
 * console.log(tensors.w.toArraySync(), metadata.author); // → [ 1, 2, 3 ] me
 * ```
 */
export function saveSafetensors(
  tensors: { readonly [name: string]: TensorLike },
  options?: SaveSafetensorsOptions,
): Uint8Array;
export function saveSafetensors(
  tensors: { readonly [name: string]: TensorLike },
  target: ByteSink,
  options?: SaveSafetensorsOptions,
): Promise<void>;
export function saveSafetensors(
  tensors: { readonly [name: string]: TensorLike },
  target?: ByteSink | SaveSafetensorsOptions,
  options?: SaveSafetensorsOptions,
): Uint8Array | Promise<void> {
  if (typeof tensors !== 'object' || tensors === null || tensors instanceof Tensor || Array.isArray(tensors)) {
    throw new ConfigError(
      'saveSafetensors: expected tensors by name, such as { w: tensor([1, 2]) }, then where to save them.',
    );
  }
  const isSink =
    typeof target === 'string' ||
    typeof target === 'function' ||
    target instanceof URL ||
    (typeof target === 'object' && ('write' in target || 'getWriter' in target));
  if (!isSink && target !== undefined) checkOptions(target, ['metadata'], 'saveSafetensors');
  const { metadata = {} } = (isSink ? options : (target as SaveSafetensorsOptions | undefined)) ?? {};
  const unfit = Object.entries(metadata).find(([, value]) => typeof value !== 'string');
  if (unfit !== undefined) {
    throw new ConfigError(
      `saveSafetensors: metadata must be strings, but '${unfit[0]}' is a ${typeof unfit[1]}. Use String(…) or JSON.`,
    );
  }
  const bytes = encodeSafetensors(toHost(tensors), metadata);
  return isSink ? writeBytes(target as ByteSink, bytes, 'saveSafetensors') : bytes;
}

function toHost(tensors: { readonly [name: string]: TensorLike }): Map<string, HostTensor> {
  return new Map(
    Object.entries(tensors).map(([name, x]) => {
      if (x instanceof Tensor) return [name, { dtype: x.dtype, shape: x.shape, data: x.dataSync() }];
      return [
        name,
        scope(() => {
          const t = asTensor(x);
          return { dtype: t.dtype, shape: t.shape, data: t.dataSync() };
        }),
      ];
    }),
  );
}

/**
 * The tensors and the metadata of a safetensors file. F16 and BF16 become float32; I64, U64, U32, I16 and U16 int32, where
 * the values fit.
 *
 * @param source - the bytes (read at once), or a path, a URL or a `Blob` (read with waiting).
 * @param options - `backend` to put the tensors on.
 * @throws FormatError when it is not a whole, valid safetensors file; nothing is returned in part.
 *
 * @example
 * ```ts
 * import { loadSafetensors, saveSafetensors } from 'kompakt/io';
 * const { tensors } = loadSafetensors(saveSafetensors({ bias: [0.5, 1] }));
 * console.log(tensors.bias?.shape); // → [ 2 ]
 * ```
 */
export function loadSafetensors(
  source: Uint8Array | ArrayBuffer,
  options?: { readonly backend?: Backend | undefined },
): Safetensors;
export function loadSafetensors(
  source: string | URL | Blob,
  options?: { readonly backend?: Backend | undefined },
): Promise<Safetensors>;
export function loadSafetensors(
  source: ByteSource,
  options: { readonly backend?: Backend | undefined } = {},
): Safetensors | Promise<Safetensors> {
  const backend = options.backend ?? defaultBackend();
  if (source instanceof Uint8Array) return toTensors(source, backend);
  if (source instanceof ArrayBuffer) return toTensors(new Uint8Array(source), backend);
  return readBytes(source, 'loadSafetensors').then((bytes) => toTensors(bytes, backend));
}

function toTensors(bytes: Uint8Array, backend: Backend): Safetensors {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const entries = [...tensors].map(
    ([name, { data, dtype, shape }]) => [name, Tensor.from(backend, data, dtype, shape)] as const,
  );
  return { tensors: Object.fromEntries(entries), metadata };
}
