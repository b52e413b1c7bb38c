import { ConfigError, FormatError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';
import { type ModelState, toJSON } from '../../estimator/state';
import { checkOption } from '../../metrics/warning';
import { checkTexts } from '../analyzer';
import { checkSplit, DEFAULT_FILTERS, wordsIn } from './word-sequence';

export interface TokenizerOptions {
  /** Use only the most frequent words: those of index below this; all by default. */
  readonly numWords?: number | null | undefined;
  /** Characters that count as the separator; punctuation, tab and line break by default, not the apostrophe. */
  readonly filters?: string | undefined;
  /** Make lower case; true by default. */
  readonly lower?: boolean | undefined;
  /** What divides words; a blank by default. */
  readonly split?: string | undefined;
  /** Take every character as a word; false by default. */
  readonly charLevel?: boolean | undefined;
  /** A word that stands for those not known, with index 1; without it they are left out. */
  readonly oovToken?: string | null | undefined;
  /** Gives the words of a text, instead of cutting it at `split`. */
  readonly analyzer?: ((text: string) => readonly string[]) | null | undefined;
}

/** Texts, or lists of words. */
export type TokenizerTexts = readonly (string | readonly string[])[];

const MODES = ['binary', 'count', 'freq', 'tfidf'] as const;

/** How a matrix tells of words: there or not, how often, how often of all, or weighed by rareness. */
export type MatrixMode = (typeof MODES)[number];

type Settings = { readonly [K in keyof TokenizerOptions]-?: Exclude<TokenizerOptions[K], undefined> };

/**
 * Numbers words by how frequent they are, from 1 on, and turns texts into lists of those numbers: what an embedding takes.
 *
 * As Keras's `Tokenizer`: words that are equally frequent are numbered as they first occur; 0 is left for padding; fitting
 * again goes on counting. Unlike estimators, it learns in place, and at once.
 *
 * @example
 * ```ts
 * import { padSequences, Tokenizer } from 'kompakt/text';
 * const tokenizer = new Tokenizer({ oovToken: '?' });
 * tokenizer.fitOnTexts(['The cat sat.', 'The dog sat down!']);
 * const sequences = tokenizer.textsToSequences(['the cat sat down', 'the bird']);
 * console.log(sequences, padSequences(sequences)[1]); // → [ [ 2, 4, 3, 6 ], [ 2, 1 ] ] [ 0, 0, 2, 1 ]
 * ```
 */
export class Tokenizer {
  static readonly type = 'Tokenizer';
  readonly name = 'Tokenizer' as const;
  readonly options: TokenizerOptions;
  /** Number of texts and sequences that it was fitted on. */
  documentCount = 0;
  readonly #settings: Settings;
  /** How often each word occurred, in the order of first occurrence. */
  readonly #counts = new Map<string, number>();
  /** In how many texts each word occurred. */
  readonly #documents = new Map<string, number>();
  /** In how many texts and sequences each number occurred. */
  readonly #indexDocuments = new Map<number, number>();
  /** The word of number i + 1. */
  #words: readonly string[] = [];
  #index: ReadonlyMap<string, number> = new Map();

  /**
   * @param options - `numWords`, `filters`, `lower = true`, `split = ' '`, `charLevel = false`, `oovToken`, `analyzer`.
   * @throws ConfigError for options that don't fit.
   */
  constructor(options: TokenizerOptions = {}) {
    const what = 'Tokenizer';
    const known = ['numWords', 'filters', 'lower', 'split', 'charLevel', 'oovToken', 'analyzer'];
    checkOptions(options, known, what);
    this.options = options;
    const { numWords = null, filters = DEFAULT_FILTERS, lower = true, split = ' ' } = options;
    const { charLevel = false, oovToken = null, analyzer = null } = options;
    if (numWords !== null && !(Number.isInteger(numWords) && numWords >= 1))
      throw new ConfigError(`${what}: numWords must be an integer ≥ 1, got ${shown(numWords)}.`);
    if (typeof filters !== 'string') throw new ConfigError(`${what}: filters must be a text, got ${shown(filters)}.`);
    if (analyzer !== null && typeof analyzer !== 'function')
      throw new ConfigError(`${what}: analyzer must be a function of a text, got ${shown(analyzer)}.`);
    checkSplit(split, what);
    this.#settings = { numWords, filters, lower, split, charLevel, oovToken, analyzer };
  }

  /** The number of each word. */
  get wordIndex(): Readonly<Record<string, number>> {
    return recordOf(this.#index);
  }

  /** The word of each number. */
  get indexWord(): Readonly<Record<number, string>> {
    return Object.fromEntries(Array.from(this.#index, ([word, i]) => [i, word]));
  }

  /** How often each word occurred. */
  get wordCounts(): Readonly<Record<string, number>> {
    return recordOf(this.#counts);
  }

  /** In how many texts. */
  get wordDocs(): Readonly<Record<string, number>> {
    return recordOf(this.#documents);
  }

  /** In how many texts and sequences each number occurred. */
  get indexDocs(): Readonly<Record<number, number>> {
    return Object.fromEntries(this.#indexDocuments);
  }

  /**
   * Counts and numbers the words of texts; those of earlier calls stay counted.
   *
   * @param texts - texts, or lists of words.
   * @returns the tokenizer.
   * @throws DTypeError for what is no text; nothing is counted then.
   */
  fitOnTexts(texts: TokenizerTexts): this {
    checkTextsOrLists(texts, 'Tokenizer.fitOnTexts');
    const perText = texts.map((text) => this.#wordsOf(text));
    for (const words of perText) {
      this.documentCount++;
      for (const word of words) this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
      for (const word of new Set(words)) this.#documents.set(word, (this.#documents.get(word) ?? 0) + 1);
    }
    this.#number();
    for (const [word, n] of this.#documents) this.#indexDocuments.set(this.#index.get(word)!, n);
    return this;
  }

  /**
   * Counts in how many sequences each number occurs, for `'tfidf'` where there are no texts.
   *
   * @param sequences - lists of numbers.
   * @returns the tokenizer.
   */
  fitOnSequences(sequences: readonly ArrayLike<number>[]): this {
    checkSequences(sequences, 'Tokenizer.fitOnSequences');
    this.documentCount += sequences.length;
    for (const sequence of sequences)
      for (const i of new Set(Array.from(sequence)))
        this.#indexDocuments.set(i, (this.#indexDocuments.get(i) ?? 0) + 1);
    return this;
  }

  /** The same as `fitOnTexts`. */
  fit(texts: TokenizerTexts): this {
    return this.fitOnTexts(texts);
  }

  /**
   * The numbers of the words of each text.
   *
   * @param texts - texts, or lists of words.
   * @returns a list per text; unknown words, and those from `numWords` on, are left out, or get the number of `oovToken`.
   */
  textsToSequences(texts: TokenizerTexts): number[][] {
    checkTextsOrLists(texts, 'Tokenizer.textsToSequences');
    const { numWords, oovToken } = this.#settings;
    const oov = oovToken === null ? undefined : this.#index.get(oovToken);
    return texts.map((text) =>
      this.#wordsOf(text).flatMap((word) => {
        const i = this.#index.get(word);
        const known = i !== undefined && (numWords === null || i < numWords);
        return known ? [i] : oov === undefined ? [] : [oov];
      }),
    );
  }

  /** The texts that numbers stand for, words divided by blanks; numbers that stand for none as `oovToken`, or left out. */
  sequencesToTexts(sequences: readonly ArrayLike<number>[]): string[] {
    checkSequences(sequences, 'Tokenizer.sequencesToTexts');
    const { numWords, oovToken } = this.#settings;
    return sequences.map((sequence) =>
      Array.from(sequence)
        .flatMap((i) => {
          const word = this.#words[i - 1];
          const known = word !== undefined && (numWords === null || i < numWords);
          return known ? [word] : oovToken === null ? [] : [oovToken];
        })
        .join(' '),
    );
  }

  /**
   * A row per text that tells of each word by its number; see {@link sequencesToMatrix}.
   *
   * @param texts - texts, or lists of words.
   * @param mode - `'binary'` by default.
   */
  textsToMatrix(texts: TokenizerTexts, mode: MatrixMode = 'binary'): number[][] {
    return this.sequencesToMatrix(this.textsToSequences(texts), mode);
  }

  /**
   * A row per sequence that tells of each number, up to `numWords` or the number of words + 1.
   *
   * @param sequences - lists of numbers.
   * @param mode - 1 (`'binary'`, default), the count c, its share (`'freq'`), or (1 + log c) · log(1 + n / (1 + df))
   * (`'tfidf'`).
   * @throws ConfigError for another mode, without `numWords` before there are words, and for `'tfidf'` before it is fitted.
   */
  sequencesToMatrix(sequences: readonly ArrayLike<number>[], mode: MatrixMode = 'binary'): number[][] {
    const what = 'Tokenizer.sequencesToMatrix';
    checkOption(mode, MODES, 'mode', what);
    checkSequences(sequences, what);
    const { numWords } = this.#settings;
    if (numWords === null && this.#index.size === 0)
      throw new ConfigError(`${what}: how wide the matrix is isn't known. Give numWords, or call fitOnTexts first.`);
    if (mode === 'tfidf' && this.documentCount === 0)
      throw new ConfigError(`${what}: 'tfidf' needs to know texts. Call fitOnTexts or fitOnSequences first.`);
    const width = numWords ?? this.#index.size + 1;
    return sequences.map((sequence) => this.#row(sequence, width, mode));
  }

  #row(sequence: ArrayLike<number>, width: number, mode: MatrixMode): number[] {
    const row = new Array<number>(width).fill(0);
    const counts = new Map<number, number>();
    for (const i of Array.from(sequence)) if (i < width) counts.set(i, (counts.get(i) ?? 0) + 1);
    for (const [i, c] of counts) {
      if (mode === 'binary') row[i] = 1;
      else if (mode === 'count') row[i] = c;
      else if (mode === 'freq') row[i] = c / sequence.length;
      else row[i] = (1 + Math.log(c)) * Math.log(1 + this.documentCount / (1 + (this.#indexDocuments.get(i) ?? 0)));
    }
    return row;
  }

  /** Makes the tokenizer of a state again; see `fromState`. */
  static fromState(state: ModelState): Tokenizer {
    const { settings, counts, documents, indexDocuments, documentCount } = state as unknown as KeptState;
    const tokenizer = new Tokenizer(settings);
    for (const [word, n] of counts) tokenizer.#counts.set(word, n);
    for (const [word, n] of documents) tokenizer.#documents.set(word, n);
    for (const [i, n] of indexDocuments) tokenizer.#indexDocuments.set(i, n);
    tokenizer.documentCount = documentCount;
    if (tokenizer.#counts.size > 0) tokenizer.#number();
    return tokenizer;
  }

  /**
   * All that it has learned, as data.
   *
   * @throws FormatError with an `analyzer`, as functions can't be kept.
   */
  toState(): ModelState {
    const { analyzer, ...settings } = this.#settings;
    if (analyzer !== null) throw new FormatError('Tokenizer.toState: analyzer is a function, which can’t be kept.');
    return {
      type: 'Tokenizer',
      settings,
      counts: [...this.#counts],
      documents: [...this.#documents],
      indexDocuments: [...this.#indexDocuments],
      documentCount: this.documentCount,
    };
  }

  /** The tokenizer as JSON, for `JSON.stringify`; `fromJSON` and `fromState` make it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  #number(): void {
    const byCount = [...this.#counts].sort(([, a], [, b]) => b - a).map(([word]) => word);
    const { oovToken } = this.#settings;
    this.#words = oovToken === null ? byCount : [oovToken, ...byCount];
    // A word that is the one for unknown words has the later number, as in Keras.
    this.#index = new Map(this.#words.map((word, i) => [word, i + 1]));
  }

  #wordsOf(text: string | readonly string[]): readonly string[] {
    const { lower, charLevel, analyzer } = this.#settings;
    const small = (s: string): string => (lower ? s.toLowerCase() : s);
    if (typeof text !== 'string') return text.map(small);
    if (charLevel) return Array.from(small(text));
    if (analyzer === null) return wordsIn(text, this.#settings);
    const given: unknown = analyzer(text);
    if (Array.isArray(given)) return given as readonly string[];
    throw new ConfigError(`Tokenizer: analyzer must give a list of words, it gave ${shown(given)}.`);
  }
}

interface KeptState {
  readonly settings: TokenizerOptions;
  readonly counts: readonly (readonly [string, number])[];
  readonly documents: readonly (readonly [string, number])[];
  readonly indexDocuments: readonly (readonly [number, number])[];
  readonly documentCount: number;
}

/**
 * A tokenizer from the JSON that Keras's `to_json` wrote.
 *
 * @param json - the text, or what it parses to.
 * @throws FormatError for anything else.
 *
 * @example
 * ```ts
 * import { tokenizerFromJSON } from 'kompakt/text';
 * const config = { num_words: null, filters: '', lower: true, split: ' ', char_level: false, oov_token: null,
 *   document_count: 1, word_counts: '{"tea": 2, "milk": 1}', word_docs: '{"tea": 1, "milk": 1}' };
 * const tokenizer = tokenizerFromJSON(JSON.stringify({ class_name: 'Tokenizer', config }));
 * console.log(tokenizer.textsToSequences(['milk tea'])); // → [ [ 2, 1 ] ]
 * ```
 */
export function tokenizerFromJSON(json: unknown): Tokenizer {
  const config = kerasConfig(json);
  const counts = inOrder(wordNumbers(config, 'word_counts'), config);
  const documents = wordNumbers(config, 'word_docs');
  const { filters, lower, split } = config;
  const settings = {
    numWords: config.num_words ?? null,
    filters,
    lower,
    split,
    charLevel: config.char_level,
    oovToken: config.oov_token ?? null,
  };
  const options = settings as TokenizerOptions;
  const bare = { counts, documents, indexDocuments: [], documentCount: Number(config.document_count ?? 0) };
  const numbered = Tokenizer.fromState({ type: 'Tokenizer', settings: options as never, ...bare });
  const index = numbered.wordIndex;
  const indexDocuments = documents.flatMap(([word, n]) => (index[word] === undefined ? [] : [[index[word], n]]));
  return Tokenizer.fromState({ type: 'Tokenizer', settings: options as never, ...bare, indexDocuments });
}

type Json = { readonly [key: string]: unknown };

const isRecord = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x);

function kerasConfig(json: unknown): Json {
  try {
    const parsed: unknown = typeof json === 'string' ? JSON.parse(json) : json;
    const config = isRecord(parsed) ? parsed.config : undefined;
    if (isRecord(config)) return config;
  } catch (error) {
    throw new FormatError('tokenizerFromJSON: this is not JSON.', { cause: error });
  }
  throw new FormatError("tokenizerFromJSON: there is no config. Give what Keras's tokenizer.to_json() returned.");
}

function wordNumbers(config: Json, field: string): [string, number][] {
  const given = config[field];
  const record: unknown = typeof given === 'string' ? JSON.parse(given) : given;
  if (!isRecord(record) || !Object.values(record).every((n) => typeof n === 'number'))
    throw new FormatError(`tokenizerFromJSON: ${field} must be a record of numbers by word.`);
  return Object.entries(record) as [string, number][];
}

/** Words by their numbers, as among equals the first is numbered first, and records put words such as '2' before all others. */
function inOrder(counts: [string, number][], config: Json): [string, number][] {
  if (config.word_index === undefined) return counts;
  const index = new Map(wordNumbers(config, 'word_index'));
  return counts.sort(([a], [b]) => (index.get(a) ?? 0) - (index.get(b) ?? 0));
}

function checkTextsOrLists(texts: TokenizerTexts, what: string): void {
  checkTexts(Array.isArray(texts) ? texts.map((t) => (Array.isArray(t) ? '' : t)) : texts, what);
  for (const text of texts) if (Array.isArray(text)) checkTexts(text, what);
}

function checkSequences(sequences: readonly ArrayLike<number>[], what: string): void {
  const isList = (x: unknown): boolean => typeof (x as { length?: unknown } | null)?.length === 'number';
  if (!Array.isArray(sequences) || !sequences.every((s) => isList(s) && typeof s !== 'string'))
    throw new ConfigError(`${what}: expected an array of lists of numbers, such as [[1, 2], [3]].`);
}

/** A record without a prototype, so that words such as 'constructor' are not found by accident. */
function recordOf(pairs: Iterable<readonly [string, number]>): Record<string, number> {
  return Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(pairs));
}
