import { describe, expect, it } from 'vitest';
import { argumentsOf, withOptions } from './hostile/arguments';
import { attempt, hasNaN } from './hostile/attempt';
import { CLASSES, type Class, FUNCTIONS } from './hostile/exports';
import { FOR_OPTIONS, HARD, HOSTILE, TEXTS, target, X, y } from './hostile/values';

type Thing = Record<string, (...args: unknown[]) => unknown>;

const FITS = ['fit', 'fitTransform', 'fitResample', 'fitPredict', 'partialFit', 'split'];
const USES = [
  'predict',
  'predictProba',
  'decisionFunction',
  'transform',
  'inverseTransform',
  'score',
  'kneighbors',
  'radiusNeighbors',
  'apply',
  'partialFit',
  'featureNamesOut',
  'predictLogProba',
];

/** Warnings have no `fit`; data and grids are made of what they are given. */
const isFitted = (made: unknown): made is Thing =>
  FITS.some((name) => typeof (made as Thing | null)?.[name] === 'function');

const make = (C: Class, args: readonly unknown[]): Thing => new C(...(args as never[]));

/** The names an estimator says it takes. */
async function optionsOf(
  C: Class,
  args: readonly unknown[],
  fit: string,
  given: readonly unknown[],
): Promise<string[]> {
  try {
    const out = await make(C, withOptions(args, { noSuchOption: 1 }))[fit]!(...given);
    if (typeof (out as { next?: unknown }).next === 'function') [...(out as Iterable<unknown>)];
    return [];
  } catch (error) {
    return /It takes (.*)\.$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  }
}

/** Numbers that would make these slow say nothing more than smaller ones. */
const isSlow = (value: unknown): boolean => typeof value === 'number' && value > 1e6;

function dataFor(entry: string, made: Thing): readonly unknown[] {
  if (entry === 'text') return [TEXTS, [0, 1, 0, 1, 0, 1]];
  return [X, (made as { kind?: unknown }).kind === 'regressor' ? target : y];
}

/** A text is a path to these, and they would write there. */
const WRITES = /\.save(SVG|HTML)$/;

describe('whatever is passed, an error of kompakt says what is wrong', () => {
  it.each(FUNCTIONS)('%s', async (path, f) => {
    const wrongs: string[] = [];
    const more = HOSTILE.filter(([, value]) => !(WRITES.test(path) && typeof value === 'string'));
    for (const [a, first] of HOSTILE) {
      await attempt(a, () => f(first), wrongs);
      for (const [b, second] of more) await attempt(`${a}, ${b}`, () => f(first, second), wrongs);
    }
    for (const [b, second] of [['labels', y] as const, ['samples', X] as const])
      for (const [c, third] of HOSTILE) await attempt(`labels, ${b}, ${c}`, () => f(y, second, third), wrongs);
    expect(wrongs.slice(0, 5)).toEqual([]);
  });

  it.each(CLASSES)('new %s', async (path, C) => {
    const wrongs: string[] = [];
    const [entry, name] = path.split('.') as [string, string];
    const args = argumentsOf(name);
    for (const [a, first] of HOSTILE) {
      // Errors are made by kompakt, of texts.
      if (/Error$|Warning$/.test(name)) return;
      await attempt(`constructor(${a})`, () => make(C, [first]), wrongs);
    }
    const made = await attempt('constructor', () => make(C, args), []);
    if (!isFitted(made)) return expect(wrongs.slice(0, 5)).toEqual([]);
    const given = dataFor(entry, made);
    for (const fit of FITS.filter((m) => typeof made[m] === 'function')) {
      if (fit === 'fitTransform') continue; // It begins with fit.
      for (const [a, first] of HOSTILE) {
        await attempt(`${fit}(${a}, labels)`, () => make(C, args)[fit]!(first, given[1]), wrongs);
        await attempt(`${fit}(samples, ${a})`, () => make(C, args)[fit]!(given[0], first), wrongs);
        await attempt(`${fit}(samples, labels, ${a})`, () => make(C, args)[fit]!(...given, first), wrongs);
      }
    }
    const fit = FITS.find((m) => typeof made[m] === 'function')!;
    for (const option of await optionsOf(C, args, fit, given))
      for (const [v, value] of FOR_OPTIONS) {
        if (isSlow(value)) continue;
        await attempt(
          `{ ${option}: ${v} }`,
          () => make(C, withOptions(args, { [option]: value }))[fit]!(...given),
          wrongs,
        );
      }
    const model = (await attempt(fit, () => make(C, args)[fit]!(...given), wrongs)) as Thing | undefined;
    for (const use of USES.filter((m) => typeof model?.[m] === 'function'))
      for (const [a, first] of HOSTILE) {
        await attempt(`${use}(${a})`, () => model![use]!(first), wrongs);
        await attempt(`${use}(samples, ${a})`, () => model![use]!(given[0], first), wrongs);
      }
    expect(wrongs.slice(0, 5)).toEqual([]);
  });
});

/** NaN says so: what is missing stays missing, in scores of a constant target or one sample it means undefined. */
const MAY_BE_NAN = /^preprocessing\.|^model-selection\.(FeatureUnion|Pipeline)/;

describe('no model predicts NaN from samples that are hard', () => {
  it.each(CLASSES.filter(([path]) => !MAY_BE_NAN.test(path)))('%s', async (path, C) => {
    const name = path.split('.')[1]!;
    const made = await attempt('constructor', () => make(C, argumentsOf(name)), []);
    if (!isFitted(made) || typeof made.fit !== 'function') return;
    const wrongs: string[] = [];
    for (const [what, A, b] of HARD) {
      const model = (await attempt(what, () => make(C, argumentsOf(name)).fit!(A, b), wrongs)) as Thing | undefined;
      for (const use of ['predict', 'predictProba', 'decisionFunction', 'transform']) {
        if (typeof model?.[use] !== 'function') continue;
        const out = await attempt(`${use}, ${what}`, () => model[use]!(A), wrongs);
        // Scores of huge samples by huge weights overflow, which is for those who pass them to see.
        if (hasNaN(out) && !(what === 'huge values' && /\.(SGD|Perceptron|PassiveAggressive)/.test(path)))
          wrongs.push(`${use} gives NaN from ${what}`);
      }
    }
    expect(wrongs.slice(0, 5)).toEqual([]);
  });
});
