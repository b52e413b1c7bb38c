import { ConfigError, FormatError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Seed, toRng } from '../core/rng';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import { type ByteSource, readBytes } from '../data/files';
import { tensor } from '../ops/create';

export interface LoadWordVectorsOptions {
  /** Keep only these words; all by default. Files are large, vocabularies small. */
  readonly words?: Iterable<string> | undefined;
  /** Keep at most so many, the first of the file. */
  readonly limit?: number | undefined;
}

export interface EmbeddingMatrixOptions {
  /** Rows; the highest number + 1 by default. */
  readonly size?: number | undefined;
  /** What words get that have no vector: `'zeros'` (default), or `'normal'`: random numbers as spread as the vectors'. */
  readonly missing?: 'zeros' | 'normal' | undefined;
  readonly seed?: Seed | undefined;
}

/** Vectors of words. */
export class WordVectors {
  /** Length of the vectors. */
  readonly dimensions: number;
  readonly words: readonly string[];
  readonly #values: Float32Array;
  readonly #rows: ReadonlyMap<string, number>;

  /** @param values - `[words, dimensions]`. */
  constructor(words: readonly string[], values: Float32Array, dimensions: number) {
    if (!Array.isArray(words) || !(values instanceof Float32Array))
      throw new ConfigError(
        `WordVectors: expected a list of words and a Float32Array, got ${shown(words)} and ${shown(values)}.`,
      );
    if (values.length !== words.length * dimensions)
      throw new ConfigError(
        `WordVectors: ${values.length} values are not ${words.length} vectors of ${dimensions} numbers.`,
      );
    this.words = words;
    this.dimensions = dimensions;
    this.#values = values;
    this.#rows = new Map(words.map((word, i) => [word, i]));
  }

  /** The vector of a word; null where there is none. */
  get(word: string): Float32Array | null {
    const row = this.#rows.get(word);
    return row === undefined ? null : this.#values.slice(row * this.dimensions, (row + 1) * this.dimensions);
  }

  /**
   * The weights of an embedding whose row i is the vector of word number i.
   *
   * @param wordIndex - the number of each word, such as a tokenizer's `wordIndex`. Row 0 and those of no word are zeros.
   * @param options - `size`, `missing = 'zeros'`, `seed`.
   * @returns `[size, dimensions]`, and how many words had a vector.
   * @throws ConfigError for a number outside of the rows.
   */
  embeddingMatrix(
    wordIndex: Readonly<Record<string, number>>,
    options: EmbeddingMatrixOptions = {},
  ): { readonly matrix: Tensor; readonly found: number } {
    const what = 'embeddingMatrix';
    checkOptions(options, ['size', 'missing', 'seed'], what);
    const entries = Object.entries(wordIndex);
    const size = options.size ?? entries.reduce((n, [, i]) => Math.max(n, i + 1), 1);
    const rng = toRng(options.seed);
    const spread = options.missing === 'normal' ? this.#deviation() : 0;
    const values = new Float32Array(size * this.dimensions);
    let found = 0;
    for (const [word, i] of entries) {
      if (!Number.isInteger(i) || i < 0) throw new ConfigError(`${what}: the number of '${word}' is ${shown(i)}.`);
      if (i >= size) continue;
      const vector = this.get(word);
      if (vector !== null) found++;
      if (vector !== null) values.set(vector, i * this.dimensions);
      else if (spread > 0)
        values.set(
          Float32Array.from({ length: this.dimensions }, () => spread * rng.gaussian()),
          i * this.dimensions,
        );
    }
    return { matrix: tensor(values, { shape: [size, this.dimensions] }), found };
  }

