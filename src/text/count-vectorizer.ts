import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { describe } from '../data/rows';
import type { CsrMatrix } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import { ANALYZER_OPTIONS, type AnalyzerOptions, analyzerOf, checkTexts, makeAnalyzer, type Texts } from './analyzer';
import { countKnown, countNew, type TermCounts } from './counting';
import { FittedVocabulary } from './fitted-vocabulary';

export interface CountVectorizerOptions extends AnalyzerOptions {
  /** Leave out terms that are in more texts than this: a count from 1 on, a share of the texts below 1; no limit by default. */
  readonly maxDf?: number | undefined;
  /** Leave out terms that are in fewer texts than this, likewise; 1 by default. */
  readonly minDf?: number | undefined;
  /** Keep only the terms that occur most often, of those that tie the first; all by default. */
  readonly maxFeatures?: number | null | undefined;
  /** The terms to count, in order, or the column of each; found in fit by default. */
  readonly vocabulary?: readonly string[] | Readonly<Record<string, number>> | ReadonlyMap<string, number> | undefined;
  /** Say 1 for a term that is there, however often; false by default. */
  readonly binary?: boolean | undefined;
}

/** The names of the options of {@link CountVectorizerOptions}. */
export const COUNT_OPTIONS = [...ANALYZER_OPTIONS, 'maxDf', 'minDf', 'maxFeatures', 'vocabulary', 'binary'];

/**
 * Counts how often each term is in each text: a sparse matrix, one column per term.
 *
 * By default terms are words of two letters or digits or more, in lower case. Columns are in the order of the terms, by code
 * point.
 *
 * @example
 * ```ts
 * import { CountVectorizer } from 'kompakt/text';
 * const { fitted, X } = await new CountVectorizer().fitTransform(['the cat and the dog', 'a dog']);
 * console.log(fitted.featureNames, X.toArray()); // → [ 'and', 'cat', 'dog', 'the' ] [ [ 1, 1, 1, 2 ], [ 0, 0, 1, 0 ] ]
 * ```
 */
export class CountVectorizer {
  readonly name = 'CountVectorizer' as const;
  readonly options: CountVectorizerOptions;

  /**
   * @param options - `lowercase = true`, `stripAccents`, `preprocessor`, `tokenPattern`, `tokenizer`, `ngramRange = [1, 1]`,
   * `analyzer = 'word'`, `stopWords`, `maxDf`, `minDf = 1`, `maxFeatures`, `vocabulary`, `binary = false`; checked by `fit`.
   */
  constructor(options: CountVectorizerOptions = {}) {
    this.options = options;
  }

