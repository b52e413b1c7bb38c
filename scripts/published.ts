/**
 * The package's code as it is published: for every entry a file, and chunks that the entries share, so that a class is
 * one class whichever entry it comes from. Nothing is minified, so names and stack traces stay readable without source
 * maps, and bundlers still see what they may drop.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { CLI_SOURCE, entries, JOBS_WORKER_SOURCE } from './entries';

/** The text of the files under dist, by their paths there. */
export type Files = Map<string, string>;

const OUT = resolve('dist');
const LIBRARY: Readonly<Record<string, string>> = Object.fromEntries(entries.map((e) => [e.output, e.source]));
/** The command line and the worker share the library's chunks. */
const ALL: Readonly<Record<string, string>> = { ...LIBRARY, cli: CLI_SOURCE, 'jobs-worker': JOBS_WORKER_SOURCE };

/**
 * Each file costs about a millisecond, so every entry is given what most need: tensors, random numbers, and small files
 * that would be chunks of their own.
 */
const BASE = [
  'src/ops/create.ts',
  'src/core/rng.ts',
  'src/core/threefry.ts',
  'src/core/op.ts',
  'src/core/scope.ts',
  'src/ops/factor.ts',
  'src/backends/wasm/gemm/params.ts',
];
const CORE = 'src/index.ts';
const KERNELS = 'src/backends/wasm/kernels.ts';

const OPTIONS = {
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  packages: 'external',
  external: ['node:*'],
  metafile: true,
  write: false,
  legalComments: 'inline',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Reads `import { matmulKernel } from '…/kernels'` as an import of the file that has it. By way of the one file that
 * names all kernels, whoever needs one would load them all.
 */
const kernelsByFile: Plugin = {
  name: 'kernels-by-file',
  setup(builder) {
    const homes = new Map<string, { readonly name: string; readonly file: string }>();
    for (const [, names, from] of readFileSync(KERNELS, 'utf8').matchAll(/export \{([^}]*)\} from '([^']+)';/g)) {
      const file = resolve(dirname(KERNELS), `${from}.ts`);
      for (const [, name, as] of names!.matchAll(/(\w+)(?: as (\w+))?/g)) homes.set(as ?? name!, { name: name!, file });
    }
    const direct = (name: string): string => {
      const home = homes.get(name);
      if (home === undefined) throw new Error(`${KERNELS} exports no '${name}' from another file.`);
      return `import { ${home.name} as ${name} } from ${JSON.stringify(home.file)};`;
    };
    builder.onLoad({ filter: /\/src\/ops\/.*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(/^import \{([^}]*)\} from '[./]*backends\/wasm\/kernels';$/gm, (_, names: string) =>
        [...names.matchAll(/\w+/g)].map(([name]) => direct(name)).join(' '),
      );
      return contents === text ? null : { contents, loader: 'ts' };
    });
  },
};

/**
 * Makes chunks fewer. esbuild makes a chunk for every set of entries that reach the same files; an import of which
 * nothing is used adds nothing to an entry but the files' being reached.
 */
function fewerChunks(sources: Readonly<Record<string, string>>, given: ReadonlyMap<string, readonly string[]>): Plugin {
  const paths = new Map(Object.values(sources).map((source) => [resolve(source), given.get(source) ?? []]));
  return {
    name: 'fewer-chunks',
    setup(builder) {
      builder.onLoad({ filter: /(index|main|jobs-worker)\.ts$/ }, ({ path }) => {
        const files = paths.get(path);
        if (files === undefined) return null;
        const imports = files.map((file, i) => `import * as given${i} from ${JSON.stringify(resolve(file))};`);
        return { contents: `${readFileSync(path, 'utf8')}\n${imports.join('\n')}`, loader: 'ts' };
      });
    },
  };
}

/** Packages in CommonJS that the core needs now and then, and what they need. */
const CARRIED = ['ndarray', 'seedrandom/lib/alea.js'];
const require = createRequire(resolve('package.json'));

/**
 * Carries those packages along, to be evaluated at the first call: loading them beside ES modules takes Node as long as
 * loading the engine.
 */
const carried: Plugin = {
  name: 'carried',
  setup(builder) {
    builder.onResolve({ filter: /^[^.]/ }, ({ path, kind }) => {
      if (kind === 'require-call') return { path: require.resolve(path) };
      return CARRIED.includes(path) ? { path, namespace: 'carried', sideEffects: false } : null;
    });
    builder.onLoad({ filter: /.*/, namespace: 'carried' }, ({ path }) => ({
      contents: `export default function carried(...args) { return require(${JSON.stringify(path)})(...args); }`,
      resolveDir: resolve('.'),
    }));
  },
};

