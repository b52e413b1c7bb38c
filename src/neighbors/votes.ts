import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import { describe } from '../data/rows';

/** Weights of the neighbours of one sample, from their distances. */
export type NeighborWeights = 'uniform' | 'distance' | ((distances: Float64Array) => ArrayLike<number>);

/** Throws unless `weights` can weigh neighbours. */
export function checkNeighborWeights(weights: unknown, what: string): void {
  if (weights === 'uniform' || weights === 'distance' || typeof weights === 'function') return;
  throw new ConfigError(
    `${what}: weights must be 'uniform', 'distance' or a function of the distances, got ${shown(weights)}.`,
  );
}

/**
 * How much each neighbour of a sample counts. `'distance'` is 1/d; where some are at no distance, those alone count.
 *
 * @throws ConfigError when a function gives other than one finite weight ≥ 0 each.
 */
export function weigh(weights: NeighborWeights, distances: Float64Array, what: string): ArrayLike<number> {
  if (weights === 'uniform') return new Float64Array(distances.length).fill(1);
  if (weights === 'distance') {
    const isAtOne = distances.some((d) => d === 0);
    return distances.map((d) => (isAtOne ? Number(d === 0) : 1 / d));
  }
  const given = weights(distances);
  if (typeof given !== 'object' || given === null || given.length !== distances.length) {
    throw new ConfigError(
      `${what}: weights must return one number for each of the ${distances.length} distances, got ${describe(given)}.`,
    );
  }
  for (let i = 0; i < given.length; i++) {
    if (!(given[i]! >= 0) || given[i] === Infinity)
      throw new ConfigError(`${what}: weights returned ${given[i]} for a distance of ${distances[i]}; it must be ≥ 0.`);
  }
  return given;
}

/** Weights as a model's state holds them. */
export function savedWeights(weights: NeighborWeights, what: string): string {
  if (typeof weights === 'string') return weights;
  throw new ConfigError(
    `${what}: a model whose weights are a function can't be saved. Use 'uniform' or 'distance', or fit it again where it is needed.`,
  );
}
