import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entries } from '../../scripts/entries';
import { bundle } from './bundle';
import { IMPURE, impureStatements } from './purity';

describe('loading a module', () => {
  it('does no work, so that what is not used is not bundled', async () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .map((file) => `src/${file.replaceAll('\\', '/')}`)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.startsWith('src/cli/'));
    const found = await Promise.all(files.map((file) => impureStatements(file, readFileSync(file, 'utf8'))));
    expect(found.flat()).toEqual([]);
    for (const { path } of IMPURE)
      expect(
        files.some((file) => file.startsWith(path)),
        `${path} is gone`,
      ).toBe(true);
  });

  it.each(entries.map((entry) => entry.source))('%s alone, unused, leaves nothing', async (source) => {
    const { build } = await import('esbuild');
    const { outputFiles } = await build({
      stdin: { contents: `import './${source}'`, resolveDir: '.', loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'browser',
      logLevel: 'silent',
    });
    expect(outputFiles[0]!.text.length).toBeLessThan(200);
  });

  it('keeps a whole entry that is used', async () => {
    expect((await bundle(`export * from 'kompakt'`)).length).toBeGreaterThan(1000);
  });
});

describe('the purity checker', () => {
  it.each([
    ['a registration', `import { table } from './table'; table.set('add', 1);`],
    ['an op without its annotation', `import { defineOp } from '../core/op'; export const addOp = defineOp({});`],
    ['a table made by a call', `export const TABLE = new Map(Object.entries({ a: 1 }));`],
    ['a spread', `import { A } from './a'; export const B = { ...A };`],
    ['a property read', `import { f } from './f'; export const g = f.g;`],
    ['an assignment', `globalThis.kompakt = 1;`],
  ])('finds %s', async (_, text) => {
    expect(await impureStatements('src/ops/x.ts', text)).toHaveLength(1);
  });

  it.each([
    ['an annotated op', `import { defineOp } from '../core/op'; export const addOp = /* @__PURE__ */ defineOp({});`],
    [
      'arithmetic',
      `export const A = 2 ** -23; export const B = Math.sqrt(2 / Math.PI); export const C = [-(2 ** 31)];`,
    ],
    ['functions and classes', `export function f() { return g(); } export class C { x = f(); }`],
    ['passing on', `export * from './a'; export { b } from './b';`],
  ])('passes %s', async (_, text) => {
    expect(await impureStatements('src/ops/x.ts', text)).toEqual([]);
  });
});