/** The sources that an entry's file loads, by the entry's source. */
function reached({ outputs }: Metafile): Map<string, Set<string>> {
  const sources = (file: string, seen: Set<string>): string[] => {
    if (seen.has(file)) return [];
    seen.add(file);
    const { inputs, imports } = outputs[file]!;
    const statically = imports.filter((i) => i.external !== true && i.kind === 'import-statement');
    return [...Object.keys(inputs), ...statically.flatMap((i) => sources(i.path, seen))];
  };
  return new Map(
    Object.entries(outputs).flatMap(([file, { entryPoint }]) =>
      entryPoint === undefined ? [] : [[entryPoint, new Set(sources(file, new Set()))] as const],
    ),
  );
}

/** For each entry the files that it is to reach: the core if it needs the better part of that anyway. */
function filesToGive(metafile: Metafile): Map<string, readonly string[]> {
  const all = reached(metafile);
  const core = all.get(CORE)!;
  const bytes = (files: Iterable<string>): number =>
    [...files].reduce((n, f) => n + (metafile.inputs[f]?.bytes ?? 0), 0);
  return new Map(
    [...all].map(([source, files]) => {
      const part = bytes([...core].filter((file) => files.has(file))) / bytes(core);
      return [source, part > 0.5 ? [...BASE, CORE] : BASE] as const;
    }),
  );
}

/** The files of the given entries and their chunks. */
async function filesOf(entryPoints: Readonly<Record<string, string>>, options: BuildOptions = {}): Promise<Files> {
  const base = { ...OPTIONS, ...options, entryPoints: { ...entryPoints } };
  const first = await build({ ...base, plugins: [carried, kernelsByFile] });
  const given = filesToGive(first.metafile!);
  const { outputFiles } = await build({
    ...base,
    plugins: [carried, kernelsByFile, fewerChunks(entryPoints, given)],
  });
  // A definition that runs nothing: unused, it can go.
  const pure = (text: string): string => text.replaceAll(' = __commonJS({', ' = /* @__PURE__ */ __commonJS({');
  return new Map(outputFiles!.map(({ path, text }) => [relative(OUT, path), pure(text)]));
}

/** The ES modules: all entries, the command line and the worker. */
export const esModules = (): Promise<Files> => filesOf(ALL);

/** The same in CommonJS, without the command line and the worker, which are ES modules for everyone. */
export async function commonJs(): Promise<Files> {
  const files = await filesOf(LIBRARY, {
    outExtension: { '.js': '.cjs' },
    // The address of a file, which CommonJS knows otherwise.
    define: { 'import.meta.url': 'kompaktUrl' },
  });
  return new Map([...files].map(([file, text]) => [file, toCommonJs(text, file)]));
}

const URL_OF_FILE =
  "const kompaktUrl = typeof __filename === 'string' ? require('node:url').pathToFileURL(__filename).href : globalThis.location?.href;\n";
const IMPORT = /\s*(?:\/\/.*\n\s*)*import (?:\{([^}]*)\} from )?("[^"]+");\n/y;
const EXPORT = /\nexport \{([^}]*)\};\s*$/;

/**
 * A chunk of ES modules in CommonJS. esbuild puts the imports first and the exports last. Names are taken once and not
 * looked up again at each use: chunks import each other in one direction only, and no exported variable changes.
 */
function toCommonJs(text: string, file: string): string {
  const requires: string[] = [];
  IMPORT.lastIndex = 0;
  let end = 0;
  for (let found = IMPORT.exec(text); found !== null; found = IMPORT.exec(text)) {
    const [, names, from] = found;
    requires.push(
      names === undefined ? `require(${from});` : `const {${renamed(names, '$1: $2')}} = require(${from});`,
    );
    end = IMPORT.lastIndex;
  }
  const exported = EXPORT.exec(text);
  const code = text.slice(end, exported?.index);
  if (/^(import|export)\b/m.test(code)) throw new Error(`${file}: an import or an export is where none is expected.`);
  const head = ["'use strict';", ...requires, ...(code.includes('kompaktUrl') ? [URL_OF_FILE] : [])];
  const tail = exported === null ? '' : `\nmodule.exports = {${renamed(exported[1]!, '$2: $1')}};\n`;
  return `${head.join('\n')}\n${code}${tail}`;
}

const renamed = (names: string, as: string): string => names.replace(/([\w$]+) as ([\w$]+)/g, as);

/** The licences of what is carried along, which ask to be kept with it. */
export function licences(): string {
  const read = (path: string): string => readFileSync(join('node_modules', path), 'utf8');
  const alea = read('seedrandom/lib/alea.js');
  const texts = {
    ...Object.fromEntries(['ndarray', 'iota-array', 'is-buffer'].map((name) => [name, read(`${name}/LICENSE`)])),
    'seedrandom (Alea)': alea.slice(0, alea.indexOf('(function')).replace(/^\/\/ ?/gm, ''),
  };
  return Object.entries(texts)
    .map(([name, text]) => `${name}\n${'-'.repeat(name.length)}\n${text.trim()}\n`)
    .join('\n\n');
}
