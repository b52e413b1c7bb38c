import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kompaktSources } from '../../scripts/sources-plugin.mjs';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-hosts-'));
  for (const format of ['esm', 'cjs'] as const) {
    await build({
      stdin: { contents: WORK, resolveDir: process.cwd(), loader: 'ts' },
      outfile: join(folder, format === 'esm' ? 'work.mjs' : 'work.cjs'),
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'es2022',
      format,
      plugins: [kompaktSources()],
    });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A sum over products large enough to be divided, and how many threads made it. */
const WORK = `
  import { matmul, relu, shutdown, sum, tensor } from 'kompakt';
  import { wasm } from 'kompakt/backends/wasm';
  export const small = () => {
    const x = tensor([[1, 2], [3, 4]]);
    return { total: sum(relu(matmul(x, x))).item(), name: x.backend.name, threads: 0 };
  };
  export function work(threads?: number, deterministic = false) {
    const backend = threads === undefined ? undefined : wasm({ threads, deterministic });
    const values = Float32Array.from({ length: 250000 }, (_, i) => ((i * 7919) % 1013) / 1013 - 0.5);
    const x = tensor(values, { shape: [500, 500], ...(backend && { backend }) });
    let total = 0;
    for (let round = 0; round < 40; round++) total = sum(relu(matmul(x, x))).item();
    return { total, name: x.backend.name, threads: (x.backend as { threads?: number }).threads ?? 0 };
  }
  export { shutdown };
`;

interface Outcome {
  readonly total: number;
  readonly name: string;
  readonly threads: number;
}

/** Runs `code` in a Node process of its own, which must end by itself; what it printed as JSON. */
function inProcess<T = Outcome>(code: string, flags: readonly string[] = [], extension = 'mjs'): T {
  const file = join(folder, `run-${Math.abs(hash(code + flags))}.${extension}`);
  writeFileSync(file, code);
  const { status, stdout, stderr, signal } = spawnSync(process.execPath, [...flags, file], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  if (status !== 0) expect.fail(`exit status ${status}, signal ${signal}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

const hash = (text: string): number => [...text].reduce((h, c) => (Math.imul(h, 31) + c.charCodeAt(0)) | 0, 7);

const RUN = (threads: number | undefined): string =>
  `import { work } from './work.mjs'; console.log(JSON.stringify(work(${threads})));`;

/** Run before anything else is loaded. */
const prepared = (preparation: string, threads?: number): string =>
  `${preparation}; const { work } = await import('./work.mjs'); console.log(JSON.stringify(work(${threads})));`;

const NO_SIMD = 'const old = WebAssembly.validate; WebAssembly.validate = (b) => !b.includes(0xfd) && old(b)';
/** Relaxed SIMD is what has an opcode of two bytes above 255 behind the prefix 0xfd. */
const NO_RELAXED = `const old = WebAssembly.validate;
  WebAssembly.validate = (b) => !b.some((x, i) => x === 0xfd && b[i + 1] >= 0x80 && b[i + 2] === 0x02) && old(b)`;

describe('a process that computes with threads', () => {
  let alone: Outcome;
  beforeAll(() => {
    alone = inProcess(RUN(1));
  });

  it('ends by itself, and gets the bits of one thread', () => {
    expect(alone).toMatchObject({ name: 'wasm', threads: 1 });
    for (const threads of [2, 3, 8]) expect(inProcess(RUN(threads))).toEqual({ ...alone, threads });
  });

  it('may be CommonJS', () => {
    const code = "const { work } = require('./work.cjs'); console.log(JSON.stringify(work(2)));";
    expect(inProcess(code, [], 'cjs')).toEqual({ ...alone, threads: 2 });
  });

  it('may end its threads and go on', () => {
    const code = `import { shutdown, work } from './work.mjs';
      const first = work(); await shutdown(); const second = work();
      console.log(JSON.stringify({ ...second, same: first.total === second.total }));`;
    expect(inProcess<Outcome & { same: boolean }>(code)).toMatchObject({ total: alone.total, same: true });
  });

  it('may do so in a worker of its own', () => {
    const code = `import { Worker } from 'node:worker_threads';
      const worker = new Worker(\`
        const { parentPort } = require('node:worker_threads');
        const { work } = require(${JSON.stringify('./work.cjs')});
        parentPort.postMessage(work(2));
      \`.replace('./work.cjs', ${JSON.stringify('')} + new URL('./work.cjs', import.meta.url).pathname), { eval: true });
      worker.on('message', (outcome) => console.log(JSON.stringify(outcome)));`;
    expect(inProcess(code)).toEqual({ ...alone, threads: 2 });
  });

  it('needs no code made from strings', () => {
    expect(inProcess(RUN(2), ['--disallow-code-generation-from-strings'])).toEqual({ ...alone, threads: 2 });
  });
});

describe('without', () => {
  it('shared memory, there is one thread', () => {
    const outcome = inProcess(prepared('delete globalThis.SharedArrayBuffer', 4));
    expect(outcome).toMatchObject({ name: 'wasm', threads: 1 });
  });

  it('a way to start threads, there is one', () => {
    const outcome = inProcess(prepared('process.getBuiltinModule = undefined', 4));
    expect(outcome).toMatchObject({ name: 'wasm', threads: 1 });
  });

  it('relaxed SIMD, results are those of a deterministic backend', () => {
    const deterministic = "import { work } from './work.mjs'; console.log(JSON.stringify(work(1, true)));";
    expect(inProcess(prepared(NO_RELAXED, 1))).toEqual(inProcess(deterministic));
  });

  it('SIMD, the reference backend computes, and wasm() says why it can’t', () => {
    const code = `${NO_SIMD}; const { small, work } = await import('./work.mjs');
      let error; try { work(1); } catch (e) { error = String(e); }
      console.log(JSON.stringify({ error, ...small() }));`;
    const { error, ...outcome } = inProcess<Outcome & { error: string }>(code);
    expect(outcome).toEqual({ name: 'reference', total: 54, threads: 0 });
    expect(error).toContain('no WebAssembly SIMD. Use reference()');
  });
});
