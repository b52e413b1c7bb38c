import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { build as vite } from 'vite';
import { esModules } from '../../../scripts/published/index';

/** One way to make a page of a user's project. */
export interface Build {
  readonly name: string;
  /** Writes `index.html`, and what it loads, into the folder `out`. */
  make(project: string, out: string): Promise<void>;
}

export const PEERS = resolve('test/peers/node_modules');

/** A user's project: kompakt as it is published, its dependencies, gpu.js, and the program. */
export async function writeProject(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  const kompakt = join(modules, 'kompakt');
  mkdirSync(kompakt, { recursive: true });
  for (const [file, text] of await esModules()) {
    const path = join(kompakt, 'dist', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  symlinkSync(resolve('package.json'), join(kompakt, 'package.json'));
  for (const name of ['ndarray', 'papaparse', 'seedrandom']) {
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  symlinkSync(join(PEERS, 'gpu.js'), join(modules, 'gpu.js'));
  await build({ entryPoints: ['test/platform/bundlers/app.ts'], outdir: folder, format: 'esm', target: 'es2022' });
  const main = (gpuJs: string): string =>
    `import { play } from './app.js';\nglobalThis.play = (where, file) => play(where, file, ${gpuJs});\n`;
  writeFileSync(join(folder, 'plain.js'), main('globalThis'));
  writeFileSync(join(folder, 'main.js'), `import gpuJs from 'gpu.js';\n${main('gpuJs')}`);
}

const page = (module: string, scripts: readonly string[] = []): string =>
  `<!doctype html><title>page</title>${scripts.map((src) => `<script src="${src}"></script>`).join('')}
<script type="module" src="${module}"></script>`;

async function byEsbuild(entry: string, out: string, minify: boolean): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile: join(out, 'page.js'),
    bundle: true,
    minify,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
  });
}

/** Nothing of gpu.js in the bundle: it is a script of the page, the one that its package has for that. */
async function plainly(project: string, out: string): Promise<void> {
  await byEsbuild(join(project, 'plain.js'), out, false);
  copyFileSync(join(PEERS, 'gpu.js/dist/gpu-browser.min.js'), join(out, 'gpu-browser.min.js'));
  writeFileSync(join(out, 'index.html'), page('page.js', ['gpu-browser.min.js']));
}

async function minified(project: string, out: string): Promise<void> {
  await byEsbuild(join(project, 'main.js'), out, true);
  writeFileSync(join(out, 'index.html'), page('page.js'));
}

async function byVite(project: string, out: string): Promise<void> {
  writeFileSync(join(project, 'index.html'), page('/main.js'));
  await vite({ root: project, configFile: false, logLevel: 'error', build: { outDir: out } });
}

type Webpack = (options: object, done: (error: Error | null, stats?: Stats) => void) => void;

interface Stats {
  hasErrors(): boolean;
  toString(options: object): string;
}

function byWebpack(project: string, out: string): Promise<void> {
  const webpack = createRequire(join(PEERS, 'webpack'))('webpack') as Webpack;
  const options = {
    mode: 'production',
    context: project,
    entry: './main.js',
    output: { path: out, filename: 'page.js' },
    performance: { hints: false },
    // The others minify; this one takes a minute to.
    optimization: { minimize: false },
  };
  writeFileSync(join(out, 'index.html'), page('page.js'));
  return new Promise((done, failed) => {
    webpack(options, (error, stats) => {
      if (error === null && !stats!.hasErrors()) done();
      else failed(error ?? new Error(stats!.toString({ all: false, errors: true })));
    });
  });
}

/** From a page without a bundler to those that minify most. */
export const BUILDS: readonly Build[] = [
  { name: 'a plain module, with gpu.js as a script', make: plainly },
  { name: 'a bundle by esbuild, minified', make: minified },
  { name: 'a bundle by Vite', make: byVite },
  { name: 'a bundle by webpack', make: byWebpack },
];
