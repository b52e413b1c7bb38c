import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { countGrams, readCorpus, type TranslationTokens, translationTokens } from './translation-tokens';
import { checkOption } from './warning';

const SMOOTHINGS = ['exp', 'floor', 'addK', 'none'] as const;

export interface BleuOptions {
  /** How texts are cut: `'13a'` (default), `'zh'` for Chinese, `'char'`, `'none'` (at blanks), or a function. */
  readonly tokenize?: TranslationTokens | undefined;
  /** Make lower case first; false by default. */
  readonly lowercase?: boolean | undefined;
  /** Longest sequence of words that is compared; 4 by default. */
  readonly maxOrder?: number | undefined;
  /** What to do where no sequence of a length is right: `'exp'` (default) halves, `'floor'`, `'addK'`, or `'none'`. */
  readonly smoothing?: (typeof SMOOTHINGS)[number] | undefined;
  /** 0.1 for `'floor'`, 1 for `'addK'`, by default. */
  readonly smoothingValue?: number | undefined;
  /** Leave out lengths of which there is no sequence; for single sentences. False by default; true in `sentenceBleu`. */
  readonly effectiveOrder?: boolean | undefined;
}

/** BLEU and what it is made of. */
export interface BleuScore {
  /** In [0, 100]. */
  readonly score: number;
  /** Per length from 1 on, in percent. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  /** Words of the hypotheses. */
  readonly hypothesisLength: number;
  /** Words of the references, for each hypothesis of that nearest in length. */
  readonly referenceLength: number;
}

const OPTIONS = ['tokenize', 'lowercase', 'maxOrder', 'smoothing', 'smoothingValue', 'effectiveOrder'];

/** Right and all sequences of each length, and the words. */
interface Statistics {
  readonly right: number[];
  readonly total: number[];
  hypothesis: number;
  reference: number;
}

/**
 * BLEU of a corpus: BP · exp(mean over n of log pₙ), where pₙ is the share of the hypotheses' sequences of n words that the
 * references have, and BP = min(1, exp(1 − r/c)) punishes shortness.
 *
 * As sacreBLEU counts it, so that figures can be compared.
 *
 * @param references - a text, or several, for each hypothesis.
 * @param hypotheses - translations to judge.
 * @param options - `tokenize = '13a'`, `lowercase = false`, `maxOrder = 4`, `smoothing = 'exp'`, `smoothingValue`,
 * `effectiveOrder = false`.
 * @throws ConfigError for options and texts that don't fit.
 *
 * Reference: Papineni et al. 2002, “BLEU: a method for automatic evaluation of machine translation”; Post 2018, “A call for
 * clarity in reporting BLEU scores”.
 *
 * @example
 * ```ts
 * import { corpusBleu } from 'kompakt/metrics';
 * const { score } = corpusBleu(['The cat sat on the mat.'], ['The cat is on the mat.']);
 * console.log(score.toFixed(2)); // → 48.89
 * ```
 */
export function corpusBleu(
  references: readonly (string | readonly string[])[],
  hypotheses: readonly string[],
  options: BleuOptions = {},
): BleuScore {
  return bleu(references, hypotheses, options, 'corpusBleu');
}

/**
 * BLEU of one sentence; see {@link corpusBleu}. A figure for a corpus is not the mean of those of its sentences.
 *
 * @param reference - a text, or several.
 * @param hypothesis - the translation to judge.
 * @param options - as for `corpusBleu`, with `effectiveOrder = true`.
 *
 * @example
 * ```ts
 * import { sentenceBleu } from 'kompakt/metrics';
 * console.log(sentenceBleu('我 喜欢 茶', '我 喜欢 茶').score.toFixed(1)); // → 100.0
 * ```
 */
export function sentenceBleu(
  reference: string | readonly string[],
  hypothesis: string,
  options: BleuOptions = {},
): BleuScore {
  return bleu([reference], [hypothesis], { effectiveOrder: true, ...options }, 'sentenceBleu');
}

