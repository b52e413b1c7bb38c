import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { kompaktSources } from '../../scripts/sources-plugin.mjs';

/** Grows a forest here and on two threads; says whether both are the same, and how many threads were started. */
const PROGRAM = `
import threads from 'node:worker_threads';
import { breastCancer } from 'kompakt/data';
import { RandomForestClassifier } from 'kompakt/trees';
let started = 0;
const { Worker } = threads;
threads.Worker = class extends Worker { constructor(...a) { super(...a); started++; if (process.argv[2] === 'broken') this.terminate(); } };
const main = async () => {
  const { X, y } = breastCancer();
  const grow = (nJobs) => new RandomForestClassifier({ nEstimators: 150, maxDepth: 4, nJobs, seed: 2 }).fit(X, y);
  const [one, two] = [await grow(1), await grow(2)];
  console.log(JSON.stringify({ same: JSON.stringify(one.trees) === JSON.stringify(two.trees), started }));
};
main();
`;

async function run(options: object, ending: string, argument = ''): Promise<{ same: boolean; started: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-bundle-'));
  try {
    writeFileSync(join(folder, 'main.js'), PROGRAM);
    const outfile = join(folder, `out.${ending}`);
    await build({
      entryPoints: [join(folder, 'main.js')],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      plugins: [kompaktSources()],
      logLevel: 'silent',
      ...options,
    });
    return JSON.parse(execFileSync(process.execPath, [outfile, argument], { encoding: 'utf8' })) as never;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('forests on threads, in bundles', () => {
  it.each<[string, object, string]>([
    ['ESM', { format: 'esm' }, 'mjs'],
    ['CommonJS, minified', { format: 'cjs', minify: true }, 'cjs'],
    ['ESM, minified with names kept', { format: 'esm', minify: true, keepNames: true }, 'mjs'],
  ])('%s', async (_, options, ending) => {
    expect(await run(options, ending)).toEqual({ same: true, started: 2 });
  });

  it('are grown here where threads die', async () => {
    expect(await run({ format: 'esm' }, 'mjs', 'broken')).toEqual({ same: true, started: 2 });
  });
});
