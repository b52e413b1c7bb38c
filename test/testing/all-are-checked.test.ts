import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { argumentsOf } from '../bad-input/hostile/arguments';
import { CLASSES } from '../bad-input/hostile/exports';

/** The text of every test, by path. */
const texts = (readdirSync('test', { recursive: true }) as string[])
  .filter((path) => path.endsWith('.ts') && !path.includes('node_modules') && !path.startsWith('bad-input'))
  .map((path) => readFileSync(join('test', path), 'utf8'));

const isNamed = (name: string, check: string): boolean =>
  texts.some((text) => text.includes(`${check}(`) && new RegExp(`\\b${name}\\b`).test(text));

const made = CLASSES.flatMap(([path, Class]): [string, Record<string, unknown>][] => {
  const name = path.split('.')[1]!;
  try {
    return [[name, new Class(...(argumentsOf(name) as never[])) as Record<string, unknown>]];
  } catch {
    return [];
  }
});

describe('nothing exported is left out of its contract', () => {
  it('every estimator is given to checkEstimator', () => {
    const estimators = made.filter(([, { kind, fit }]) => (kind === 'classifier' || kind === 'regressor') && fit);
    expect(estimators.length).toBeGreaterThan(50);
    expect(estimators.map(([name]) => name).filter((name) => !isNamed(name, 'checkEstimator'))).toEqual([]);
  });

  it('every resampler is given to checkResampler', () => {
    const resamplers = made.filter(([, { fitResample }]) => fitResample);
    expect(resamplers.length).toBeGreaterThan(15);
    expect(resamplers.map(([name]) => name).filter((name) => !isNamed(name, 'checkResampler'))).toEqual([]);
  });
});
