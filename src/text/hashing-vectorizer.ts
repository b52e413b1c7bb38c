import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { normaliseSparse } from '../data/row-norms';
import type { CsrMatrix } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { type ModelState, toJSON } from '../estimator/state';
import { checkOption } from '../metrics/warning';
import {
  ANALYZER_OPTIONS,
  type Analyze,
  type AnalyzerOptions,
  analyzerOf,
  analyzerState,
  checkTexts,
  makeAnalyzer,
  type Texts,
} from './analyzer';
import { hashedColumn } from './murmur-hash';
import { addTo, matrixOf, type SparseRow } from './sparse-rows';

export interface HashingVectorizerOptions extends AnalyzerOptions {
  /** How many columns terms are spread over; 2²⁰ by default. */
  readonly nFeatures?: number | undefined;
  /** Let half of the terms count negatively, so that those of one column rather cancel than add up; true by default. */
  readonly alternateSign?: boolean | undefined;
  /** Which norm of each row becomes 1: `'l2'` (default), `'l1'`, or null for none. */
  readonly norm?: 'l1' | 'l2' | null | undefined;
  /** Say 1 for a term that is there, however often; false by default. */
  readonly binary?: boolean | undefined;
}

/** Throws unless `n` can be a number of columns. */
export function checkColumns(n: unknown, what: string): void {
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 1 || n >= 2 ** 31)
    throw new ConfigError(`${what}: nFeatures must be an integer in [1, 2^31), got ${shown(n)}.`);
}

/**
 * Counts terms in columns chosen by a hash of the term: nothing is learned, and no vocabulary kept; several terms may share
 * a column.
 *
 * Column |h| mod n and sign of h, with h the 32-bit MurmurHash3 of the term's UTF-8.
 *
 * Reference: Weinberger et al. 2009, “Feature hashing for large scale multitask learning”.
 *
 * @example
 * ```ts
 * import { HashingVectorizer } from 'kompakt/text';
 * const { X } = await new HashingVectorizer({ nFeatures: 8, norm: null }).fitTransform(['one fish two fish']);
 * console.log(X.toArray().join()); // → 1,0,0,0,-1,0,0,2
 * ```
 */
export class HashingVectorizer {
  readonly name = 'HashingVectorizer' as const;
  readonly options: HashingVectorizerOptions;

  /**
   * @param options - those that say what terms are (see `CountVectorizer`), `nFeatures = 2 ** 20`, `alternateSign = true`,
   * `norm = 'l2'`, `binary = false`; checked by `fit`.
   */
  constructor(options: HashingVectorizerOptions = {}) {
    this.options = options;
  }

  /**
   * Checks the options; learns nothing.
   *
   * @param texts - any number of texts.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for options that don't fit; DTypeError for what is no text.
   */
  async fit(texts: Texts, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedHashingVectorizer> {
    const what = 'HashingVectorizer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, [...ANALYZER_OPTIONS, 'nFeatures', 'alternateSign', 'norm', 'binary'], what);
    const { nFeatures = 2 ** 20, alternateSign = true, norm = 'l2', binary = false, ...analyzer } = this.options;
    checkColumns(nFeatures, what);
    if (norm !== null) checkOption(norm, ['l1', 'l2'], 'norm', what);
    checkTexts(texts, what);
    return new FittedHashingVectorizer(analyzer, { nFeatures, alternateSign, norm, binary });
  }

  /** Hashes the terms of texts. */
  async fitTransform(
    texts: Texts,
    _y?: Labels | null,
    options: NoFitOptions = {},
  ): Promise<{ fitted: FittedHashingVectorizer; X: CsrMatrix }> {
    const fitted = await this.fit(texts, _y, options);
    return { fitted, X: fitted.transform(texts) };
  }
}

interface Hashing {
  readonly nFeatures: number;
  readonly alternateSign: boolean;
  readonly norm: 'l1' | 'l2' | null;
  readonly binary: boolean;
}

/** What `HashingVectorizer.fit` returns. */
export class FittedHashingVectorizer {
  static readonly type = 'HashingVectorizer';
  readonly name = 'HashingVectorizer';
  /** How many columns there are. */
  readonly nFeatures: number;
  readonly #analyzer: AnalyzerOptions;
  readonly #analyze: Analyze;
  readonly #hashing: Hashing;

  constructor(analyzer: AnalyzerOptions, hashing: Hashing) {
    this.nFeatures = hashing.nFeatures;
    this.#analyzer = analyzer;
    this.#analyze = makeAnalyzer(analyzer, 'HashingVectorizer.fit');
    this.#hashing = hashing;
  }

  static fromState(state: ModelState): FittedHashingVectorizer {
    return new FittedHashingVectorizer(analyzerOf(state.analyzer), state.hashing as unknown as Hashing);
  }

  /** @throws ConfigError where an option is a function, which can't be kept. */
  toState(): ModelState {
    const analyzer = analyzerState(this.#analyzer, 'HashingVectorizer.toState');
    return { type: 'HashingVectorizer', analyzer, hashing: { ...this.#hashing } };
  }

  /** The vectorizer as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /**
   * The hashed terms of each text.
   *
   * @param texts - any number of texts.
   * @returns `[texts, nFeatures]`, sparse.
   * @throws DTypeError for what is no text.
   */
  transform(texts: Texts): CsrMatrix {
    checkTexts(texts, 'HashingVectorizer.transform');
    const { nFeatures, alternateSign, norm, binary } = this.#hashing;
    const known = new Map<string, ReturnType<typeof hashedColumn>>();
    const rows = texts.map((text) => {
      const row: SparseRow = new Map();
      for (const term of this.#analyze(text)) {
        let place = known.get(term);
        if (place === undefined) {
          place = hashedColumn(term, nFeatures);
          known.set(term, place);
        }
        addTo(row, place.column, alternateSign && place.negative ? -1 : 1);
      }
      return row;
    });
    const counts = matrixOf(rows, nFeatures);
    const X = binary ? counts.withData(counts.data.map(() => 1)) : counts;
    return norm === null ? X : normaliseSparse(X, norm);
  }
}
