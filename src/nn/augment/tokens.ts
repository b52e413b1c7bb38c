import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { type Seed, toRng } from '../../core/rng';

/** Options of {@link augmentTokens}: shares of the tokens. */
export interface AugmentTokensOptions<T> {
  /** Share that is left out; default 0. At least one token stays. */
  readonly deletion?: number | undefined;
  /** Share that changes places with another one; default 0. */
  readonly swap?: number | undefined;
  /** Share that is replaced by what `synonyms` gives; default 0. */
  readonly replacement?: number | undefined;
  /** What may stand for a token; none where it has no other word. */
  readonly synonyms?: ((token: T) => readonly T[]) | undefined;
  /** Default: another one each time. A stream goes on from call to call. */
  readonly seed?: Seed | undefined;
}

/**
 * A text changed at random, for more texts to learn from: words left out, changed in their places, replaced by synonyms.
 *
 * @param tokens - words, or their numbers.
 * @param options - `deletion = 0`, `swap = 0`, `replacement = 0`, `synonyms`, `seed`.
 * @returns new tokens; those given are not changed.
 * @throws ConfigError for shares outside [0, 1], or replacement without synonyms.
 *
 * Reference: Wei, Zou 2019, “EDA: Easy Data Augmentation Techniques for Boosting Performance on Text Classification
 * Tasks”, arXiv:1901.11196.
 *
 * @example
 * ```ts
 * import { augmentTokens } from 'kompakt/nn';
 * const words = ['the', 'film', 'was', 'really', 'good'];
 * console.log(augmentTokens(words, { deletion: 0.3, swap: 0.2, seed: 1 }).length <= 5); // → true
 * ```
 */
export function augmentTokens<T extends string | number>(
  tokens: readonly T[],
  options: AugmentTokensOptions<T> = {},
): T[] {
  checkOptions(options, ['deletion', 'swap', 'replacement', 'synonyms', 'seed'], 'augmentTokens');
  const { deletion = 0, swap = 0, replacement = 0, synonyms } = options;
  for (const [name, share] of Object.entries({ deletion, swap, replacement })) {
    if (!(share >= 0 && share <= 1)) throw new ConfigError(`augmentTokens: ${name} must be in [0, 1], got ${share}.`);
  }
  if (replacement > 0 && typeof synonyms !== 'function')
    throw new ConfigError('augmentTokens: replacement needs synonyms, a function from a token to others.');
  const rng = toRng(options.seed ?? `${Date.now()}:${Math.random()}`);
  const replaced = tokens.map((token) => {
    if (replacement === 0 || rng.random() >= replacement) return token;
    const others = synonyms!(token);
    return others.length === 0 ? token : others[rng.integer(others.length)]!;
  });
  for (let i = 0; i < replaced.length; i++) {
    if (swap === 0 || rng.random() >= swap) continue;
    const j = rng.integer(replaced.length);
    [replaced[i], replaced[j]] = [replaced[j]!, replaced[i]!];
  }
  if (deletion === 0 || replaced.length === 0) return replaced;
  const kept = replaced.filter(() => rng.random() >= deletion);
  return kept.length > 0 ? kept : [replaced[rng.integer(replaced.length)]!];
}
