import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packageExports } from '../../scripts/entries';
import { summarize } from '../../scripts/test-summary.mjs';

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

describe('package.json', () => {
  const manifest = read('package.json');

  it('exports exactly the entries of scripts/entries.json (npm run entries writes them)', () => {
    expect(manifest.exports).toEqual(packageExports());
  });

  it('installs nothing but the three argued dependencies, and no peer unasked', () => {
    expect(Object.keys(manifest.dependencies)).toEqual(['ndarray', 'papaparse', 'seedrandom']);
    for (const peer of Object.keys(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[peer]).toEqual({ optional: true });
    }
  });

  it('has a lockfile that names no registry and no peer', () => {
    const lock = read('package-lock.json');
    const packages = Object.entries<{ resolved?: string; version: string }>(lock.packages);
    expect(packages.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
    expect(lock.packages['node_modules/gpu.js']).toBeUndefined();
    expect(lock.packages[''].version).toBe(manifest.version);
  });
});

describe('the closing line of npm test', () => {
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map((t) => ({ status: t })),
  });
  const report = (passed: number, failed: number, skipped: number, ...testResults: ReturnType<typeof file>[]) => ({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
    testResults,
  });

  it('counts', () => {
    expect(summarize(report(2, 0, 1, file('passed', 'passed', 'passed', 'pending')), 0)).toBe(
      '2 passed, 0 failed, 1 skipped',
    );
    expect(summarize(report(1, 1, 0, file('failed', 'passed', 'failed')), 1)).toBe('1 passed, 1 failed, 0 skipped');
  });

  it('never looks green when the run is not', () => {
    expect(summarize(report(3, 0, 0, file('failed')), 1)).toBe('3 passed, 1 failed, 0 skipped');
    expect(summarize(report(3, 0, 0, file('passed', 'passed')), 1)).toBe('3 passed, 1 failed, 0 skipped');
    expect(summarize(null, 1)).toBe('0 passed, 1 failed, 0 skipped');
  });
});
