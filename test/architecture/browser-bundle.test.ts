import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { entries } from '../../scripts/entries';
import { bundle } from './bundle';

/** What a browser's global object has that these entries may use; no process, require or Buffer. */
const BROWSER_GLOBALS = [
  'WebAssembly',
  'TextEncoder',
  'TextDecoder',
  'performance',
  'structuredClone',
  'SharedArrayBuffer',
  'AbortController',
  'AbortSignal',
  'Blob',
  'Response',
  'CompressionStream',
  'URL',
  'fetch',
  'setTimeout',
  'clearTimeout',
  'queueMicrotask',
  'crypto',
  'console',
] as const;

/** Bundles `export * from specifier` for browsers, loads it where there is no Node, and tells the names it exports. */
async function exportsInBrowser(code: string): Promise<string[]> {
  const script = await bundle(code, 'iife');
  const host = globalThis as Record<string, unknown>;
  const context = createContext(Object.fromEntries(BROWSER_GLOBALS.map((name) => [name, host[name]])));
  return runInContext(`${script}; Object.keys(bundled)`, context) as string[];
}

describe('entries in a browser', () => {
  it.each(entries)('$specifier bundles without Node modules and evaluates', async ({ specifier, source }) => {
    const expected = Object.keys((await import(`../../${source}`)) as object);
    expect(expected.length).toBeGreaterThan(0);
    expect((await exportsInBrowser(`export * from '${specifier}'`)).sort()).toEqual(expected.sort());
  });
});

describe('the check of entries in a browser', () => {
  it.each([
    ['a static import of a Node module', `export { readFileSync } from 'node:fs'`],
    ['a dynamic one', `export const read = () => import('node:fs/promises')`],
    ['one without the prefix', `export { readFileSync } from 'fs'`],
    ['use of process at load', `export const version = process.version`],
    ['a subpath that is no entry', `export * from 'kompakt/nowhere'`],
  ])('fails on %s', async (_, code) => {
    await expect(exportsInBrowser(code)).rejects.toThrow();
  });

  it('passes what asks for process before using it', async () => {
    expect(await exportsInBrowser(`export const isNode = typeof process !== 'undefined'`)).toEqual(['isNode']);
  });
});