function bleu(
  references: readonly (string | readonly string[])[],
  hypotheses: readonly string[],
  options: BleuOptions,
  what: string,
): BleuScore {
  checkOptions(options, OPTIONS, what);
  const { maxOrder = 4, lowercase = false, effectiveOrder = false } = options;
  if (!Number.isInteger(maxOrder) || maxOrder < 1)
    throw new ConfigError(`${what}: maxOrder must be an integer ≥ 1, got ${shown(maxOrder)}.`);
  const smoothing = checkOption(options.smoothing ?? 'exp', SMOOTHINGS, 'smoothing', what);
  const value = options.smoothingValue ?? (smoothing === 'addK' ? 1 : 0.1);
  if (!(value >= 0)) throw new ConfigError(`${what}: smoothingValue must be ≥ 0, got ${shown(value)}.`);
  const tokens = translationTokens(options.tokenize ?? '13a', what);
  const read = (text: string): readonly string[] => tokens(lowercase ? text.toLowerCase() : text);
  const corpus = readCorpus(references, hypotheses, what);
  const statistics = gather(
    corpus.references.map((r) => r.map(read)),
    corpus.hypotheses.map(read),
    maxOrder,
  );
  return scored(statistics, smoothing, value, effectiveOrder);
}

function gather(
  references: readonly (readonly (readonly string[])[])[],
  hypotheses: readonly (readonly string[])[],
  maxOrder: number,
): Statistics {
  const zeros = (): number[] => new Array<number>(maxOrder).fill(0);
  const found: Statistics = { right: zeros(), total: zeros(), hypothesis: 0, reference: 0 };
  hypotheses.forEach((words, i) => {
    const own = references[i]!;
    found.hypothesis += words.length;
    found.reference += nearestLength(words.length, own);
    for (let n = 1; n <= maxOrder; n++) {
      const counts = countGrams(words, n, ' ');
      const most = new Map<string, number>();
      for (const reference of own)
        for (const [gram, c] of countGrams(reference, n, ' ')) most.set(gram, Math.max(c, most.get(gram) ?? 0));
      for (const [gram, c] of counts) {
        found.total[n - 1]! += c;
        found.right[n - 1]! += Math.min(c, most.get(gram) ?? 0);
      }
    }
  });
  return found;
}

/** The length of the reference nearest to `length`; of two as near, the shorter. */
function nearestLength(length: number, references: readonly (readonly string[])[]): number {
  let best = references[0]!.length;
  for (const { length: r } of references) {
    const [a, b] = [Math.abs(r - length), Math.abs(best - length)];
    if (a < b || (a === b && r < best)) best = r;
  }
  return best;
}

function scored(
  { right, total, hypothesis, reference }: Statistics,
  smoothing: (typeof SMOOTHINGS)[number],
  value: number,
  effectiveOrder: boolean,
): BleuScore {
  const precisions = new Array<number>(right.length).fill(0);
  let order = right.length;
  const brevityPenalty = hypothesis >= reference ? 1 : hypothesis === 0 ? 0 : Math.exp(1 - reference / hypothesis);
  const result = (score: number): BleuScore => ({
    score,
    precisions,
    brevityPenalty,
    hypothesisLength: hypothesis,
    referenceLength: reference,
  });
  if (right.every((n) => n === 0)) return result(0);
  let misses = 0;
  for (let n = 0; n < right.length; n++) {
    const more = smoothing === 'addK' && n > 0 ? value : 0;
    const [hits, all] = [right[n]! + more, total[n]! + more];
    if (all === 0) break;
    if (effectiveOrder) order = n + 1;
    if (hits > 0) precisions[n] = (100 * hits) / all;
    else if (smoothing === 'exp') precisions[n] = 100 / (2 ** ++misses * all);
    else if (smoothing === 'floor') precisions[n] = (100 * value) / all;
  }
  // A precision of zero has no logarithm; as in sacreBLEU, a very small number stands for it.
  const logs = precisions.slice(0, order).map((p) => (p === 0 ? -9999999999 : Math.log(p)));
  return result(brevityPenalty * Math.exp(logs.reduce((a, b) => a + b, 0) / order));
}
