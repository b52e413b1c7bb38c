import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chrfScore, corpusBleu, sentenceBleu } from '../../src/metrics/index';

interface Row {
  readonly corpus: string;
  readonly metric: 'bleu' | 'chrf';
  readonly options: Record<string, unknown>;
  readonly score: number;
  readonly precisions: number[];
  readonly bp: number;
  readonly lengths: [number, number];
}
const golden: { corpora: Record<string, { references: string[][]; hypotheses: string[] }>; rows: Row[] } = JSON.parse(
  readFileSync(new URL('../fixtures/metrics/translation.json', import.meta.url), 'utf8'),
);
const NAMES: Record<string, string> = {
  max_ngram_order: 'maxOrder',
  smooth_method: 'smoothing',
  smooth_value: 'smoothingValue',
  effective_order: 'effectiveOrder',
  word_order: 'wordOrder',
  char_order: 'charOrder',
};
const ours = (options: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(options).map(([k, v]) => [NAMES[k] ?? k, v === 'add-k' ? 'addK' : v]));

describe('translations are scored as sacreBLEU scores them', () => {
  it.each(golden.rows.map((row) => [`${row.metric} ${row.corpus} ${JSON.stringify(row.options)}`, row] as const))(
    '%s',
    (_, { corpus, metric, options, score, precisions, bp, lengths }) => {
      const { references, hypotheses } = golden.corpora[corpus]!;
      if (metric === 'chrf') {
        expect(chrfScore(references, hypotheses, ours(options))).toBeCloseTo(score, 9);
        return;
      }
      const found = corpusBleu(references, hypotheses, ours(options));
      expect(found.score).toBeCloseTo(score, 9);
      expect(found.brevityPenalty).toBeCloseTo(bp, 12);
      expect([found.hypothesisLength, found.referenceLength]).toEqual(lengths);
      found.precisions.forEach((p, n) => expect(p).toBeCloseTo(precisions[n]!, 9));
    },
  );

  it('scores a sentence by the lengths there are', () => {
    expect(sentenceBleu('a b', 'a b').score).toBeCloseTo(100, 9);
    expect(corpusBleu(['a b'], ['a b']).score).toBeLessThan(100);
    expect(sentenceBleu('ab', 'ab', { tokenize: (text) => Array.from(text) }).score).toBeCloseTo(100, 9);
  });

  it.each([
    ['different numbers', () => corpusBleu(['a'], []), /1 references and 0 hypotheses/],
    ['no references', () => corpusBleu([[]], ['a']), /hypothesis 0 has no reference/],
    ['what is no text', () => chrfScore([1 as never], ['a']), /hypothesis 0|expected texts/],
    ['an unknown tokenizer', () => corpusBleu(['a'], ['a'], { tokenize: 'ja' as never }), /tokenize/],
    ['an unknown smoothing', () => corpusBleu(['a'], ['a'], { smoothing: 'x' as never }), /smoothing/],
    ['an order of none', () => corpusBleu(['a'], ['a'], { maxOrder: 0 }), /maxOrder/],
    ['a negative order', () => chrfScore(['a'], ['a'], { wordOrder: -1 }), /wordOrder/],
    ['beta of 0', () => chrfScore(['a'], ['a'], { beta: 0 }), /beta/],
    ['an unknown option', () => chrfScore(['a'], ['a'], { order: 2 } as never), /unknown option/],
  ])('refuses %s', (_, work, message) => {
    expect(work).toThrow(message);
  });
});
