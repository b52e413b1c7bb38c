import { KompaktError, Tensor } from 'kompakt';

/** Whether NaN stands anywhere in what a call gave. */
export function hasNaN(value: unknown, depth = 0): boolean {
  if (typeof value === 'number') return Number.isNaN(value);
  if (value instanceof Tensor)
    return value.dtype.startsWith('float') && (value.dataSync() as Float64Array).some(Number.isNaN);
  if (value instanceof Float64Array || value instanceof Float32Array) return value.some(Number.isNaN);
  if (depth > 2) return false;
  if (Array.isArray(value)) return value.some((v) => hasNaN(v, depth + 1));
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain && Object.values(value).some((v) => hasNaN(v, depth + 1));
}

/** Goes to the end of what `split` gives. */
function drawn(out: unknown): unknown {
  const isIterator = typeof (out as { next?: unknown } | null)?.next === 'function';
  return isIterator ? [...(out as Iterable<unknown>)] : out;
}

/**
 * Makes a call, and notes in `wrongs` an error that is none of kompakt's, or one whose message was printed by accident.
 *
 * @returns what it gave; undefined where it failed.
 */
export async function attempt(what: string, call: () => unknown, wrongs: string[]): Promise<unknown> {
  try {
    return drawn(await call());
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!(error instanceof KompaktError)) wrongs.push(`${what}: ${text}`);
    else if (/\[object |is not a function|properties of (undefined|null)/.test(text)) wrongs.push(`${what}: ${text}`);
    return undefined;
  }
}
