/**
 * What generates code is loaded when code is generated, and threads when they start: the commonest products do without
 * either, as their code is published ready-made.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { ENGINES, GROUPS, readyTable } from './ready-made';
import { engineParts, WASM } from './sources';

/** Functions by the late file that has them and by their own file. */
const MAKERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'makers-of:modules': { 'assembler/index': ['assemble'] },
  'makers-of:products': {
    'gemm/arithmetic': ['arithmeticOf'],
    'gemm/driver': ['emitPackB', 'emitProduct'],
    'gemm/emit-direct': ['emitDirect'],
    'gemm/emit-dots': ['emitDots'],
    'gemm/emit-stream': ['emitStream'],
    'gemm/parts': ['emitClear', 'emitSumParts'],
    'tuner/emit-probe': ['emitProbe'],
  },
  'makers-of:threads': { 'threads/crew': ['startCrew'], 'threads/program': ['buildSerial'] },
};
/** Files that call them. */
const CALLERS = [
  'code-library',
  'gemm/blocked',
  'gemm/codes',
  'gemm/direct',
  'gemm/dots',
  'gemm/product',
  'gemm/stream',
  'threads/conductor',
  'tuner/probe',
];
const IMPORT = /^import \{([^}]*)\} from '(\.[^']+)';$/gm;

/** What all code is generated with, in one chunk. */
export const GENERATORS = ['task.ts', 'assembler/index.ts'].map((file) => join(WASM, file));
/** Small files that products of all kinds share: they go with the engine. */
const WITH_ENGINE = ['edges', 'elements', 'module', 'params', 'tile'].map((name) => join(WASM, `gemm/${name}.ts`));

/** Imports of which nothing is used but that the files are reached: what reaches the same files shares a chunk. */
export const reaching = (files: readonly string[]): string[] =>
  files.map((file, i) => `import * as there${i} from ${JSON.stringify(resolve(file))};`);

/** A function that loads its file when it is first called. */
export const lateFunction = (name: string, file: string): string =>
  `let ${name}Loaded; const ${name} = (...args) => (${name}Loaded ??= import('${file}').${name})(...args);`;

/** The late file that has such a function. */
const lateFileOf = (file: string, name: string): string | undefined =>
  Object.keys(MAKERS).find((late) => MAKERS[late]![file]?.includes(name));

/** Loads those functions late where they are called. */
const lateMakers: Plugin = {
  name: 'late-makers',
  setup(builder) {
    const callers = new Set(CALLERS.map((file) => join(WASM, `${file}.ts`)));
    builder.onLoad({ filter: /\/src\/backends\/wasm\/.*\.ts$/ }, ({ path }) => {
      if (!callers.has(path)) return null;
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(IMPORT, (line: string, list: string, from: string) => {
        const file = relative(WASM, resolve(dirname(path), from));
        const names = list.split(',').flatMap((name) => name.trim() || []);
        const late = names.filter((name) => lateFileOf(file, name) !== undefined);
        const others = names.filter((name) => !late.includes(name) && !name.startsWith('type '));
        if (late.length === 0) return line;
        const kept = others.length === 0 ? [] : [`import { ${others.join(', ')} } from '${from}';`];
        return [...kept, ...late.map((name) => lateFunction(name, lateFileOf(file, name)!))].join('\n');
      });
      if (contents === text) throw new Error(`${path}: the build expects it to import what generates code.`);
      return { contents, loader: 'ts' };
    });
  },
};

/** Their files. */
const makers = (base: readonly string[]): Plugin => ({
  name: 'makers',
  setup(builder) {
    builder.onResolve({ filter: /^makers-of:/ }, ({ path }) => ({ path, namespace: 'makers' }));
    builder.onLoad({ filter: /.*/, namespace: 'makers' }, ({ path }) => {
      const lines = [
        ...reaching([...base, ...engineParts().map(({ file }) => file), ...GENERATORS]),
        ...Object.entries(MAKERS[path]!).map(
          ([file, names]) => `export { ${names.join(', ')} } from ${JSON.stringify(join(WASM, `${file}.ts`))};`,
        ),
      ];
      return { contents: lines.join('\n'), resolveDir: resolve('src') };
    });
  },
});

/** Has those files with the engine, whose entry this is; as it is one of the package too, it reaches what those do. */
const moreWithEngine = (base: readonly string[]): Plugin => ({
  name: 'more-with-engine',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/backends\/wasm\/index\.ts$/ }, ({ path }) => ({
      contents: [readFileSync(path, 'utf8'), ...reaching([...base, ...WITH_ENGINE])].join('\n'),
      loader: 'ts',
    }));
  },
});

/** The file with the ready-made modules of a group. */
const readyFile = (kind: string, group: string): string => `./ready-made-${kind}-${group}.cjs`;

/** Those files, by their names under dist. One text to each: an engine takes several times as long to read many short ones. */
export const readyFiles = (): [string, string][] =>
  Object.entries(ENGINES).flatMap(([kind, tile]) =>
    Object.entries(GROUPS).map(([group, keys]): [string, string] => [
      basename(readyFile(kind, group)),
      `'use strict';\nmodule.exports = ${JSON.stringify(readyTable(tile, keys))};\n`,
    ]),
  );

/** Knows them. */
const readyMade: Plugin = {
  name: 'ready-made',
  setup(builder) {
    const choices = Object.entries(GROUPS).flatMap(([group, keys]) => [
      `  if (${keys}.test(key)) {`,
      `    const table = reorders ? import('${readyFile('reordering', group)}') : import('${readyFile('others', group)}');`,
      '    return moduleOf(table, key, memory);',
      '  }',
    ]);
    builder.onLoad({ filter: /\/src\/backends\/wasm\/ready-made\.ts$/ }, () => ({
      contents: [
        "import { reordersSteps } from './features';",
        "import { moduleOf } from './ready-table';",
        'export function readyModule(key, memory) {',
        '  const reorders = reordersSteps();',
        ...choices,
        '}',
      ].join('\n'),
      resolveDir: WASM,
    }));
    builder.onResolve({ filter: /^\.\/ready-made-.*\.cjs$/ }, ({ path }) => ({ path, external: true }));
  },
};

/** @param base - files that whoever loads anything late has loaded already. */
export const lateCode = (base: readonly string[]): Plugin[] => [
  lateMakers,
  makers(base),
  moreWithEngine(base),
  readyMade,
];
