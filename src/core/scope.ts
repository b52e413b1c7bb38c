import { Frame, newMark } from './lifetime';
import { markTensors } from './nest';
import { checkFunction } from './options';

/** Handed to the function of a `scope`. */
export interface ScopeHandle {
  /**
   * Runs `fn` inside the scope. Needed only after an `await` on platforms that can't follow a scope across it
   * (browsers); Node can.
   */
  run<T>(fn: () => T): T;
}

/**
 * Runs `f`, frees every tensor it made and did not return, and returns its result; for an async `f`, when its promise
 * settles. Tensors are found in the result through arrays, records, maps and object properties. Scopes nest.
 *
 * @param f - the work; receives a handle, see {@link ScopeHandle}.
 * @returns what `f` returned.
 *
 * @example
 * ```ts
 * import { add, memory, mul, scope, tensor } from 'kompakt';
 * const x = tensor([1, 2, 3]);
 * const before = memory().tensors;
 * const y = scope(() => add(mul(x, x), 1));
 * console.log(memory().tensors - before, y.toArraySync()); // → 1 [ 2, 5, 10 ]
 * ```
 */
export function scope<T>(f: (handle: ScopeHandle) => T): T {
  checkFunction(f, 'scope');
  const frame = new Frame();
  const handle: ScopeHandle = { run: (fn) => frame.run(fn) };
  let result: T;
  try {
    result = frame.run(() => f(handle));
  } catch (error) {
    frame.close(newMark());
    throw error;
  }
  if (!isThenable(result)) {
    frame.close(markTensors(result));
    return result;
  }
  frame.enterAsync();
  return closeWhenSettled(result, frame) as T;
}

async function closeWhenSettled(work: PromiseLike<unknown>, frame: Frame): Promise<unknown> {
  let kept = newMark();
  try {
    const value = await work;
    kept = markTensors(value);
    return value;
  } finally {
    frame.leaveAsync();
    frame.close(kept);
  }
}

function isThenable(x: unknown): x is PromiseLike<unknown> {
  return typeof x === 'object' && x !== null && typeof (x as { then?: unknown }).then === 'function';
}
