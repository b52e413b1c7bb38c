/**
 * The package's public subpaths. `entries.json` is the one list: the build, the documentation, the size and bundle
 * tests and the `exports` of package.json (by `npm run entries`) all follow from it.
 */
import subpaths from './entries.json' with { type: 'json' };

/** One public subpath of the package. */
export interface Entry {
  /** As in package.json: `'.'` or `'./nn'`. */
  readonly subpath: string;
  /** What a user imports: `'kompakt'` or `'kompakt/nn'`. */
  readonly specifier: string;
  /** Name of the built file under dist, without its ending: `'index'` or `'nn'`. */
  readonly output: string;
  /** Source file relative to the repository root. */
  readonly source: string;
}

function toEntry(subpath: string): Entry {
  const name = subpath.slice(2);
  return {
    subpath,
    specifier: name ? `kompakt/${name}` : 'kompakt',
    output: name || 'index',
    source: name ? `src/${name}/index.ts` : 'src/index.ts',
  };
}

/** Every subpath the package promises. */
export const entries: readonly Entry[] = subpaths.map(toEntry);

/** The command line's source; it is built for Node only and is no subpath. */
export const CLI_SOURCE = 'src/cli/main.ts';

/** The thread that fits with `nJobs`; started by its address beside the library's chunks, and no subpath. */
export const JOBS_WORKER_SOURCE = 'src/model-selection/jobs/worker/jobs-worker.ts';

/** The `exports` that package.json must hold for these entries. */
export function packageExports(): Record<string, unknown> {
  const module = (output: string, file: string) => ({ types: `./dist/${output}.d.ts`, default: `./dist/${file}` });
  const conditions = (output: string) => ({
    // Bundlers for any host: ES modules, so that they can leave out what is not used.
    module: module(output, `${output}.js`),
    // Node itself: what it loads on demand, by either way.
    node: {
      import: module(output, `${output}.node.js`),
      require: { types: `./dist/${output}.d.cts`, default: `./dist/${output}.cjs` },
    },
    import: module(output, `${output}.js`),
    require: { types: `./dist/${output}.d.cts`, default: `./dist/${output}.cjs` },
  });
  return {
    ...Object.fromEntries(entries.map((entry) => [entry.subpath, conditions(entry.output)])),
    './package.json': './package.json',
  };
}
