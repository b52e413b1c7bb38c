import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rocAucScore } from '../../src/metrics/index';

interface Absent {
  readonly yTrue: number[];
  readonly labels: number[];
  readonly proba: number[][];
  readonly macro: number;
  readonly weighted: number;
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/metrics/indicator.json', import.meta.url), 'utf8')) as {
  readonly absent: readonly Absent[];
};

describe('classes that no sample has', () => {
  it.each(golden.absent)('make no pairs: labels $labels', ({ yTrue, labels, proba, ...expected }) => {
    for (const average of ['macro', 'weighted'] as const)
      expect(rocAucScore(yTrue, proba, { multiClass: 'ovo', labels, average })).toBeCloseTo(expected[average], 12);
  });
});
