import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { violations } from './rules';

function sources(): Map<string, string> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  return new Map(files.map((f) => [join('src', f).replaceAll('\\', '/'), readFileSync(join('src', f), 'utf8')]));
}

const check = (files: Record<string, string>): string[] => violations(new Map(Object.entries(files)));

describe('the house', () => {
  it('keeps its floors', () => {
    expect(violations(sources())).toEqual([]);
  });
});

describe('the checker', () => {
  it('passes what goes down', () => {
    expect(check({ 'src/ops/a.ts': `import { x } from '../core/b';`, 'src/core/b.ts': 'export const x = 1;' })).toEqual(
      [],
    );
  });

  it.each([
    ['an import from above', { 'src/core/a.ts': `import '../ops/b';`, 'src/ops/b.ts': '' }, /from above/],
    [
      'a type import from above',
      { 'src/core/a.ts': `import type { T } from '../nn/b';`, 'src/nn/b.ts': '' },
      /from above/,
    ],
    ['a sibling that is not listed', { 'src/linear/a.ts': `import '../nn/b';`, 'src/nn/b.ts': '' }, /sibling/],
    [
      'a backend outside its place',
      { 'src/nn/a.ts': `import '../backends/wasm/b';`, 'src/backends/wasm/b.ts': '' },
      /backend/,
    ],
    ['a backend that imports ops', { 'src/backends/a.ts': `import '../ops/b';`, 'src/ops/b.ts': '' }, /core only/],
    [
      'a cycle',
      { 'src/core/a.ts': `import './b';`, 'src/core/b.ts': `export * from './a';` },
      /cycle: .*a\.ts → .*b\.ts/,
    ],
    ['a node import', { 'src/nn/a.ts': `import fs from 'node:fs';` }, /static import of node:fs/],
    ['the top from below', { 'src/nn/a.ts': `import '../index';`, 'src/index.ts': '' }, /from above/],
    ['a folder on no floor', { 'src/attic/a.ts': '' }, /no floor/],
    ['a mutable export', { 'src/core/a.ts': 'export let x = 1;' }, /mutable/],
    ['an op with side effects', { 'src/ops/a.ts': 'const addOp = defineOp({});' }, /PURE/],
    ['a file of two ideas', { 'src/core/a.ts': '\n'.repeat(500) }, /two ideas/],
  ])('finds %s', (_, files, message) => {
    expect(check(files as Record<string, string>).join('\n')).toMatch(message);
  });
});
