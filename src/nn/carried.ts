import { ConfigError, ShapeError } from '../core/errors';
import { zeros } from '../ops/create';
import type { Network } from './graph/network';
import type { AnyLayer, Carried, LayerWeights, Params } from './layer';

/** What layers by the name that comes before those of their weights carry; undefined where none does. */
export function carriedOf(parts: { readonly [name: string]: AnyLayer }): { readonly carried?: Carried } {
  const own = Object.entries(parts).flatMap(([name, { carried }]) =>
    carried === undefined ? [] : [{ name, carried }],
  );
  if (own.length === 0) return {};
  const names = own.flatMap(({ name, carried }) => carried.names.map((state) => `${name}/${state}`));
  return { carried: { names, batchSize: own[0]!.carried.batchSize } };
}

/** The entries of a layer's state that are weights of it. */
export function weightsInState<T>({ carried }: AnyLayer, state: { readonly [name: string]: T }): { [name: string]: T } {
  if (carried === undefined) return state;
  return Object.fromEntries(Object.entries(state).filter(([name]) => !carried.names.includes(name)));
}

/** The batches that a network wants, as its stateful layers do. */
export interface FixedBatch {
  readonly size: number;
  /** The name of such a layer. */
  readonly layer: string;
}

/** The batches that a network wants; null where it takes all. */
export function fixedBatchOf({ layers, names }: Network): FixedBatch | null {
  let found: FixedBatch | null = null;
  layers.forEach(({ carried }, i) => {
    if (carried === undefined) return;
    if (found !== null && found.size !== carried.batchSize)
      throw new ConfigError(
        `The stateful layers '${found.layer}' and '${names[i]}' have a batchSize of ${found.size} and of ${carried.batchSize}. Give them the same.`,
      );
    found ??= { size: carried.batchSize, layer: names[i]! };
  });
  return found;
}

/** The size of batches: what is given, if stateful layers take it, or else what they want. */
export function fittingBatchSize(
  given: number | undefined,
  fixed: FixedBatch | null,
  what: string,
): number | undefined {
  if (fixed === null) return given;
  // All samples as one batch: the layer itself sees whether they are as many.
  if (given === undefined || given === Number.MAX_SAFE_INTEGER || given === fixed.size) return given ?? fixed.size;
  throw new ConfigError(
    `${what}: batchSize is ${given}, but the stateful layer '${fixed.layer}' goes on from batches of ${fixed.size}. Give batchSize: ${fixed.size}, or leave it out.`,
  );
}

/** Throws where so many samples leave an incomplete batch. */
export function checkWhole(count: number, fixed: FixedBatch | null, what: string): void {
  const rest = fixed === null ? 0 : count % fixed.size;
  if (rest === 0) return;
  throw new ShapeError(
    `${what}: ${count} samples make no whole batches of ${fixed!.size}, which the stateful layer '${fixed!.layer}' needs. Leave out the last ${rest}, or add ${fixed!.size - rest}.`,
  );
}

/** The weights with what layers carry at zero again; of the layers of those names alone, where there are some. */
export function withoutCarried(
  { layers, names }: Network,
  weights: readonly LayerWeights[],
  only: readonly string[],
): LayerWeights[] {
  for (const name of only) {
    if (!names.includes(name))
      throw new ConfigError(`resetStates: there is no layer '${name}'. There are ${names.join(', ')}.`);
    if (layers[names.indexOf(name)]!.carried === undefined)
      throw new ConfigError(`resetStates: the layer '${name}' is not stateful, and carries nothing.`);
  }
  return weights.map((w, i) => {
    const { carried } = layers[i]!;
    if (carried === undefined || (only.length > 0 && !only.includes(names[i]!))) return w;
    const fresh = carried.names.map((name) => {
      const { shape, dtype, backend } = w.state[name]!;
      return [name, zeros(shape, { dtype, backend })] as const;
    });
    return { params: w.params, state: { ...w.state, ...Object.fromEntries(fresh) } };
  });
}

/** Of the states after a run, what layers carry on. */
export function carriedOn({ layers }: Network, states: readonly Params[]): Params[] {
  return states.map((state, i) =>
    Object.fromEntries((layers[i]!.carried?.names ?? []).map((name) => [name, state[name]!] as const)),
  );
}
