import { countFeatures, type Matrix, readSamples } from '../data/matrix';
import { type CsrMatrix, isSparse } from '../data/sparse';
import { type ModelState, toJSON } from '../estimator/state';
import { type Analyze, type AnalyzerOptions, analyzerState, checkTexts, makeAnalyzer, type Texts } from './analyzer';
import { countKnown } from './counting';

/** Base of fitted vectorizers that know the terms they count. */
export abstract class FittedVocabulary {
  /** Name of the vectorizer. */
  readonly name: string;
  /** The terms, in the order of the columns. */
  readonly featureNames: readonly string[];
  /** The column of each term. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly #analyzer: AnalyzerOptions;
  readonly #analyze: Analyze;
  readonly #binary: boolean;

  constructor(name: string, featureNames: readonly string[], analyzer: AnalyzerOptions, binary: boolean) {
    this.name = name;
    this.featureNames = featureNames;
    this.vocabulary = new Map(featureNames.map((term, i) => [term, i]));
    this.#analyzer = analyzer;
    this.#analyze = makeAnalyzer(analyzer, name);
    this.#binary = binary;
  }

  /** @throws ConfigError where an option is a function, which can't be kept. */
  toState(): ModelState {
    const analyzer = analyzerState(this.#analyzer, `${this.name}.toState`);
    return { type: this.name, featureNames: this.featureNames, analyzer, binary: this.#binary };
  }

  /** The vectorizer as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /** The terms, in the order of the columns. */
  featureNamesOut(): string[] {
    return [...this.featureNames];
  }

  /** The terms of a text, whether known or not. */
  analyze(text: string): readonly string[] {
    return this.#analyze(text);
  }

  /** How often each known term is in each text. */
  protected counts(texts: Texts): CsrMatrix {
    checkTexts(texts, `${this.name}.transform`);
    const X = countKnown(texts, this.#analyze, this.vocabulary);
    return this.#binary ? X.withData(X.data.map(() => 1)) : X;
  }

  /**
   * The terms that each text has, in the order of the columns.
   *
   * @param X - `[texts, terms]` as `transform` makes it.
   * @throws ShapeError for another number of columns.
   */
  inverseTransform(X: Matrix): string[][] {
    const samples = readSamples(X, `${this.name}.inverseTransform: X`, { cols: this.featureNames.length });
    if (isSparse(samples)) {
      const { indptr, indices, data, shape } = samples;
      return Array.from({ length: shape[0] }, (_, r) => {
        const row: string[] = [];
        for (let e = indptr[r]!; e < indptr[r + 1]!; e++) if (data[e] !== 0) row.push(this.featureNames[indices[e]!]!);
        return row;
      });
    }
    const cols = countFeatures(samples);
    return Array.from({ length: samples.rows }, (_, r) =>
      this.featureNames.filter((_t, c) => samples.data[r * cols + c] !== 0),
    );
  }
}
