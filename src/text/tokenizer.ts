import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type ModelState, toJSON } from '../estimator/state';
import { checkOption } from '../metrics/warning';
import { checkTexts } from './analyzer';

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
}

const FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';
const MODES = ['binary', 'count', 'freq', 'tfidf'] as const;

/** How a matrix tells of words: there or not, how often, how often of all, or weighed by rareness. */
export type MatrixMode = (typeof MODES)[number];

/**
 * Numbers words by how frequent they are, from 1 on, and turns texts into lists of those numbers: what an embedding takes.
 *
 * As Keras's `Tokenizer`: words that are equally frequent are numbered as they first occur; 0 is left for padding.
 *
 * @example
 * ```ts
 * import { padSequences, Tokenizer } from 'kompakt/text';
 * const tokenizer = await new Tokenizer({ oovToken: '?' }).fitOnTexts(['The cat sat.', 'The dog sat down!']);
 * const sequences = tokenizer.textsToSequences(['the cat sat down', 'the bird']);
 * console.log(sequences, padSequences(sequences)[1]); // → [ [ 2, 4, 3, 6 ], [ 2, 1 ] ] [ 0, 0, 2, 1 ]
 * ```
 */
export class Tokenizer {
  readonly name = 'Tokenizer' as const;
  readonly options: TokenizerOptions;

  /**
   * @param options - `numWords`, `filters`, `lower = true`, `split = ' '`, `charLevel = false`, `oovToken`; checked by
   * `fitOnTexts`.
   */
  constructor(options: TokenizerOptions = {}) {
    this.options = options;
  }

  /**
   * Learns the words of texts.
   *
   * @param texts - texts, or lists of words.
   * @returns the fitted tokenizer.
   * @throws ConfigError for options that don't fit; DTypeError for what is no text.
   */
  async fitOnTexts(texts: readonly (string | readonly string[])[]): Promise<FittedTokenizer> {
    const what = 'Tokenizer.fitOnTexts';
    checkOptions(this.options, ['numWords', 'filters', 'lower', 'split', 'charLevel', 'oovToken'], what);
    const {
      numWords = null,
      filters = FILTERS,
      lower = true,
      split = ' ',
      charLevel = false,
      oovToken = null,
    } = this.options;
    if (numWords !== null && !(Number.isInteger(numWords) && numWords >= 1))
      throw new ConfigError(`${what}: numWords must be an integer ≥ 1, got ${String(numWords)}.`);
    if (split === '') throw new ConfigError(`${what}: split must not be empty. Set charLevel for characters.`);
    const settings = { numWords, filters, lower, split, charLevel, oovToken };
    const counts = new Map<string, number>();
    const documents = new Map<string, number>();
    checkTextsOrLists(texts, what);
    for (const text of texts) {
      const words = wordsOf(text, settings);
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
      for (const word of new Set(words)) documents.set(word, (documents.get(word) ?? 0) + 1);
    }
    return new FittedTokenizer(settings, [...counts], [...documents], texts.length);
  }

  /** The same as `fitOnTexts`. */
  fit(texts: readonly (string | readonly string[])[]): Promise<FittedTokenizer> {
    return this.fitOnTexts(texts);
  }
}

interface Settings {
  readonly numWords: number | null;
  readonly filters: string;
  readonly lower: boolean;
  readonly split: string;
  readonly charLevel: boolean;
  readonly oovToken: string | null;
}

function checkTextsOrLists(texts: readonly (string | readonly string[])[], what: string): void {
  checkTexts(Array.isArray(texts) ? texts.map((t) => (Array.isArray(t) ? '' : t)) : texts, what);
  for (const text of texts) if (Array.isArray(text)) checkTexts(text, what);
}

function wordsOf(text: string | readonly string[], { filters, lower, split, charLevel }: Settings): string[] {
  const small = (s: string): string => (lower ? s.toLowerCase() : s);
  if (typeof text !== 'string') return text.map(small);
  if (charLevel) return Array.from(small(text));
  const set = new Set(filters);
  let out = '';
  for (const character of small(text)) out += set.has(character) ? split : character;
  return out.split(split).filter((word) => word !== '');
}

