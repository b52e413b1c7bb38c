import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CsrMatrix } from '../../src/data/index';
import { fromJSON, fromState } from '../../src/estimator/state';
import { Pipeline } from '../../src/model-selection/index';
import { checkTransform } from '../../src/testing/index';
import {
  CountVectorizer,
  chineseTokens,
  DictVectorizer,
  FeatureHasher,
  FittedTfidfVectorizer,
  HashingVectorizer,
  padSequences,
  segment,
  TfidfTransformer,
  TfidfVectorizer,
  Tokenizer,
} from '../../src/text/index';

const texts = ['the cat sat', 'the dog sat down', 'a bird'];

describe('vectorizers', () => {
  it('take functions, patterns and languages', async () => {
    const names = async (options: object) => (await new CountVectorizer(options).fit(['Ab1 cd-2', 'x y'])).featureNames;
    expect(await names({ tokenizer: (t: string) => t.split('-') })).toEqual(['2', 'ab1 cd', 'x y']);
    expect(await names({ analyzer: (t: string) => [t] })).toEqual(['Ab1 cd-2', 'x y']);
    expect(await names({ preprocessor: (t: string) => t.toUpperCase() })).toEqual(['AB1', 'CD']);
    expect(await names({ tokenPattern: /\p{L}+/u })).toEqual(['ab', 'cd', 'x', 'y']);
    expect(await names({ tokenPattern: /([a-z])[0-9]/ })).toEqual(['b']);
    const chinese = await new CountVectorizer({ tokenizer: { locale: 'zh' } }).fit(['我喜欢茶']);
    expect([...chinese.analyze('我喜欢茶')]).toEqual(chineseTokens('我喜欢茶'));
    expect(JSON.parse(JSON.stringify(chinese)).analyzer).toEqual({ tokenizer: { locale: 'zh' } });
  });

  it('keep the most frequent terms', async () => {
    const { fitted, X } = await new CountVectorizer({ maxFeatures: 2 }).fitTransform(
      ['b b a', 'b c a', 'dd dd dd'].map((t) => t.replace(/\b\w\b/g, '$&$&')),
    );
    expect(fitted.featureNames).toEqual(['bb', 'dd']);
    expect(X.toArray()).toEqual([
      [2, 0],
      [1, 0],
      [0, 3],
    ]);
  });

  it('take vocabularies of any form', async () => {
    for (const vocabulary of [
      ['sat', 'cat'],
      { cat: 1, sat: 0 },
      new Map([
        ['cat', 1],
        ['sat', 0],
      ]),
    ]) {
      const { fitted, X } = await new CountVectorizer({ vocabulary }).fitTransform(texts);
      expect([fitted.featureNames, X.toArray()]).toEqual([
        ['sat', 'cat'],
        [
          [1, 1],
          [1, 0],
          [0, 0],
        ],
      ]);
    }
  });

  it('know words that objects have as properties', async () => {
    const fitted = await new TfidfVectorizer().fit(['constructor __proto__ toString', 'hasOwnProperty']);
    expect(fitted.featureNames).toEqual(['__proto__', 'constructor', 'hasownproperty', 'tostring']);
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(fitted))) as never, [FittedTfidfVectorizer]);
    expect(again.vocabulary.get('__proto__')).toBe(0);
    const tokenizer = await new Tokenizer().fitOnTexts(['constructor x']);
    expect(tokenizer.textsToSequences(['constructor toString x'])).toEqual([[1, 2]]);
  });

  it('tell which terms texts have', async () => {
    const words = fc.array(fc.constantFrom('aa', 'bb', 'cc', 'dd', '日本', '𝒳𝒴'), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(words, { minLength: 1 }), async (lists) => {
        const { fitted, X } = await new TfidfVectorizer().fitTransform(lists.map((list) => list.join(' ')));
        const expected = lists.map((list) => fitted.featureNames.filter((term) => (list as string[]).includes(term)));
        expect(fitted.inverseTransform(X)).toEqual(expected);
        expect(fitted.inverseTransform(X.toArray())).toEqual(expected);
        X.toArray().forEach((row) => expect(Math.hypot(...row)).toBeCloseTo(1, 12));
      }),
    );
  });

  it('count in any order of texts alike', async () => {
    const text = fc.array(fc.constantFrom('aa', 'bb', 'cc', 'dd'), { minLength: 1 }).map((w) => w.join(' '));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1 }), async (list) => {
        const { X } = await new CountVectorizer({ ngramRange: [1, 2] }).fitTransform(list);
        const back = await new CountVectorizer({ ngramRange: [1, 2] }).fitTransform([...list].reverse());
        expect(back.X.toArray().reverse()).toEqual(X.toArray());
      }),
    );
  });

  it('work in a pipeline', async () => {
    const steps = new Pipeline([
      ['count', new CountVectorizer()],
      ['tfidf', new TfidfTransformer()],
    ]);
    const fitted = await steps.fit(texts);
    const { X } = await new TfidfVectorizer().fitTransform(texts);
    expect(fitted.transform!(texts)).toEqual(X);
  });

  it('TfidfTransformer keeps the contract', () => checkTransform(() => new TfidfTransformer()));

  const count =
    (options: object, list: unknown = texts) =>
    () =>
      new CountVectorizer(options).fit(list as never);
  it.each([
    ['a single text', count({}, 'text'), /Put a single text into an array/],
    ['what is no text', count({}, ['a', null]), /text 1 is null/],
    ['numbers', count({}, [[1, 2]]), /text 0 is an array/],
    ['texts without words', count({}, ['', '!']), /leave no term/],
    ['no texts', count({}, []), /leave no term/],
    ['only stop words', count({ stopWords: ['a', 'the', 'cat', 'sat', 'dog', 'down', 'bird'] }), /stopWords/],
    ["scikit-learn's list of stop words", count({ stopWords: 'english' }), /list of words.*No lists are built in/],
    ['an unknown option', count({ stop_words: [] }), /did you mean 'stopWords'/],
    ['an unknown analyzer', count({ analyzer: 'char_wb' }), /analyzer must be one of/],
    ['a range that falls', count({ ngramRange: [2, 1] }), /ngramRange/],
    ['a pattern of text', count({ tokenPattern: '\\w' }), /must be a RegExp/],
    ['a share above 1', count({ maxDf: 1.5 }), /maxDf must be/],
    ['limits that exclude each other', count({ minDf: 3, maxDf: 2 }), /maxDf 2 allows fewer/],
    ['no features', count({ maxFeatures: 0 }), /maxFeatures/],
    ['a term twice', count({ vocabulary: ['a', 'a'] }), /names 'a' twice/],
    ['a vocabulary with gaps', count({ vocabulary: { a: 0, b: 2 } }), /must number its 2 terms/],
    ['an empty vocabulary', count({ vocabulary: [] }), /empty/],
    ['an unknown norm', () => new TfidfVectorizer({ norm: 'max' as never }).fit(texts), /norm must be one of/],
    ['no columns', () => new HashingVectorizer({ nFeatures: 0 }).fit(texts), /nFeatures/],
    [
      'an unknown input type',
      () => new FeatureHasher({ inputType: 'list' as never }).fit(),
      /inputType must be one of/,
    ],
    ['a list as a record', () => new FeatureHasher().fitTransform([['a']]), /sample 0 is an array.*inputType/],
    ['no samples', () => new FeatureHasher().fitTransform([]), /expected an array of samples/],
    ['no value', () => new FeatureHasher().fitTransform([{ a: null as never }]), /'a' is null/],
    ['no records', () => new DictVectorizer().fit([]), /expected an array of records/],
    ['a number as a record', () => new DictVectorizer().fit([1 as never]), /record 0 is the number 1/],
    ['a value that is none', () => new DictVectorizer().fit([{ a: {} as never }]), /'a' is an object/],
  ])('refuse %s', async (_, work, message) => {
    await expect(work()).rejects.toThrow(message);
  });

  it('refuse to keep functions', async () => {
    const fitted = await new CountVectorizer({ tokenizer: (t) => t.split(' ') }).fit(texts);
    expect(() => fitted.toState()).toThrow(/tokenizer is a function/);
  });

  it('DictVectorizer makes records again', async () => {
    const { fitted, X } = await new DictVectorizer({ sort: false }).fitTransform([{ b: 2, a: 'x' }, { a: 'y' }]);
    expect(fitted.featureNames).toEqual(['b', 'a=x', 'a=y']);
    expect(fitted.inverseTransform(X)).toEqual([{ b: 2, 'a=x': 1 }, { 'a=y': 1 }]);
    expect((fitted.transform([{ z: 1 }]) as CsrMatrix).nnz).toBe(0);
  });
});

