import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { commonJs, esModules } from '../../scripts/published/index';
import { kompaktSources } from '../../scripts/sources-plugin.mjs';
import { type Timing, timingOf } from '../measure';
import { OURS } from '../ours';
import type { Part } from '../part';
import { resolveFile } from '../peers/load';
import { TFJS_PACKAGES } from '../peers/tfjs';
import type { Row } from '../results';

const ROUNDS = 9;
/** Names of the other forms of the core, for the reports. */
const REQUIRED = `${OURS}, required`;
const BUNDLED = `${OURS}, bundled`;

/** What a child process prints. */
interface Report {
  readonly importMs: number;
  readonly firstMs: number;
  readonly secondMs: number;
  /** Workers that were started by importing. */
  readonly workers: number;
}

/** Runs in the child: loads the module, multiplies twice, and says how long each took. */
const CHILD = `
const threads = process.getBuiltinModule('node:worker_threads');
let started = 0;
threads.Worker = class extends threads.Worker {
  constructor(...args) {
    super(...args);
    started++;
  }
};
const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
const [way, name] = process.argv.slice(2);
const start = performance.now();
const library = way === 'require' ? require(name) : await import(name);
const importMs = performance.now() - start;
const workers = started;
const n = 256;
const data = new Float32Array(n * n).fill(0.5);
const time = async () => {
  const before = performance.now();
  const value = await multiply(library, data, n);
  if (value !== n / 4) throw new Error('the product is ' + value);
  return performance.now() - before;
};
const firstMs = await time();
const secondMs = await time();
process.stdout.write(JSON.stringify({ importMs, firstMs, secondMs, workers }));
process.exit(0);
`;
const OURS_MULTIPLY = `
async function multiply({ matmul, tensor }, data, n) {
  const x = tensor(data, { shape: [n, n] });
  return matmul(x, x).dataSync()[0];
}`;
const NUMPY_MULTIPLY = `
async function multiply({ array, matmul }, data, n) {
  const x = array(data).reshape(n, n);
  return matmul(x, x).data[0];
}`;
const TFJS_MULTIPLY = `
async function multiply(tf, data, n) {
  if (tf.getBackend() !== 'wasm') {
    const wasm = await import(process.argv[4]);
    wasm.setWasmPaths(new URL('../wasm-out/', process.argv[4]).pathname);
    await tf.setBackend('wasm');
  }
  const x = tf.tensor2d(data, [n, n]);
  return tf.matMul(x, x).dataSync()[0];
}`;

/** From starting to the first result, in processes of their own. */
export const startup: Part = {
  title: 'Start-up',
  about:
    `In fresh processes, medians of ${ROUNDS}: loading the whole core from the files that the package publishes, built for ` +
    'this run, by import and by require, and a minified bundle of `matmul` and `tensor` alone; then a first product of ' +
    '256 × 256 matrices, which compiles kernels and, here, measures which of them are fastest, then a second one. Peers ' +
    'as their packages are; tfjs-wasm compiles its WebAssembly within the first product.',
  packages: [...TFJS_PACKAGES, 'numpy-ts'],
  async run({ print }) {
    const folder = mkdtempSync(join(tmpdir(), 'kompakt-startup-'));
    try {
      await install(join(folder, 'node_modules', 'kompakt'));
      const bundle = join(folder, 'core.mjs');
      await bundleCore(bundle);
      const ours = (name: string, module: string, way: 'import' | 'require' = 'import'): Contender => ({
        name,
        way,
        multiply: OURS_MULTIPLY,
        modules: () => [module],
      });
      const contenders: Contender[] = [
        ours(OURS, 'kompakt'),
        ours(REQUIRED, 'kompakt', 'require'),
        ours(BUNDLED, pathToFileURL(bundle).href),
        {
          name: 'tfjs-wasm',
          multiply: TFJS_MULTIPLY,
          modules: () => TFJS_PACKAGES.map(urlOf),
        },
        { name: 'numpy-ts', multiply: NUMPY_MULTIPLY, modules: () => [urlOf('numpy-ts')] },
      ];
      return rowsOf(measureAll(folder, contenders, print));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Contender {
  readonly name: string;
  /** How it is loaded, by default by `import`. */
  readonly way?: 'import' | 'require';
  readonly multiply: string;
  modules(): string[];
}

function urlOf(specifier: string): string {
  return pathToFileURL(resolveFile(specifier)).href;
}

/** The package, as `npm run build` makes it. */
async function install(home: string): Promise<void> {
  for (const [file, text] of [...(await esModules()), ...(await commonJs())]) {
    const path = join(home, 'dist', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  copyFileSync('package.json', join(home, 'package.json'));
}

/** Two functions of the core as a bundler hands them to Node. */
async function bundleCore(outfile: string): Promise<void> {
  await build({
    stdin: { contents: "export { matmul, tensor } from 'kompakt';", resolveDir: resolve('.') },
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
    plugins: [kompaktSources(resolve('.'))],
  });
}

/** Processes of the contenders in turn. */
function measureAll(folder: string, contenders: readonly Contender[], print: (line: string) => void) {
  const reports = new Map<string, Report[]>();
  const left = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, way = 'import', multiply, modules } of contenders) {
      if (left.has(name)) continue;
      const script = join(folder, `${name.replace(/\W+/g, '-')}.mjs`);
      try {
        writeFileSync(script, multiply + CHILD);
        const output = execFileSync(process.execPath, [script, way, ...modules()], {
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        reports.set(name, [...(reports.get(name) ?? []), JSON.parse(output.toString()) as Report]);
      } catch (error) {
        if (name.startsWith(OURS)) throw error;
        left.add(name);
        print(`${name} is left out of start-up (${/Error: .*/.exec(`${error}`)?.[0] ?? error})`);
      }
    }
  }
  return reports;
}

function rowsOf(reports: ReadonlyMap<string, readonly Report[]>): Row[] {
  const timings = (of: (report: Report) => number): Timing[] =>
    [...reports]
      .filter(([name]) => name !== REQUIRED && name !== BUNDLED)
      .map(([name, all]) => timingOf(name, all.map(of)));
  const imported = (form: string): Timing =>
    timingOf(
      OURS,
      reports.get(form)!.map((r) => r.importMs),
    );
  const quick = ({ medianMs, fastestMs }: Timing, how: string) => ({
    name: `ms to ${how} the core`,
    value: medianMs,
    best: fastestMs,
    atMost: 30,
  });
  const all = timings((r) => r.importMs);
  const required = imported(REQUIRED);
  const first = timings((r) => r.firstMs);
  const workers = Math.max(...[OURS, REQUIRED, BUNDLED].flatMap((form) => reports.get(form)!.map((r) => r.workers)));
  return [
    {
      work: 'import',
      timings: all,
      bars: [quick(all[0]!, 'import'), { name: 'threads started by importing', value: workers, atMost: 0 }],
    },
    { work: 'require', timings: [required], bars: [quick(required, 'require')] },
    { work: 'import, two functions bundled', timings: [imported(BUNDLED)] },
    {
      work: 'first product',
      timings: first,
      bars: [{ name: 'ms to the first product', value: first[0]!.medianMs, best: first[0]!.fastestMs, atMost: 20 }],
    },
    { work: 'second product', timings: timings((r) => r.secondMs) },
  ];
}