  /**
   * Learns the terms.
   *
   * @param texts - any number of texts.
   * @param y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for options that don't fit, or texts that leave no term; DTypeError for what is no text.
   */
  async fit(texts: Texts, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedCountVectorizer> {
    return (await this.fitTransform(texts, y, options)).fitted;
  }

  /** Learns the terms and counts them in the same texts. */
  async fitTransform(
    texts: Texts,
    _y?: Labels | null,
    options: NoFitOptions = {},
  ): Promise<{ fitted: FittedCountVectorizer; X: CsrMatrix }> {
    refuseFitOptions(options, 'CountVectorizer.fit');
    checkOptions(this.options, COUNT_OPTIONS, 'CountVectorizer.fit');
    const { X, terms } = learnTerms(texts, this.options, 'CountVectorizer.fit');
    return { fitted: new FittedCountVectorizer(terms, this.options, this.options.binary === true), X };
  }
}

/**
 * The terms that options choose, and their counts.
 *
 * @throws ConfigError for options that don't fit, or texts that leave no term; DTypeError for what is no text.
 */
export function learnTerms(
  texts: Texts,
  options: CountVectorizerOptions,
  what: string,
): { X: CsrMatrix; terms: readonly string[] } {
  checkTexts(texts, what);
  const analyze = makeAnalyzer(options, what);
  const { vocabulary, binary = false } = options;
  const ones = (X: CsrMatrix): CsrMatrix => (binary ? X.withData(X.data.map(() => 1)) : X);
  if (vocabulary !== undefined) {
    const terms = readVocabulary(vocabulary, what);
    const index = new Map(terms.map((term, i) => [term, i]));
    return { X: ones(countKnown(texts, analyze, index)), terms };
  }
  if (texts.length === 0) throw new ConfigError(`${what}: no texts leave no term. Give at least one text.`);
  const limits = readLimits(options, texts.length, what);
  const found = countNew(texts, analyze, ({ inTexts, inAll }) =>
    chosen({ inTexts, inAll: binary ? Float64Array.from(inTexts) : inAll }, limits),
  );
  if (found.terms.length === 0) {
    throw new ConfigError(
      `${what}: ${texts.length} texts leave no term. Check that they hold words, and stopWords, minDf, maxDf and tokenPattern.`,
    );
  }
  return { X: ones(found.X), terms: found.terms };
}

interface Limits {
  readonly least: number;
  readonly most: number;
  readonly features: number;
}

function readLimits({ minDf = 1, maxDf, maxFeatures }: CountVectorizerOptions, n: number, what: string): Limits {
  for (const [name, v] of [
    ['minDf', minDf],
    ['maxDf', maxDf],
  ] as const) {
    if (v !== undefined && !(typeof v === 'number' && v >= 0 && (v <= 1 || Number.isInteger(v))))
      throw new ConfigError(`${what}: ${name} must be a count from 1 on or a share in [0, 1), got ${shown(v)}.`);
  }
  if (maxFeatures !== undefined && maxFeatures !== null && !(Number.isInteger(maxFeatures) && maxFeatures >= 1))
    throw new ConfigError(`${what}: maxFeatures must be an integer ≥ 1, got ${shown(maxFeatures)}.`);
  const count = (v: number): number => (v < 1 ? v * n : v);
  const limits = {
    least: count(minDf),
    most: maxDf === undefined ? n : count(maxDf),
    features: maxFeatures ?? Number.POSITIVE_INFINITY,
  };
  if (limits.most < limits.least)
    throw new ConfigError(`${what}: maxDf ${shown(maxDf)} allows fewer texts than minDf ${minDf} asks for, of ${n}.`);
  return limits;
}

function chosen({ inTexts, inAll }: TermCounts, { least, most, features }: Limits): (term: number) => boolean {
  const within = (term: number): boolean => inTexts[term]! >= least && inTexts[term]! <= most;
  if (features === Number.POSITIVE_INFINITY) return within;
  const left = Array.from(inTexts.keys()).filter(within);
  const top = new Set(left.sort((a, b) => inAll[b]! - inAll[a]! || a - b).slice(0, features));
  return (term) => top.has(term);
}

/** Terms in the order of their columns. */
function readVocabulary(given: NonNullable<CountVectorizerOptions['vocabulary']>, what: string): string[] {
  if (Array.isArray(given)) {
    const twice = given.find((term, i) => given.indexOf(term) !== i);
    if (twice !== undefined) throw new ConfigError(`${what}: vocabulary names '${twice}' twice.`);
    if (given.length === 0) throw new ConfigError(`${what}: vocabulary is empty.`);
    return [...given];
  }
  if (typeof given !== 'object' || given === null)
    throw new ConfigError(`${what}: vocabulary must be a list of terms or the column of each, got ${describe(given)}.`);
  const pairs = given instanceof Map ? [...given] : Object.entries(given as Readonly<Record<string, number>>);
  const terms = new Array<string>(pairs.length);
  for (const [term, column] of pairs) terms[column] = term;
  if (pairs.length === 0) throw new ConfigError(`${what}: vocabulary is empty.`);
  for (let c = 0; c < pairs.length; c++) {
    if (terms[c] === undefined || terms.length !== pairs.length)
      throw new ConfigError(
        `${what}: vocabulary must number its ${pairs.length} terms from 0 on; column ${c} has none, or one is beyond.`,
      );
  }
  return terms;
}

/** What `CountVectorizer.fit` returns. */
export class FittedCountVectorizer extends FittedVocabulary {
  static readonly type = 'CountVectorizer';

  constructor(featureNames: readonly string[], analyzer: AnalyzerOptions, binary: boolean) {
    super('CountVectorizer', featureNames, analyzer, binary);
  }

  static fromState(state: ModelState): FittedCountVectorizer {
    return new FittedCountVectorizer(state.featureNames as string[], analyzerOf(state.analyzer), state.binary === true);
  }

  /**
   * How often each known term is in each text.
   *
   * @param texts - any number of texts.
   * @returns `[texts, terms]`, sparse.
   * @throws DTypeError for what is no text.
   */
  transform(texts: Texts): CsrMatrix {
    return this.counts(texts);
  }
}
