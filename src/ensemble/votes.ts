import { ConfigError } from '../core/errors';
import { readVector, type Vector } from '../data/vector';
import type { NamedEstimators } from './members';

/** How much each member that is not left out counts; null where all count alike. */
export function checkVotes(weights: Vector | null, estimators: NamedEstimators, what: string): Float64Array | null {
  if (weights === null) return null;
  const given = readVector(weights, `${what}: weights`, undefined);
  if (given.length !== estimators.length)
    throw new ConfigError(
      `${what}: has ${given.length} weights for ${estimators.length} estimators. Give one for each.`,
    );
  const votes = given.filter((_, i) => estimators[i]![1] !== 'drop');
  if (votes.some((w) => w < 0) || votes.every((w) => w === 0))
    throw new ConfigError(`${what}: weights must be ≥ 0 and not all 0, got [${given.join(', ')}].`);
  return votes;
}

/** The mean of several lists, element by element. */
export function weightedMeans(lists: readonly ArrayLike<number>[], votes: Float64Array | null): Float64Array {
  const total = votes === null ? lists.length : votes.reduce((a, b) => a + b, 0);
  const out = new Float64Array(lists[0]!.length);
  lists.forEach((list, m) => {
    const w = votes === null ? 1 : votes[m]!;
    for (let i = 0; i < out.length; i++) out[i]! += w * list[i]!;
  });
  return out.map((v) => v / total);
}