describe('Tokenizer, as Keras', () => {
  const list = ['The cat sat on the mat.', 'The dog sat!', "don't sit"];

  it('numbers words by frequency', async () => {
    const t = await new Tokenizer().fitOnTexts(list);
    expect(t.wordIndex).toEqual({ the: 1, sat: 2, cat: 3, on: 4, mat: 5, dog: 6, "don't": 7, sit: 8 });
    expect([t.documentCount, t.wordCounts.the, t.wordDocs.the, t.indexWord[2]]).toEqual([3, 3, 2, 'sat']);
    expect(t.textsToSequences(['the cat flew', ['Dog', 'sat']])).toEqual([
      [1, 3],
      [6, 2],
    ]);
    expect(t.sequencesToTexts([[1, 3, 99], [0]])).toEqual(['the cat', '']);
  });

  it('keeps numbers below numWords, and a word for the others', async () => {
    const t = await new Tokenizer({ numWords: 4, oovToken: '<oov>' }).fitOnTexts(list);
    expect(t.wordIndex['<oov>']).toBe(1);
    expect(t.textsToSequences(['the cat sat down'])).toEqual([[2, 1, 3, 1]]);
    expect(t.sequencesToTexts([[2, 4, 3]])).toEqual(['the <oov> sat']);
    expect((await new Tokenizer({ numWords: 3 }).fitOnTexts(list)).textsToSequences(['the cat sat'])).toEqual([[1, 2]]);
  });

  it('makes matrices', async () => {
    const t = await new Tokenizer().fitOnTexts(['a b a', 'b c']);
    expect(t.wordIndex).toEqual({ a: 1, b: 2, c: 3 });
    expect(t.textsToMatrix(['a b a'])).toEqual([[0, 1, 1, 0]]);
    expect(t.textsToMatrix(['a b a'], 'count')).toEqual([[0, 2, 1, 0]]);
    expect(t.textsToMatrix(['a b a'], 'freq')).toEqual([[0, 2 / 3, 1 / 3, 0]]);
    const tfidf = (c: number, df: number) => (1 + Math.log(c)) * Math.log(1 + 2 / (1 + df));
    expect(t.textsToMatrix(['a b a'], 'tfidf')).toEqual([[0, tfidf(2, 1), tfidf(1, 2), 0]]);
    expect((await new Tokenizer({ numWords: 2 }).fitOnTexts(['a b a'])).textsToMatrix(['a b'])).toEqual([[0, 1]]);
  });

  it('takes characters', async () => {
    const t = await new Tokenizer({ charLevel: true, lower: false }).fitOnTexts(['aA!a']);
    expect(t.wordIndex).toEqual({ a: 1, A: 2, '!': 3 });
  });

  it('comes back from JSON', async () => {
    const t = await new Tokenizer({ oovToken: '?' }).fitOnTexts(list);
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(t))) as never, [Tokenizer]);
    expect(again.textsToMatrix(list, 'tfidf')).toEqual(t.textsToMatrix(list, 'tfidf'));
  });

  it('pads and cuts', () => {
    expect(padSequences([[1], [2, 3, 4]])).toEqual([
      [0, 0, 1],
      [2, 3, 4],
    ]);
    expect(padSequences([[1], [2, 3, 4]], { maxlen: 2, padding: 'post', truncating: 'post', value: 9 })).toEqual([
      [1, 9],
      [2, 3],
    ]);
    expect(padSequences([[1.7]], { maxlen: 2 })).toEqual([[0, 1]]);
    expect(padSequences([[1.7]], { maxlen: 2, dtype: 'float64' })).toEqual([[0, 1.7]]);
    expect(padSequences([])).toEqual([]);
  });

  it.each([
    ['a number of words that is none', async () => new Tokenizer({ numWords: 0 }).fitOnTexts(list), /numWords/],
    ['an empty separator', async () => new Tokenizer({ split: '' }).fitOnTexts(list), /charLevel/],
    ['a single text', async () => new Tokenizer().fitOnTexts('text' as never), /Put a single text/],
    [
      'an unknown option',
      async () => new Tokenizer({ num_words: 3 } as never).fitOnTexts(list),
      /did you mean 'numWords'/,
    ],
    [
      'an unknown mode',
      async () => (await new Tokenizer().fitOnTexts(list)).textsToMatrix(list, 'tf' as never),
      /mode must be/,
    ],
    ['an unknown side', async () => padSequences([[1]], { padding: 'left' as never }), /padding must be/],
    ['no sequences', async () => padSequences(5 as never), /expected an array/],
    ['a negative length', async () => padSequences([[1]], { maxlen: -1 }), /maxlen/],
  ])('refuses %s', async (_, work, message) => {
    await expect(work()).rejects.toThrow(message);
  });
});

describe('segment', () => {
  it('cuts into words, sentences and characters', () => {
    expect(segment('Hello, world! 3.5', { locale: 'en' })).toEqual(['Hello', 'world', '3.5']);
    expect(segment('One. Two.', { locale: 'en', granularity: 'sentence' })).toEqual(['One. ', 'Two.']);
    expect(segment('é👩‍👩‍👧', { granularity: 'grapheme' })).toHaveLength(2);
    expect(chineseTokens('今天天气很好').join('')).toBe('今天天气很好');
  });

  it('refuses what it does not know', () => {
    expect(() => segment('a', { locale: '!!' })).toThrow(/no language tag/);
    expect(() => segment('a', { granularity: 'line' as never })).toThrow(/granularity must be/);
  });
});
