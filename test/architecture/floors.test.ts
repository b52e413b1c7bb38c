import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXCEPTIONS, violations } from './rules';

function sources(): Map<string, string> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  return new Map(files.map((f) => [join('src', f).replaceAll('\\', '/'), readFileSync(join('src', f), 'utf8')]));
}

const check = (files: Record<string, string>): string[] => violations(new Map(Object.entries(files)));

describe('the house', () => {
  it('keeps its floors', () => {
    expect(violations(sources())).toEqual([]);
  });

  it('makes no exception for what is gone', () => {
    const paths = [...sources().keys()];
    const exists = (pattern: string) => paths.some((path) => path === pattern || path.startsWith(pattern));
    expect(EXCEPTIONS.filter(({ from, to }) => !exists(from) || !exists(to))).toEqual([]);
  });
});

describe('the checker', () => {
  it.each([
    ['what goes down', { 'src/ops/a.ts': `import { x } from '../core/b';`, 'src/core/b.ts': 'export const x = 1;' }],
    ['a folder by its index', { 'src/nn/a.ts': `import { x } from '../optim';`, 'src/optim/index.ts': '' }],
    ['the default backend', { 'src/ops/a.ts': `import '../backends/default';`, 'src/backends/default.ts': '' }],
    ['what builds it', { 'src/backends/default.ts': `import './wasm/index';`, 'src/backends/wasm/index.ts': '' }],
    ['what backends share', { 'src/backends/wasm/a.ts': `import '../shared';`, 'src/backends/shared.ts': '' }],
    ['the top', { 'src/index.ts': `export * from './nn/a';`, 'src/nn/a.ts': '' }],
    ['Node in the command line', { 'src/cli/main.ts': `import { parseArgs } from 'node:util';` }],
    ['a dependency', { 'src/core/a.ts': `import alea from 'seedrandom/lib/alea.js';` }],
    ['a type of Node', { 'src/core/a.ts': `type Fs = typeof import('node:fs');` }],
  ])('passes %s', (_, files) => {
    expect(check(files as unknown as Record<string, string>)).toEqual([]);
  });

  it.each([
    ['an import from above', { 'src/core/a.ts': `import '../ops/b';`, 'src/ops/b.ts': '' }, /from above/],
    [
      'a type import from above',
      { 'src/core/a.ts': `import type { T } from '../nn/b';`, 'src/nn/b.ts': '' },
      /from above/,
    ],
    ['a type named in place', { 'src/core/a.ts': `let t: import('../nn/b').T;`, 'src/nn/b.ts': '' }, /from above/],
    ['passing on from above', { 'src/core/a.ts': `export * from '../nn/b';`, 'src/nn/b.ts': '' }, /from above/],
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
    ['a node import', { 'src/nn/a.ts': `import fs from 'node:fs';` }, /imports node:fs/],
    ['a dynamic node import', { 'src/nn/a.ts': `const fs = await import('node:fs');` }, /imports node:fs/],
    ['a package', { 'src/nn/a.ts': `import 'lodash';` }, /package lodash/],
    [
      'a backend within a backend',
      { 'src/backends/wasm/a.ts': `import '../reference/b';`, 'src/backends/reference/b.ts': '' },
      /imports the backend/,
    ],
    [
      'a long cycle',
      {
        'src/core/a.ts': `import './b';`,
        'src/core/b.ts': `import './c';`,
        'src/core/c.ts': `import type { A } from './a';`,
      },
      /cycle: .*a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/,
    ],
    ['the top from below', { 'src/nn/a.ts': `import '../index';`, 'src/index.ts': '' }, /from above/],
    ['a folder on no floor', { 'src/attic/a.ts': '' }, /no floor/],
    ['a mutable export', { 'src/core/a.ts': 'export let x = 1;' }, /mutable/],
    ['a file of two ideas', { 'src/core/a.ts': '\n'.repeat(500) }, /two ideas/],
  ])('finds %s', (_, files, message) => {
    expect(check(files as Record<string, string>).join('\n')).toMatch(message);
  });
});