  /**
   * The words whose vectors have the smallest angle to that of a word, with its cosine.
   *
   * @throws ConfigError for a word without a vector.
   */
  mostSimilar(word: string, count = 10): { readonly word: string; readonly similarity: number }[] {
    const own = this.get(word);
    if (own === null) throw new ConfigError(`mostSimilar: there is no vector of '${word}'.`);
    const norm = Math.sqrt(own.reduce((n, x) => n + x * x, 0));
    return this.words
      .map((other, row) => ({ word: other, similarity: this.#cosine(own, norm, row) }))
      .filter((entry) => entry.word !== word)
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, count);
  }

  #cosine(own: Float32Array, norm: number, row: number): number {
    let [dot, square] = [0, 0];
    for (let k = 0, at = row * this.dimensions; k < this.dimensions; k++, at++) {
      dot += own[k]! * this.#values[at]!;
      square += this.#values[at]! ** 2;
    }
    return dot === 0 ? 0 : dot / (norm * Math.sqrt(square));
  }

  #deviation(): number {
    const n = this.#values.length;
    const mean = this.#values.reduce((a, b) => a + b, 0) / n;
    return Math.sqrt(this.#values.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
  }
}

/**
 * Reads vectors of words from a text file of word2vec (with a first line of two numbers) or GloVe (without one).
 *
 * @param source - a path, address or bytes.
 * @param options - `words`: keep only these; `limit`.
 * @throws FormatError for a line that is no word with as many numbers as the others.
 *
 * Reference: Mikolov et al. 2013, word2vec; Pennington et al. 2014, “GloVe: global vectors for word representation”.
 *
 * @example
 * ```ts
 * import { loadWordVectors } from 'kompakt/text';
 * const file = new TextEncoder().encode('tea 1 0\ncoffee 0.9 0.1\nrain 0 1\n');
 * const vectors = await loadWordVectors(file);
 * console.log(vectors.mostSimilar('tea', 1)[0].word, vectors.embeddingMatrix({ rain: 1 }).matrix.toArraySync());
 * // → coffee [ [ 0, 0 ], [ 0, 1 ] ]
 * ```
 */
export async function loadWordVectors(source: ByteSource, options: LoadWordVectorsOptions = {}): Promise<WordVectors> {
  const what = 'loadWordVectors';
  checkOptions(options, ['words', 'limit'], what);
  const wanted = options.words === undefined ? null : new Set(options.words);
  const { limit = Number.POSITIVE_INFINITY } = options;
  const words: string[] = [];
  const values: number[][] = [];
  let dimensions = 0;
  let number = 0;
  for (const line of linesOf(await readBytes(source, what))) {
    number++;
    if (words.length >= limit) break;
    const parts = line.trimEnd().split(' ');
    if (line.trim() === '' || (number === 1 && parts.length === 2 && parts.every((p) => /^\d+$/.test(p)))) continue;
    if (dimensions === 0) dimensions = parts.length - 1;
    // A few words of GloVe's have blanks in them: the numbers are those at the end.
    const word = parts.slice(0, parts.length - dimensions).join(' ');
    if (parts.length <= dimensions || dimensions < 1) throw wrongLine(what, number, dimensions, parts.length - 1);
    if (wanted !== null && !wanted.has(word)) continue;
    const vector = parts.slice(-dimensions).map(Number);
    if (!vector.every(Number.isFinite)) throw wrongLine(what, number, dimensions, parts.length - 1);
    words.push(word);
    values.push(vector);
  }
  return new WordVectors(words, packed(values, dimensions), dimensions);
}

function wrongLine(what: string, line: number, dimensions: number, found: number): FormatError {
  return new FormatError(
    `${what}: line ${line} is no word with ${dimensions} numbers (${found} parts after the first). Expected the text format of word2vec or GloVe.`,
  );
}

/** Lines of UTF-8 text, one at a time, as the whole may be longer than a string can be. */
function* linesOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  for (let from = 0; from < bytes.length; ) {
    const at = bytes.indexOf(10, from);
    const end = at < 0 ? bytes.length : at;
    yield decoder.decode(bytes.subarray(from, end));
    from = end + 1;
  }
}

function packed(vectors: readonly (readonly number[])[], dimensions: number): Float32Array {
  const values = new Float32Array(vectors.length * dimensions);
  vectors.forEach((vector, i) => {
    values.set(vector, i * dimensions);
  });
  return values;
}
