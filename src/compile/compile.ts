import type { Backend } from '../core/backend';
import { ConfigError } from '../core/errors';
import { runWithin } from '../core/lifetime';
import { flattenNest, type Nest } from '../core/nest';
import { checkFunction } from '../core/options';
import { Tensor } from '../core/tensor';
import { Entry } from './entry';
import { Signature } from './signature';
import { Differentiated } from './trace';

/** Most plans that a compiled function keeps. */
const MOST_PLANS = 8;

/** A function compiled by {@link compile}. */
export interface Compiled<A extends unknown[], R> {
  (...args: A): R;
  /** How many plans are kept: one per signature of the arguments, at most 8, the least recently used being dropped. */
  readonly plans: number;
  /** Bytes that the plan used last works with, beside arguments and results; 0 before the first call. */
  readonly peakBytes: number;
  /** The plan used last as text, an operation to a line. */
  inspect(): string;
  /** Frees all plans. Calling the function again makes new ones. */
  dispose(): void;
}

type Entries = { readonly signature: Signature; readonly entry: Entry }[];

/** Frees the plans of functions that were collected undisposed. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<Entries>(disposeAll);

function disposeAll(entries: Entries): void {
  for (const { entry } of entries.splice(0)) entry.dispose();
}

/**
 * A function that computes what `f` computes, faster: the first call with arguments of certain shapes traces `f`; what it
 * does is simplified (nothing unused, nothing twice, constants folded), elementwise operations are fused, memory is
 * planned, and every later call with such arguments runs that plan without calling `f`.
 *
 * `f` must be a pure function of tensors: it may use any operation, `grad` and its kind included, but what it does must not
 * depend on values. Tensors in the arguments may differ from call to call; numbers, strings and booleans there are part of
 * the plan, so a new one means a new plan: pass what changes as a tensor. Tensors that `f` closes over, and random
 * numbers that it draws, are constants of the plan. Called on values that are being differentiated or traced, or on no
 * tensor at all, a compiled function is `f` itself.
 *
 * @param f - takes tensors, or arrays and records of tensors, and returns such.
 * @returns a function of the same signature; see {@link Compiled} for `plans`, `peakBytes`, `inspect` and `dispose`.
 * @throws BackendError when `f` reads a value while it is traced; ShapeError when an argument that is used as indices as it
 * is, by `gather`, `scatterAdd` or `takeAlongAxis`, holds one out of range, at any call (indices that `f` computes are not looked
 * at, nor are any on a GPU); ConfigError when it returns a promise, or when the
 * arguments hold tensors of two backends, or objects that may change, such as typed arrays.
 *
 * @example
 * ```ts
 * import { add, compile, mul, type Tensor, tensor } from 'kompakt';
 * const f = compile((x: Tensor, y: Tensor) => add(mul(x, y), 1));
 * console.log(f(tensor([1, 2]), tensor([3, 4])).toArraySync()); // → [ 4, 9 ]
 * console.log(f.plans); // → 1
 * ```
 */
export function compile<A extends unknown[], R>(f: (...args: A) => R): Compiled<A, R> {
  checkFunction(f, 'compile');
  const entries: Entries = [];
  /** The tensors of the arguments that are looked at. */
  const found: Tensor[] = [];
  const known = (args: A): Entry | null => {
    for (let at = 0; at < entries.length; at++) {
      if (!entries[at]!.signature.matches(args, found)) continue;
      if (found.some(isOpen)) return null;
      if (at > 0) entries.unshift(...entries.splice(at, 1));
      return entries[0]!.entry;
    }
    return null;
  };
  const call = (...args: A): R => {
    const plan = known(args);
    if (plan !== null) return plan.run(found) as R;
    const flat = flattenNest<unknown>(args as Nest<unknown>);
    const inputs = flat.leaves.filter((x) => x instanceof Tensor);
    const backend = backendOf(inputs);
    if (backend === null || inputs.some(isOpen)) return f(...args);
    // What a plan holds lives as long as the plan, whatever scope is open now.
    const traced = (given: readonly unknown[]): unknown => f(...(flat.rebuild(given) as A));
    const signature = new Signature(args);
    let entry: Entry;
    try {
      entry = runWithin(undefined, () => new Entry(backend, flat.leaves, traced));
    } catch (error) {
      if (error instanceof Differentiated) return f(...args);
      throw error;
    }
    entries.unshift({ signature, entry });
    for (const { entry: old } of entries.splice(MOST_PLANS)) old.dispose();
    return entry.run(inputs) as R;
  };
  abandoned.register(call, entries);
  return Object.defineProperties(call as unknown as Compiled<A, R>, {
    plans: { get: () => entries.length },
    peakBytes: { get: () => entries[0]?.entry.peakBytes ?? 0 },
    inspect: { value: () => entries[0]?.entry.text ?? '' },
    dispose: {
      value: () => disposeAll(entries),
    },
  });
}

/** The one backend of all inputs; null where there is none, or where it can't be compiled for. */
function backendOf(inputs: readonly Tensor[]): Backend | null {
  const first = inputs[0]?.backend;
  if (first === undefined) return null;
  const other = inputs.find((x) => x.backend !== first)?.backend;
  if (other === undefined) return first;
  if (first.adopt !== undefined || other.adopt !== undefined) return null;
  throw new ConfigError(
    `compile: the arguments live on two backends, '${first.name}' and '${other.name}'. Move one with to(x, backend) first.`,
  );
}

/** Whether a tensor is being differentiated or traced, or laid out in a way that plans don't read. */
function isOpen(x: Tensor): boolean {
  return x.node !== null || x.backend.adopt !== undefined || x.strides.some((s) => s < 0);
}
