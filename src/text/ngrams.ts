import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';

/**
 * All sequences of `n` parts that follow each other.
 *
 * @param parts - words or characters.
 * @param n - their number; 2 by default.
 * @returns the sequences, in order; none where there are fewer than `n` parts.
 * @throws ConfigError when `n` is no positive integer.
 *
 * @example
 * ```ts
 * import { ngrams, segment } from 'kompakt/text';
 * console.log(ngrams(segment('我喜欢喝茶', { locale: 'zh' })).map((g) => g.join('|'))); // → [ '我|喜欢', '喜欢|喝茶' ]
 * console.log(ngrams(Array.from('茶很好'), 2).map((g) => g.join(''))); // → [ '茶很', '很好' ]
 * ```
 */
export function ngrams<T>(parts: readonly T[], n = 2): T[][] {
  if (!Number.isInteger(n) || n < 1) throw new ConfigError(`ngrams: n must be an integer ≥ 1, got ${shown(n)}.`);
  if (!Array.isArray(parts)) throw new ConfigError(`ngrams: expected a list of parts, got ${shown(parts)}.`);
  return Array.from({ length: Math.max(0, parts.length - n + 1) }, (_, i) => parts.slice(i, i + n));
}
