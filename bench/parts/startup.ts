import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { kompaktSources } from '../../scripts/sources-plugin.mjs';
import { type Timing, timingOf } from '../measure';
import { OURS } from '../ours';
import type { Part } from '../part';
import { resolveFile } from '../peers/load';
import { TFJS_PACKAGES } from '../peers/tfjs';
import type { Row } from '../results';

const ROUNDS = 9;

/** What a child process prints. */
interface Report {
  readonly importMs: number;
  readonly firstMs: number;
  readonly secondMs: number;
  /** Workers that were started by importing. */
  readonly workers: number;
}

/** Runs in the child: imports the module, multiplies twice, and says how long each took. */
const CHILD = `
const threads = process.getBuiltinModule('node:worker_threads');
let started = 0;
threads.Worker = class extends threads.Worker {
  constructor(...args) {
    super(...args);
    started++;
  }
};
const start = performance.now();
const library = await import(process.argv[2]);
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
    const wasm = await import(process.argv[3]);
    wasm.setWasmPaths(new URL('../wasm-out/', process.argv[3]).pathname);
    await tf.setBackend('wasm');
  }
  const x = tf.tensor2d(data, [n, n]);
  return tf.matMul(x, x).dataSync()[0];
}`;

/** From starting to the first result, in processes of their own. */
export const startup: Part = {
  title: 'Start-up',
  about:
    `In fresh processes, medians of ${ROUNDS}: importing the core bundled for Node, then a first product of 256 × 256 matrices, ` +
    'which compiles kernels and, here, measures which of them are fastest, then a second one. Peers as their packages are; ' +
    'tfjs-wasm compiles its WebAssembly within the first product.',
  packages: [...TFJS_PACKAGES, 'numpy-ts'],
  async run({ print }) {
    const folder = mkdtempSync(join(tmpdir(), 'kompakt-startup-'));
    try {
      const bundle = join(folder, 'core.mjs');
      await bundleCore(bundle);
      const contenders = [
        { name: OURS, multiply: OURS_MULTIPLY, modules: () => [pathToFileURL(bundle).href] },
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
  readonly multiply: string;
  modules(): string[];
}

function urlOf(specifier: string): string {
  return pathToFileURL(resolveFile(specifier)).href;
}

/** The core as a bundler hands it to Node: what is imported first of the package. */
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
    for (const { name, multiply, modules } of contenders) {
      if (left.has(name)) continue;
      const script = join(folder, `${name}.mjs`);
      try {
        writeFileSync(script, multiply + CHILD);
        const output = execFileSync(process.execPath, [script, ...modules()], { stdio: ['ignore', 'pipe', 'pipe'] });
        reports.set(name, [...(reports.get(name) ?? []), JSON.parse(output.toString()) as Report]);
      } catch (error) {
        if (name === OURS) throw error;
        left.add(name);
        print(`${name} is left out of start-up (${/Error: .*/.exec(`${error}`)?.[0] ?? error})`);
      }
    }
  }
  return reports;
}

function rowsOf(reports: ReadonlyMap<string, readonly Report[]>): Row[] {
  const timings = (of: (report: Report) => number): Timing[] =>
    [...reports].map(([name, all]) => timingOf(name, all.map(of)));
  const imported = timings((r) => r.importMs);
  const first = timings((r) => r.firstMs);
  const workers = Math.max(...reports.get(OURS)!.map((r) => r.workers));
  return [
    {
      work: 'import',
      timings: imported,
      bars: [
        { name: 'ms to import the core', value: imported[0]!.medianMs, best: imported[0]!.fastestMs, atMost: 30 },
        { name: 'threads started by importing', value: workers, atMost: 0 },
      ],
    },
    {
      work: 'first product',
      timings: first,
      bars: [{ name: 'ms to the first product', value: first[0]!.medianMs, best: first[0]!.fastestMs, atMost: 20 }],
    },
    { work: 'second product', timings: timings((r) => r.secondMs) },
  ];
}
