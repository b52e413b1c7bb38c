import type { Tensor } from '../core/tensor';
import { add, cast, floor, greaterEqual, less, logicalOr, notEqual, stopGradient } from '../ops/elementwise';
import { gather, pickRows } from '../ops/gather';
import { sum } from '../ops/reduce';

/** Counts of what was not an index, from the checks made since `deferringChecks` began. */
let deferred: Tensor[] | null = null;

/**
 * The first value of `x` that is not an integer in [0, count), or undefined. Values that can't be read now (those on a GPU,
 * and those of a compiled step, which are not there yet) pass; `deferringChecks` then learns how many were wrong.
 */
export function findNoIndex(x: Tensor, count: number): number | undefined {
  if (x.size === 0) return undefined;
  if (x.backend.host(x.block) === null) {
    deferred?.push(countStrangers(stopGradient(x), count));
    return undefined;
  }
  return x.dataSync().find((i: number) => !(Number.isInteger(i) && i >= 0 && i < count));
}

/**
 * Runs `f`, which must not wait.
 *
 * @returns its result, and how many values that `findNoIndex` could not look at were no indices: a scalar, or null where it
 * could look at all of them.
 */
export function deferringChecks<T>(f: () => T): { result: T; strangers: Tensor | null } {
  const outer = deferred;
  const own: Tensor[] = [];
  deferred = own;
  try {
    const result = f();
    return { result, strangers: own.length === 0 ? null : own.reduce((a, b) => add(a, b)) };
  } finally {
    deferred = outer;
  }
}

/**
 * Rows of a table by tokens that `findNoIndex` let pass. A compiled function looks at those that nobody has looked at, or
 * counts in `deferringChecks`.
 */
export function rowsAt(table: Tensor, tokens: Tensor): Tensor {
  const areChecked = deferred !== null || tokens.backend.host(tokens.block) !== null;
  return areChecked ? pickRows(table, cast(tokens, 'int32')) : gather(table, tokens);
}

function countStrangers(x: Tensor, count: number): Tensor {
  const outside = logicalOr(less(x, 0), greaterEqual(x, count));
  return sum(cast(logicalOr(outside, notEqual(x, floor(x))), 'float32'));
}
