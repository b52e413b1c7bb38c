import { ConfigError } from '../core/errors';
import { flattenNest, mapNest, type Nest } from '../core/nest';
import { Tensor } from '../core/tensor';
import { zerosLike } from '../ops/create';

interface Place {
  readonly keys: readonly string[];
  readonly leaf: Tensor;
}

/** The leaves of `nest`, and the keys that lead to each. */
function places(nest: Nest<Tensor>): Place[] {
  const found: Place[] = [];
  const visit = (x: unknown, keys: readonly string[]): void => {
    if (Array.isArray(x)) {
      x.forEach((y, i) => visit(y, [...keys, String(i)]));
    } else if (isRecord(x)) {
      for (const [key, y] of Object.entries(x)) visit(y, [...keys, key]);
    } else {
      found.push({ keys, leaf: x as Tensor });
    }
  };
  visit(nest, []);
  return found;
}

export function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null && !Array.isArray(x) && !(x instanceof Tensor);
}

/** The leaf of `nest` that the keys lead to: by keys and not by order, so that nests restored from a file fit too. */
function leafAt(nest: unknown, keys: readonly string[], what: string): Tensor {
  let x = nest;
  for (const key of keys) {
    x = (Array.isArray(x) || isRecord(x)) && Object.hasOwn(x, key) ? (x as Record<string, unknown>)[key] : undefined;
  }
  if (!(x instanceof Tensor)) {
    throw new ConfigError(
      `optim: ${what} has no tensor at '${keys.join('/')}', where the first nest has one. Give gradients, state and parameters of one structure.`,
    );
  }
  return x;
}

/**
 * Applies `f` to the tensors at each place of several nests of one structure; the path it gets joins the keys, as in
 * `'dense/kernel'`. `f` returns several tensors; the result has a nest, structured like the first, for each of them.
 */
export function mapTensors(
  nests: readonly (readonly [what: string, nest: Nest<Tensor>])[],
  count: number,
  f: (xs: readonly Tensor[], path: string) => readonly Tensor[],
): Nest<Tensor>[] {
  const [first, ...others] = nests;
  const flat = flattenNest<Tensor>(first![1]);
  const results = places(first![1]).map(({ keys, leaf }) =>
    f([leaf, ...others.map(([what, nest]) => leafAt(nest, keys, what))], keys.join('/')),
  );
  return Array.from({ length: count }, (_, k) => flat.rebuild(results.map((r) => r[k]!)) as Nest<Tensor>);
}

/** A zero for every parameter. */
export function zerosFor(params: Nest<Tensor>): Nest<Tensor> {
  return mapNest(params, zerosLike);
}
