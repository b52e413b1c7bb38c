import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { type BuildFailure, build, type Plugin } from 'esbuild';
import { kompaktSources } from '../../scripts/sources-plugin.mjs';

const CACHE = resolve('node_modules/.cache/kompakt-examples');

const virtual = (codes: readonly string[]): Plugin => ({
  name: 'examples',
  setup(builder) {
    builder.onResolve({ filter: /^example:\d+$/ }, ({ path }) => ({ path: path.slice(8), namespace: 'example' }));
    builder.onLoad({ filter: /.*/, namespace: 'example' }, ({ path }) => ({
      contents: codes[Number(path)]!,
      loader: 'ts',
      resolveDir: resolve('.'),
    }));
  },
});

/** Examples made ready to run, sharing the code they have in common. */
export interface BuiltExamples {
  /** Runs one and returns what it printed, an item per console.log call. Rejects if it does not build, or throws. */
  run(index: number): Promise<string[]>;
  /** Deletes the built files. */
  dispose(): void;
}

/** Bundles pieces of TypeScript that import from `kompakt/…`; the ones that do not build fail only themselves. */
export async function buildExamples(codes: readonly string[]): Promise<BuiltExamples> {
  mkdirSync(CACHE, { recursive: true });
  const outdir = mkdtempSync(join(CACHE, 'run-'));
  const bundle = (indices: readonly number[]) =>
    build({
      entryPoints: Object.fromEntries(indices.map((index) => [String(index), `example:${index}`])),
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      plugins: [kompaktSources(), virtual(codes)],
      logLevel: 'silent',
    });
  const errors = new Map<number, string>();
  const all = codes.map((_, index) => index);
  try {
    await bundle(all);
  } catch {
    // One by one, to tell which; the sound ones stay built.
    for (const index of all) {
      await bundle([index]).catch((failure: BuildFailure) => {
        errors.set(
          index,
          failure.errors.map((e) => `${e.location?.file}, line ${e.location?.line}: ${e.text}`).join('\n'),
        );
      });
    }
  }
  return {
    async run(index) {
      const error = errors.get(index);
      if (error !== undefined) throw new Error(error);
      return captureLog(() => import(/* @vite-ignore */ pathToFileURL(join(outdir, `${index}.mjs`)).href));
    },
    dispose: () => rmSync(outdir, { recursive: true, force: true }),
  };
}

async function captureLog(f: () => Promise<unknown>): Promise<string[]> {
  const printed: string[] = [];
  const { log } = console;
  const show = (value: unknown) =>
    typeof value === 'string' ? value : inspect(value, { depth: 6, breakLength: Infinity });
  console.log = (...values: unknown[]) => {
    printed.push(values.map(show).join(' '));
  };
  try {
    await f();
  } finally {
    console.log = log;
  }
  return printed;
}
