import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { type Seed, toRng } from '../../core/rng';
import { shown } from '../../core/shown';
import { isTyped } from '../../data/rows';

export interface SkipgramOptions {
  /** How far apart the words of a pair may be; 4 by default. */
  readonly windowSize?: number | undefined;
  /** Pairs with a random word for each true one; 1 by default. */
  readonly negativeSamples?: number | undefined;
  /** Mix the pairs; true by default. */
  readonly shuffle?: boolean | undefined;
  /** By word number, how probable it is that the word is taken; see {@link makeSamplingTable}. */
  readonly samplingTable?: ArrayLike<number> | undefined;
  readonly seed?: Seed | undefined;
}

/** Pairs of words with whether they are true ones. */
export interface Skipgrams {
  readonly couples: readonly (readonly [number, number])[];
  /** 1 for a pair of the sequence, 0 for one with a random word. */
  readonly labels: readonly number[];
}

/**
 * Pairs of a word and one near it, and as many with a random word: what word vectors are trained on.
 *
 * As Keras's `skipgrams`; random choices are this library's.
 *
 * @param sequence - numbers of words; 0 stands for none.
 * @param vocabularySize - highest number + 1.
 * @param options - `windowSize = 4`, `negativeSamples = 1`, `shuffle = true`, `samplingTable`, `seed`.
 * @throws ConfigError for options that don't fit.
 *
 * Reference: Mikolov et al. 2013, “Efficient estimation of word representations in vector space”.
 *
 * @example
 * ```ts
 * import { skipgrams } from 'kompakt/text';
 * const { couples } = skipgrams([1, 2, 3], 4, { windowSize: 1, negativeSamples: 0, shuffle: false });
 * console.log(couples); // → [ [ 1, 2 ], [ 2, 1 ], [ 2, 3 ], [ 3, 2 ] ]
 * ```
 */
export function skipgrams(
  sequence: ArrayLike<number>,
  vocabularySize: number,
  options: SkipgramOptions = {},
): Skipgrams {
  const what = 'skipgrams';
  checkOptions(options, ['windowSize', 'negativeSamples', 'shuffle', 'samplingTable', 'seed'], what);
  const { windowSize = 4, negativeSamples = 1, shuffle = true, samplingTable, seed } = options;
  if (!Array.isArray(sequence) && !isTyped(sequence))
    throw new ConfigError(`${what}: expected a list of the numbers of words, got ${shown(sequence)}.`);
  if (!Number.isInteger(vocabularySize) || vocabularySize < 1)
    throw new ConfigError(`${what}: vocabularySize must be an integer ≥ 1, got ${shown(vocabularySize)}.`);
  const words = Array.from(sequence as ArrayLike<number>);
  const stranger = words.find((w) => !Number.isInteger(w) || w < 0 || w >= vocabularySize);
  if (stranger !== undefined)
    throw new ConfigError(
      `${what}: words must be integers in [0, vocabularySize) = [0, ${vocabularySize}), got ${shown(stranger)}.`,
    );
  if (!Number.isInteger(windowSize) || windowSize < 1)
    throw new ConfigError(`${what}: windowSize must be an integer ≥ 1, got ${shown(windowSize)}.`);
  if (!(negativeSamples >= 0))
    throw new ConfigError(`${what}: negativeSamples must be ≥ 0, got ${shown(negativeSamples)}.`);
  if (samplingTable !== undefined && samplingTable.length < vocabularySize)
    throw new ConfigError(`${what}: samplingTable has ${samplingTable.length} values for ${vocabularySize} words.`);
  const rng = toRng(seed);
  const pairs: { couple: [number, number]; label: number }[] = [];
  words.forEach((word, i) => {
    if (word === 0 || (samplingTable !== undefined && samplingTable[word]! < rng.random())) return;
    for (let j = Math.max(0, i - windowSize); j <= Math.min(words.length - 1, i + windowSize); j++)
      if (j !== i && words[j] !== 0) pairs.push({ couple: [word, words[j]!], label: 1 });
  });
  const firsts = rng.permutation(pairs.map(({ couple }) => couple[0]));
  const wrong = firsts.length === 0 ? 0 : Math.trunc(firsts.length * negativeSamples);
  for (let i = 0; i < wrong; i++)
    pairs.push({ couple: [firsts[i % firsts.length]!, 1 + rng.integer(vocabularySize - 1)], label: 0 });
  const order = shuffle ? rng.permutation(pairs) : pairs;
  return { couples: order.map((p) => p.couple), labels: order.map((p) => p.label) };
}

/**
 * How probable it is that a word is taken, by its rank in frequency: min(1, √(t / f)), with f as Zipf's law has it.
 *
 * As Keras's `make_sampling_table`.
 *
 * @param size - number of words.
 * @param samplingFactor - t; 1e-5 by default.
 * @returns probabilities `[size]`; frequent words have small ones.
 * @throws ConfigError for a size that is none.
 *
 * @example
 * ```ts
 * import { makeSamplingTable } from 'kompakt/text';
 * console.log(Array.from(makeSamplingTable(3), (p) => p.toFixed(4))); // → [ '0.0032', '0.0032', '0.0055' ]
 * ```
 */
export function makeSamplingTable(size: number, samplingFactor = 1e-5): Float64Array {
  if (!Number.isInteger(size) || size < 1)
    throw new ConfigError(`makeSamplingTable: size must be an integer ≥ 1, got ${shown(size)}.`);
  const gamma = 0.577;
  return Float64Array.from({ length: size }, (_, i) => {
    const rank = Math.max(1, i);
    const inverse = rank * (Math.log(rank) + gamma) + 0.5 - 1 / (12 * rank);
    return Math.min(1, Math.sqrt(samplingFactor * inverse));
  });
}
