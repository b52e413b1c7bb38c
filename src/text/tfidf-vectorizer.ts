import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import type { CsrMatrix } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import { type AnalyzerOptions, analyzerOf, type Texts } from './analyzer';
import { COUNT_OPTIONS, type CountVectorizerOptions, learnTerms } from './count-vectorizer';
import { FittedVocabulary } from './fitted-vocabulary';
import { learnWeighing, TFIDF_OPTIONS, type TfidfTransformerOptions, type Weighing, weigh } from './tfidf-transformer';

export interface TfidfVectorizerOptions extends CountVectorizerOptions, TfidfTransformerOptions {}

/**
 * Turns texts into weights of their terms: `CountVectorizer`, then `TfidfTransformer`.
 *
 * The weight of a term is how often the text has it, times idf = log((1 + n) / (1 + df)) + 1 for a term that df of n texts
 * have; each text is then scaled to length 1.
 *
 * @example
 * ```ts
 * import { TfidfVectorizer } from 'kompakt/text';
 * const texts = ['free prize now', 'see you now', 'free free prize'];
 * const { fitted, X } = await new TfidfVectorizer().fitTransform(texts);
 * console.log(X.shape, fitted.featureNames); // → [ 3, 5 ] [ 'free', 'now', 'prize', 'see', 'you' ]
 * console.log(fitted.transform(['a prize!']).toArray()); // → [ [ 0, 0, 1, 0, 0 ] ]
 * ```
 */
export class TfidfVectorizer {
  readonly name = 'TfidfVectorizer' as const;
  readonly options: TfidfVectorizerOptions;

  /**
   * @param options - those of `CountVectorizer`, and `norm = 'l2'`, `useIdf = true`, `smoothIdf = true`,
   * `sublinearTf = false`; checked by `fit`.
   */
  constructor(options: TfidfVectorizerOptions = {}) {
    this.options = options;
  }

  /**
   * Learns the terms and how rare each is.
   *
   * @param texts - any number of texts.
   * @param y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for options that don't fit, or texts that leave no term; DTypeError for what is no text.
   */
  async fit(texts: Texts, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedTfidfVectorizer> {
    return (await this.fitTransform(texts, y, options)).fitted;
  }

  /** Learns from texts and weighs their terms. */
  async fitTransform(
    texts: Texts,
    _y?: Labels | null,
    options: NoFitOptions = {},
  ): Promise<{ fitted: FittedTfidfVectorizer; X: CsrMatrix }> {
    const what = 'TfidfVectorizer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, [...COUNT_OPTIONS, ...TFIDF_OPTIONS], what);
    const { X, terms } = learnTerms(texts, this.options, what);
    const weighing = learnWeighing(X, this.options, what);
    const fitted = new FittedTfidfVectorizer(terms, this.options, this.options.binary === true, weighing);
    return { fitted, X: weigh(X, weighing) };
  }
}

/** What `TfidfVectorizer.fit` returns. */
export class FittedTfidfVectorizer extends FittedVocabulary {
  static readonly type = 'TfidfVectorizer';
  /** The inverse document frequency of each term; null without. */
  readonly idf: Float64Array | null;
  readonly #weighing: Weighing;

  constructor(featureNames: readonly string[], analyzer: AnalyzerOptions, binary: boolean, weighing: Weighing) {
    super('TfidfVectorizer', featureNames, analyzer, binary);
    this.idf = weighing.idf;
    this.#weighing = weighing;
  }

  static fromState(state: ModelState): FittedTfidfVectorizer {
    return new FittedTfidfVectorizer(
      state.featureNames as string[],
      analyzerOf(state.analyzer),
      state.binary === true,
      state.weighing as unknown as Weighing,
    );
  }

  override toState(): ModelState {
    return { ...super.toState(), weighing: { ...this.#weighing } };
  }

  /**
   * The weights of the known terms of each text.
   *
   * @param texts - any number of texts.
   * @returns `[texts, terms]`, sparse.
   * @throws DTypeError for what is no text.
   */
  transform(texts: Texts): CsrMatrix {
    return weigh(this.counts(texts), this.#weighing);
  }
}
