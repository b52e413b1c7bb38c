/**
 * The package's code as it is published: for every entry a file, and chunks that the entries share, so that a class is
 * one class whichever entry it comes from. Nothing is minified, so names and stack traces stay readable without source
 * maps, and bundlers still see what they may drop.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { CLI_SOURCE, entries, JOBS_WORKER_SOURCE } from '../entries';
import { moduleOf, toCommonJs } from './common-js';
import { readyFiles } from './late-code';
import { onDemand } from './on-demand';
import { fromItsFile, kernelImports } from './sources';

/** The text of the files under dist, by their paths there. */
export type Files = Map<string, string>;

const OUT = resolve('dist');
/** The thread's file, which is started by this name. */
const JOBS_WORKER = 'jobs-worker';
const LIBRARY: Readonly<Record<string, string>> = Object.fromEntries(entries.map((e) => [e.output, e.source]));
/** The command line and the worker share the library's chunks. */
const ALL: Readonly<Record<string, string>> = { ...LIBRARY, cli: CLI_SOURCE, [JOBS_WORKER]: JOBS_WORKER_SOURCE };

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
];
/** In Node, where the engine comes later, those of its files too that are small and used elsewhere. */
const FOR_NODE = [...BASE, 'src/core/expression.ts', 'src/backends/shared/error-function.ts'];
/** Where the whole engine comes along. */
const WITH_ENGINE = [...BASE, 'src/backends/wasm/gemm/params.ts'];
const CORE = 'src/index.ts';

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
function filesToGive(metafile: Metafile, base: readonly string[]): Map<string, readonly string[]> {
  const all = reached(metafile);
  const core = all.get(CORE)!;
  const bytes = (files: Iterable<string>): number =>
    [...files].reduce((n, f) => n + (metafile.inputs[f]?.bytes ?? 0), 0);
  return new Map(
    [...all].map(([source, files]) => {
      const part = bytes([...core].filter((file) => files.has(file))) / bytes(core);
      return [source, part > 0.5 ? [...base, CORE] : base] as const;
    }),
  );
}

/** The files of the given entries and their chunks. */
async function filesOf(
  entryPoints: Readonly<Record<string, string>>,
  { plugins, base, ...options }: BuildOptions & { plugins: Plugin[]; base: readonly string[] },
): Promise<Files> {
  const common = { ...OPTIONS, ...options, entryPoints: { ...entryPoints } };
  const first = await build({ ...common, plugins: [carried, ...plugins] });
  const given = filesToGive(first.metafile!, base);
  const { outputFiles } = await build({
    ...common,
    plugins: [carried, ...plugins, fewerChunks(entryPoints, given)],
  });
  // A definition that runs nothing: unused, it can go.
  const pure = (text: string): string => text.replaceAll(' = __commonJS({', ' = /* @__PURE__ */ __commonJS({');
  return new Map(outputFiles!.map(({ path, text }) => [relative(OUT, path), toAscii(pure(text))]));
}

/** One letter beyond ASCII, in a comment, and an engine reads the whole file as text of twice the size. */
const toAscii = (text: string): string =>
  text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The ES modules: all entries, the command line and the worker. */
export const esModules = (): Promise<Files> =>
  filesOf(ALL, { base: WITH_ENGINE, plugins: [kernelImports(fromItsFile)] });

/**
 * The same in CommonJS for Node, where code is loaded on demand, and for every entry a module (`nn.node.js`) that hands on
 * what its CommonJS has: `import` and `require` give the same classes. Without the command line.
 */
export async function commonJs(): Promise<Files> {
  const files = await filesOf(
    { ...LIBRARY, [JOBS_WORKER]: JOBS_WORKER_SOURCE },
    {
      base: FOR_NODE,
      plugins: onDemand(FOR_NODE),
      outExtension: { '.js': '.cjs' },
      // The address of a file, which CommonJS knows otherwise.
      define: { 'import.meta.url': 'kompaktUrl' },
    },
  );
  const published: Files = new Map(readyFiles());
  for (const [file, text] of files) {
    published.set(file, toCommonJs(text, file).replaceAll(`"./${JOBS_WORKER}.js"`, `"./${JOBS_WORKER}.cjs"`));
    const entry = file.replace(/\.cjs$/, '');
    if (entry in LIBRARY) published.set(`${entry}.node.js`, moduleOf(text, `./${basename(file)}`));
  }
  return published;
}

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
