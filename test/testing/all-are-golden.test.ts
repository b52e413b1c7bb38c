import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLASSES, FUNCTIONS } from '../bad-input/hostile/exports';

const read = (path: string): string => readFileSync(join('test', path), 'utf8');
const paths = readdirSync('test', { recursive: true }) as string[];

const KINDS =
  'bayes|cluster|data|decomposition|ensemble|imbalanced|linear|metrics|model-selection|neighbors|preprocessing|random|svm|text|trees';
const READS = new RegExp(`fixtures/(?:${KINDS})/|\\breadGolden\\b|from '\\./golden`);

/** The text of every test that compares with what another library found, and what that was. */
const texts = [
  ...paths
    .filter((path) => path.endsWith('.ts') && !/node_modules|^fixtures|^testing|^bad-input/.test(path))
    .map(read)
    .filter((text) => READS.test(text)),
  ...paths.filter((path) => new RegExp(`^fixtures/(?:${KINDS})/.*\\.json$`).test(path)).map(read),
].join('\n');

/** What has no row of its own, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'data.CscMatrix': 'a form of samples, not a model; its tests compare with dense ones',
  'metrics.UndefinedMetricWarning': 'a warning',
  'model-selection.JobThreadError': 'an error',
  'model-selection.serveJobs': 'what a worker runs',
  'model-selection.TunedThresholdClassifier': 'another name of TunedThresholdClassifierCV',
  'text.PretrainedTokenizer': 'the tokenizer of a package, handed on; scikit-learn has none',
  'text.beamSearch': 'a search with any model; scikit-learn has none',
  'text.greedySearch': 'a search with any model; scikit-learn has none',
  'text.chineseTokens': 'words by the Intl.Segmenter of the platform; scikit-learn has none',
};

const ALL = [...CLASSES, ...FUNCTIONS].map(([path]) => path).filter((path) => !path.startsWith('figures.'));
const words = new Set(texts.match(/\w+/g));
const isNamed = (path: string): boolean => words.has(path.split('.')[1]!);

describe('nothing exported goes without golden values', () => {
  it('every estimator, transformer, resampler, splitter and metric is named by one', () => {
    expect(ALL.length).toBeGreaterThan(150);
    expect(ALL.filter((path) => !isNamed(path) && !Object.hasOwn(EXCEPTIONS, path))).toEqual([]);
  });

  it('every exception is one still', () => {
    expect(Object.keys(EXCEPTIONS).filter((path) => !ALL.includes(path) || isNamed(path))).toEqual([]);
  });
});
