import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type MatrixMode,
  makeSamplingTable,
  ngrams,
  padSequences,
  skipgrams,
  Tokenizer,
  type TokenizerTexts,
  textToWordSequence,
  tokenizerFromJSON,
} from '../../src/text/index';

const golden = JSON.parse(readFileSync(new URL('../fixtures/text/keras.json', import.meta.url), 'utf8'));

const camel = (options: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(options).map(([k, v]) => [k.replace(/_(.)/g, (_, c: string) => c.toUpperCase()), v]),
  );

const sparse = (row: readonly number[]): [number, number][] =>
  row.flatMap((v, j) => (v === 0 ? [] : [[j, Number(v.toPrecision(12))] as [number, number]]));

const MODES: readonly MatrixMode[] = ['binary', 'count', 'freq', 'tfidf'];

describe('Tokenizer beside Keras', () => {
  it.each<[string, unknown]>(golden.cases.map((c: { options: object }) => [JSON.stringify(c.options), c] as const))(
    '%s',
    (_: string, c: unknown) => {
      const { options, rows, json } = c as never as {
        options: Record<string, unknown>;
        rows: Record<string, never>[];
        json: string;
      };
      const t = new Tokenizer(camel(options));
      const check = (one: Tokenizer, row: Record<string, never>): void => {
        expect({ ...one.wordIndex }).toEqual(row.wordIndex);
        expect(one.documentCount).toBe(row.documentCount);
        expect({ ...one.wordDocs }).toEqual(row.wordDocs);
        expect(one.indexDocs).toEqual(row.indexDocs);
        expect(one.textsToSequences(golden.new)).toEqual(row.sequences);
        expect(one.sequencesToTexts([[1, 1, 2, 7, 40], [3], [2, 2, 2]])).toEqual(row.texts);
        for (const mode of MODES) {
          const matrix = one.textsToMatrix(golden.new.slice(0, 3), mode);
          expect(matrix[0]).toHaveLength(row.width!);
          expect(matrix.map(sparse)).toEqual((row.matrices as never as Record<string, unknown>)[mode]);
        }
      };
      [golden.texts, golden.new.slice(0, 2)].forEach((texts: TokenizerTexts, i) => {
        expect(t.fitOnTexts(texts)).toBe(t);
        check(t, rows[i]!);
      });
      check(tokenizerFromJSON(json), rows[1]!);
    },
  );

  it('knows sequences without texts', () => {
    const { sequences, tfidf } = golden.onSequences;
    const t = new Tokenizer({ numWords: 50 }).fitOnSequences(sequences);
    expect(t.sequencesToMatrix(sequences, 'tfidf').map(sparse)).toEqual(tfidf);
  });

  it('can be awaited, and says what to do before it is fitted', async () => {
    const t = await new Tokenizer().fitOnTexts(['a b']);
    expect(t.textsToSequences(['b a'])).toEqual([[2, 1]]);
    expect(() => new Tokenizer().textsToMatrix(['a'])).toThrow(/call fitOnTexts first/);
    expect(() => new Tokenizer({ numWords: 3 }).textsToMatrix(['a'], 'tfidf')).toThrow(/Call fitOnTexts/);
    expect(() => new Tokenizer().sequencesToTexts([1] as never)).toThrow(/lists of numbers/);
  });

  it('counts nothing of texts that one of is none', () => {
    const t = new Tokenizer();
    expect(() => t.fitOnTexts(['a', 5 as never])).toThrow();
    expect([t.documentCount, Object.keys(t.wordIndex)]).toEqual([0, []]);
  });

  it('takes an analyzer, which can’t be kept', () => {
    const t = new Tokenizer({ analyzer: (text) => Array.from(text) }).fitOnTexts(['茶很好', '好茶']);
    expect(t.wordIndex).toEqual({ 茶: 1, 好: 2, 很: 3 });
    expect(() => t.toState()).toThrow(/analyzer/);
  });

  it.each(['', '{', '[]', '{"config": 1}', '{"config": {"word_counts": {"a": "x"}}}'])('refuses %j as JSON', (json) => {
    expect(() => tokenizerFromJSON(json)).toThrow(/tokenizerFromJSON|FormatError/);
  });
});

describe('what goes with it', () => {
  it.each<[string, unknown]>(
    golden.words.map((w: { text: string; options: object; words: string[] }) => [w.text, w] as const),
  )('cuts %j', (_, w: unknown) => {
    const { text, options, words } = w as never as { text: string; options: object; words: string[] };
    expect(textToWordSequence(text, options)).toEqual(words);
  });

  it.each<[string, unknown]>(golden.pads.map((p: { options: object }) => [JSON.stringify(p.options), p] as const))(
    'pads with %s',
    (_: string, p: unknown) => {
      const { options, rows } = p as never as { options: object; rows: number[][] };
      expect(padSequences([[1, 1, 2, 7, 40], [3], [2, 2, 2]], options)).toEqual(rows);
    },
  );

  it('pairs words', () => {
    for (const { windowSize, couples, labels } of golden.skipgrams) {
      const found = skipgrams([1, 2, 0, 3, 3, 4], 5, { windowSize, negativeSamples: 0, shuffle: false });
      expect(found).toEqual({ couples, labels });
    }
  });

  it('pairs words with random ones, by seed', () => {
    const options = { windowSize: 2, negativeSamples: 2, seed: 3 };
    const found = skipgrams([1, 2, 3, 4, 5], 6, options);
    expect(skipgrams([1, 2, 3, 4, 5], 6, options)).toEqual(found);
    const wrong = found.couples.filter((_, i) => found.labels[i] === 0);
    expect(wrong).toHaveLength(2 * (found.couples.length - wrong.length));
    expect(wrong.every(([, b]) => b >= 1 && b < 6)).toBe(true);
    expect(skipgrams([], 6, options)).toEqual({ couples: [], labels: [] });
    const rare = Float64Array.from([1, 0, 0, 1, 1, 1]);
    const kept = skipgrams([1, 2, 3], 6, { samplingTable: rare, negativeSamples: 0, seed: 1 });
    expect(kept.couples.every(([a]) => a === 3)).toBe(true);
  });

  it('takes words by rank', () => {
    expect(Array.from(makeSamplingTable(20, 1e-3), (p) => Number(p.toPrecision(12)))).toEqual(golden.table);
  });

  it('joins neighbours', () => {
    expect(ngrams(['a', 'b', 'c'], 3)).toEqual([['a', 'b', 'c']]);
    expect(ngrams(['a'], 2)).toEqual([]);
    expect(() => ngrams(['a'], 0)).toThrow(/integer ≥ 1/);
  });

  it.each([
    ['words out of range', () => skipgrams([7], 6), /\[0, 6\)/],
    ['a window of none', () => skipgrams([1], 6, { windowSize: 0 }), /windowSize/],
    ['a short table', () => skipgrams([1], 6, { samplingTable: [1] }), /samplingTable/],
    ['a negative share', () => skipgrams([1], 6, { negativeSamples: -1 }), /negativeSamples/],
    ['a table of none', () => makeSamplingTable(0), /size/],
    ['what is no text', () => textToWordSequence(5 as never), /expected a text/],
    ['an empty separator', () => textToWordSequence('a', { split: '' }), /split/],
  ])('refuses %s', (_, work, message) => {
    expect(work).toThrow(message);
  });
});
