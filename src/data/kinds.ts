import type { TypedArray } from '../core/dtype';

/** Whether `x` is a typed array of numbers. */
export function isTyped(x: unknown): x is TypedArray {
  return ArrayBuffer.isView(x) && !(x instanceof DataView);
}

/** What `x` is, for an error message. */
export function describe(x: unknown): string {
  if (x === null || x === undefined) return String(x);
  if (typeof x === 'string') return `the string '${x}'`;
  if (typeof x !== 'object') return `the ${typeof x} ${String(x)}`;
  return Array.isArray(x) ? `an array of length ${x.length}` : `an object of type ${x.constructor?.name ?? 'unknown'}`;
}