/** What `Tokenizer.fitOnTexts` returns. */
export class FittedTokenizer {
  static readonly type = 'Tokenizer';
  readonly name = 'Tokenizer';
  /** The number of each word. */
  readonly wordIndex: Readonly<Record<string, number>>;
  /** The word of each number. */
  readonly indexWord: Readonly<Record<number, string>>;
  /** How often each word occurred. */
  readonly wordCounts: Readonly<Record<string, number>>;
  /** In how many texts. */
  readonly wordDocs: Readonly<Record<string, number>>;
  /** How many texts there were. */
  readonly documentCount: number;
  readonly #settings: Settings;
  readonly #index: ReadonlyMap<string, number>;
  readonly #words: readonly string[];
  readonly #documents: readonly (readonly [string, number])[];
  readonly #counts: readonly (readonly [string, number])[];

  constructor(
    settings: Settings,
    counts: readonly (readonly [string, number])[],
    documents: readonly (readonly [string, number])[],
    documentCount: number,
  ) {
    const byCount = [...counts].sort(([, a], [, b]) => b - a).map(([word]) => word);
    this.#words = settings.oovToken === null ? byCount : [settings.oovToken, ...byCount];
    // A word that is the one for unknown words has the later number, as in Keras.
    this.#index = new Map(this.#words.map((word, i) => [word, i + 1]));
    this.#settings = settings;
    this.#counts = counts;
    this.#documents = documents;
    this.documentCount = documentCount;
    this.wordIndex = recordOf(this.#index);
    this.indexWord = Object.fromEntries(Array.from(this.#index, ([word, i]) => [i, word]));
    this.wordCounts = recordOf(counts);
    this.wordDocs = recordOf(documents);
  }

  static fromState(state: ModelState): FittedTokenizer {
    const { settings, counts, documents, documentCount } = state as unknown as Record<string, never>;
    return new FittedTokenizer(settings!, counts!, documents!, documentCount!);
  }

  toState(): ModelState {
    const [counts, documents] = [this.#counts, this.#documents];
    return { type: 'Tokenizer', settings: { ...this.#settings }, counts, documents, documentCount: this.documentCount };
  }

  /** The tokenizer as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /**
   * The numbers of the words of each text.
   *
   * @param texts - texts, or lists of words.
   * @returns a list per text; unknown words, and those from `numWords` on, are left out, or get the number of `oovToken`.
   */
  textsToSequences(texts: readonly (string | readonly string[])[]): number[][] {
    checkTextsOrLists(texts, 'Tokenizer.textsToSequences');
    const { numWords, oovToken } = this.#settings;
    const oov = oovToken === null ? undefined : this.#index.get(oovToken);
    return texts.map((text) =>
      wordsOf(text, this.#settings).flatMap((word) => {
        const i = this.#index.get(word);
        const known = i !== undefined && (numWords === null || i < numWords);
        return known ? [i] : oov === undefined ? [] : [oov];
      }),
    );
  }

  /** The texts that numbers stand for, words divided by blanks; numbers that stand for none as `oovToken`, or left out. */
  sequencesToTexts(sequences: readonly ArrayLike<number>[]): string[] {
    const { numWords, oovToken } = this.#settings;
    return sequences.map((sequence) =>
      Array.from(sequence)
        .flatMap((i) => {
          const word = this.indexWord[i];
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
  textsToMatrix(texts: readonly (string | readonly string[])[], mode: MatrixMode = 'binary'): number[][] {
    return this.sequencesToMatrix(this.textsToSequences(texts), mode);
  }

  /**
   * A row per sequence that tells of each number, up to `numWords` or the number of words + 1.
   *
   * @param sequences - lists of numbers.
   * @param mode - 1 (`'binary'`, default), the count c, its share (`'freq'`), or (1 + log c) · log(1 + n / (1 + df))
   * (`'tfidf'`).
   * @throws ConfigError for another mode.
   */
  sequencesToMatrix(sequences: readonly ArrayLike<number>[], mode: MatrixMode = 'binary'): number[][] {
    checkOption(mode, MODES, 'mode', 'Tokenizer.sequencesToMatrix');
    const { numWords } = this.#settings;
    const width = numWords ?? this.#index.size + 1;
    const df = new Map(this.#documents.map(([word, n]) => [this.#index.get(word)!, n]));
    return sequences.map((sequence) => {
      const row = new Array<number>(width).fill(0);
      const counts = new Map<number, number>();
      for (const i of Array.from(sequence)) if (i < width) counts.set(i, (counts.get(i) ?? 0) + 1);
      for (const [i, c] of counts) {
        if (mode === 'binary') row[i] = 1;
        else if (mode === 'count') row[i] = c;
        else if (mode === 'freq') row[i] = c / sequence.length;
        else row[i] = (1 + Math.log(c)) * Math.log(1 + this.documentCount / (1 + (df.get(i) ?? 0)));
      }
      return row;
    });
  }
}

/** A record without a prototype, so that words such as 'constructor' are not found by accident. */
function recordOf(pairs: Iterable<readonly [string, number]>): Record<string, number> {
  return Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(pairs));
}

export interface PadSequencesOptions {
  /** How long rows become; the longest sequence's length by default. */
  readonly maxlen?: number | null | undefined;
  /** `'int32'` (default) cuts values to integers, the others keep them. */
  readonly dtype?: 'int32' | 'float32' | 'float64' | undefined;
  /** Fill up before (`'pre'`, default) or after. */
  readonly padding?: 'pre' | 'post' | undefined;
  /** Cut off at the beginning (`'pre'`, default) or the end. */
  readonly truncating?: 'pre' | 'post' | undefined;
  /** What to fill up with; 0 by default. */
  readonly value?: number | undefined;
}

/**
 * Makes sequences equally long, by filling up and cutting off.
 *
 * @param sequences - lists of numbers.
 * @param options - `maxlen`, `dtype = 'int32'`, `padding = 'pre'`, `truncating = 'pre'`, `value = 0`.
 * @returns rows of equal length.
 * @throws ConfigError for options that don't fit.
 *
 * @example
 * ```ts
 * import { padSequences } from 'kompakt/text';
 * console.log(padSequences([[1], [2, 3, 4]], { maxlen: 2 }).map((row) => row.join())); // → [ '0,1', '3,4' ]
 * ```
 */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadSequencesOptions = {}): number[][] {
  const what = 'padSequences';
  checkOptions(options, ['maxlen', 'dtype', 'padding', 'truncating', 'value'], what);
  const sides = ['pre', 'post'] as const;
  const padding = checkOption(options.padding ?? 'pre', sides, 'padding', what);
  const truncating = checkOption(options.truncating ?? 'pre', sides, 'truncating', what);
  const dtype = checkOption(options.dtype ?? 'int32', ['int32', 'float32', 'float64'] as const, 'dtype', what);
  if (!Array.isArray(sequences))
    throw new ConfigError(`${what}: expected an array of sequences, got ${String(sequences)}.`);
  const length = options.maxlen ?? sequences.reduce((n: number, s: ArrayLike<number>) => Math.max(n, s.length), 0);
  if (!Number.isInteger(length) || length < 0)
    throw new ConfigError(`${what}: maxlen must be an integer ≥ 0, got ${String(length)}.`);
  const read = (v: number): number => (dtype === 'int32' ? Math.trunc(v) : dtype === 'float32' ? Math.fround(v) : v);
  return sequences.map((sequence: ArrayLike<number>) => {
    const kept = Array.from(sequence, read);
    const cut = truncating === 'pre' ? kept.slice(Math.max(0, kept.length - length)) : kept.slice(0, length);
    const fill = new Array<number>(length - cut.length).fill(read(options.value ?? 0));
    return padding === 'pre' ? [...fill, ...cut] : [...cut, ...fill];
  });
}
