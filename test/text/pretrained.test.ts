import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadTokenizer, loadWordVectors, padSequences, WordVectors } from '../../src/text/index';

interface Case {
  readonly name: string;
  readonly json: object;
  readonly rows: { text: string; ids: number[]; tokens: string[]; decoded: string }[];
  readonly pair: number[];
  readonly size: number;
}
const golden: Case[] = JSON.parse(readFileSync(new URL('../fixtures/text/tokenizers.json', import.meta.url), 'utf8'));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each(golden)('a tokenizer.json of $name', ({ json, rows, pair, size }) => {
  it('encodes and decodes as the original', async () => {
    const tokenizer = await loadTokenizer(bytes(JSON.stringify(json)));
    expect(tokenizer.vocabularySize).toBe(size);
    for (const { text, ids, tokens, decoded } of rows) {
      const found = tokenizer.encode(text);
      expect(found).toEqual({ ids, tokens, attentionMask: ids.map(() => 1) });
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
    expect(tokenizer.encode(rows[0]!.text, { pair: rows[2]!.text }).ids).toEqual(pair);
    expect(tokenizer.tokenToId(tokenizer.idToToken(5)!)).toBe(5);
    const padded = padSequences(tokenizer.textsToSequences([rows[0]!.text, rows[1]!.text]), { padding: 'post' });
    expect(padded[0]).toHaveLength(Math.max(rows[0]!.ids.length, rows[1]!.ids.length));
  });
});

describe('bad tokenizers', () => {
  it.each([
    ['no JSON', bytes('{'), /not JSON/],
    ['a list', bytes('5'), /not an object/],
    ['no model', { version: '1.0' }, /no model/],
    ['an unknown model', { model: { type: 'Magic', vocab: {} }, added_tokens: [] }, /can't use this file/],
    ['a file that is not there', '/no/such/tokenizer.json', /can't/],
  ])('refuses %s', async (_, source, message) => {
    await expect(loadTokenizer(source as object)).rejects.toThrow(message);
  });

  it('refuses what is no text', async () => {
    const tokenizer = await loadTokenizer(golden[0]!.json);
    expect(() => tokenizer.encode(5 as never)).toThrow(/expected a text/);
  });
});

describe('word vectors', () => {
  const glove = 'tea 1 0 0\n. . . 0 1 0\n咖啡 0.9 0.1 0\n';

  it.each([
    ['GloVe', glove],
    ['word2vec', `3 3\n${glove}`],
    ['without a last line break', glove.trimEnd()],
  ])('reads %s', async (_, file) => {
    const vectors = await loadWordVectors(bytes(file));
    expect([vectors.dimensions, vectors.words]).toEqual([3, ['tea', '. . .', '咖啡']]);
    expect(Array.from(vectors.get('咖啡')!)).toEqual([Math.fround(0.9), Math.fround(0.1), 0]);
    expect(vectors.get('rain')).toBeNull();
    const [first] = vectors.mostSimilar('tea', 1);
    expect(first!.word).toBe('咖啡');
    expect(first!.similarity).toBeCloseTo(0.9 / Math.hypot(0.9, 0.1), 6);
  });

  it('keeps the words asked for', async () => {
    expect((await loadWordVectors(bytes(glove), { words: ['咖啡'] })).words).toEqual(['咖啡']);
    expect((await loadWordVectors(bytes(glove), { limit: 1 })).words).toEqual(['tea']);
  });

  it('fills the weights of an embedding', async () => {
    const vectors = await loadWordVectors(bytes(glove));
    const { matrix, found } = vectors.embeddingMatrix({ tea: 2, rain: 1 });
    expect([found, matrix.toArraySync()]).toEqual([
      1,
      [
        [0, 0, 0],
        [0, 0, 0],
        [1, 0, 0],
      ],
    ]);
    const random = vectors.embeddingMatrix({ rain: 1 }, { missing: 'normal', seed: 1, size: 3 }).matrix;
    expect(random.shape).toEqual([3, 3]);
    expect(Array.from(random.dataSync()).map((x) => x !== 0)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it.each([
    ['a line that is short', 'tea 1 0\nrain 1\n', /line 2/],
    ['a number that is none', 'tea 1 0\nrain 1 x\n', /line 2/],
    ['a word alone', 'tea\n', /line 1/],
  ])('refuses %s', async (_, file, message) => {
    await expect(loadWordVectors(bytes(file))).rejects.toThrow(message);
  });

  it('refuses wrong numbers', async () => {
    expect(() => new WordVectors(['a'], new Float32Array(3), 2)).toThrow(/3 values/);
    const vectors = await loadWordVectors(bytes(glove));
    expect(() => vectors.mostSimilar('rain')).toThrow(/no vector/);
    expect(() => vectors.embeddingMatrix({ tea: -1 })).toThrow(/number of 'tea'/);
  });
});
