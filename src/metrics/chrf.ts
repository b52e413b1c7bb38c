import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { countGrams, readCorpus } from './translation-tokens';

export interface ChrfOptions {
  /** Longest sequence of characters; 6 by default. */
  readonly charOrder?: number | undefined;
  /** Longest sequence of words; 0 by default, 2 for chrF++. */
  readonly wordOrder?: number | undefined;
  /** How many times as much recall counts as precision; 2 by default. */
  readonly beta?: number | undefined;
  /** Make lower case first; false by default. */
  readonly lowercase?: boolean | undefined;
  /** Count blanks as characters; false by default. */
  readonly whitespace?: boolean | undefined;
}

interface Settings {
  readonly charOrder: number;
  readonly wordOrder: number;
  readonly beta: number;
  readonly lowercase: boolean;
  readonly whitespace: boolean;
}

/** Of each length: sequences of the hypothesis, of the reference, and of both. */
type Statistics = readonly (readonly [hypothesis: number, reference: number, both: number])[];

/**
 * chrF of a corpus: F_β of precision and recall of sequences of characters (and words), averaged over their lengths, in
 * [0, 100]. It needs no words, so it suits Chinese and languages of rich morphology.
 *
 * As sacreBLEU counts it; of several references the best counts.
 *
 * @param references - a text, or several, for each hypothesis.
 * @param hypotheses - translations to judge.
 * @param options - `charOrder = 6`, `wordOrder = 0`, `beta = 2`, `lowercase = false`, `whitespace = false`.
 * @throws ConfigError for options and texts that don't fit.
 *
 * Reference: Popović 2015, “chrF: character n-gram F-score for automatic MT evaluation”; 2017, “chrF++”.
 *
 * @example
 * ```ts
 * import { chrfScore } from 'kompakt/metrics';
 * console.log(chrfScore(['The cat sat on the mat.'], ['The cat is on the mat.']).toFixed(2)); // → 64.58
 * ```
 */
export function chrfScore(
  references: readonly (string | readonly string[])[],
  hypotheses: readonly string[],
  options: ChrfOptions = {},
): number {
  const what = 'chrfScore';
  checkOptions(options, ['charOrder', 'wordOrder', 'beta', 'lowercase', 'whitespace'], what);
  const { charOrder = 6, wordOrder = 0, beta = 2, lowercase = false, whitespace = false } = options;
  for (const [name, value, least] of [['charOrder', charOrder, 1] as const, ['wordOrder', wordOrder, 0] as const])
    if (!Number.isInteger(value) || value < least)
      throw new ConfigError(`${what}: ${name} must be an integer ≥ ${least}, got ${shown(value)}.`);
  if (!(beta > 0)) throw new ConfigError(`${what}: beta must be > 0, got ${shown(beta)}.`);
  const settings = { charOrder, wordOrder, beta, lowercase, whitespace };
  const corpus = readCorpus(references, hypotheses, what);
  const total = Array.from({ length: charOrder + wordOrder }, () => [0, 0, 0] as [number, number, number]);
  corpus.hypotheses.forEach((hypothesis, i) => {
    best(hypothesis, corpus.references[i]!, settings).forEach((row, n) => {
      for (let k = 0; k < 3; k++) total[n]![k]! += row[k]!;
    });
  });
  return fScore(total, beta);
}

function best(hypothesis: string, references: readonly string[], settings: Settings): Statistics {
  const own = gramsOf(hypothesis, settings);
  let most = -1;
  let chosen: Statistics = [];
  for (const reference of references) {
    const theirs = gramsOf(reference, settings);
    const statistics = own.map((counts, n) => compare(counts, theirs[n]!));
    const score = fScore(statistics, settings.beta);
    if (score > most) [most, chosen] = [score, statistics];
  }
  return chosen;
}

function compare(
  hypothesis: ReadonlyMap<string, number>,
  reference: ReadonlyMap<string, number>,
): [number, number, number] {
  let [mine, both, theirs] = [0, 0, 0];
  for (const [gram, c] of hypothesis) {
    mine += c;
    both += Math.min(c, reference.get(gram) ?? 0);
  }
  for (const c of reference.values()) theirs += c;
  // Lengths of which the reference has no sequence don't count against the hypothesis.
  return [theirs > 0 ? mine : 0, theirs, both];
}

function gramsOf(text: string, { charOrder, wordOrder, lowercase, whitespace }: Settings): Map<string, number>[] {
  const line = lowercase ? text.toLowerCase() : text;
  const characters = Array.from(whitespace ? line : line.replace(/\s+/gu, ''));
  const words = wordOrder === 0 ? [] : withoutPunctuation(line);
  return [
    ...Array.from({ length: charOrder }, (_, n) => countGrams(characters, n + 1, '')),
    ...Array.from({ length: wordOrder }, (_, n) => countGrams(words, n + 1, ' ')),
  ];
}

const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** Words, with punctuation at their end, or else at their beginning, as a word of its own. */
function withoutPunctuation(line: string): string[] {
  return line
    .split(/\s+/u)
    .filter((word) => word !== '')
    .flatMap((word) => {
      const characters = Array.from(word);
      if (characters.length === 1) return [word];
      if (PUNCTUATION.includes(characters.at(-1)!)) return [characters.slice(0, -1).join(''), characters.at(-1)!];
      if (PUNCTUATION.includes(characters[0]!)) return [characters[0]!, characters.slice(1).join('')];
      return [word];
    });
}

/** The mean of precisions and of recalls over the lengths that there are, as F_β in percent. */
function fScore(statistics: Statistics, beta: number): number {
  let [precision, recall, orders] = [0, 0, 0];
  for (const [hypothesis, reference, both] of statistics) {
    if (hypothesis === 0 || reference === 0) continue;
    precision += both / hypothesis;
    recall += both / reference;
    orders++;
  }
  if (orders === 0) return 0;
  [precision, recall] = [precision / orders, recall / orders];
  if (precision + recall === 0) return 0;
  const factor = beta ** 2;
  return (100 * (1 + factor) * precision * recall) / (factor * precision + recall);
}
