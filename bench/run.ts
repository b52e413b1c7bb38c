/*
 * npm run bench [-- part …] [--full | --quick]: runs all parts, or those named, prints their tables, and writes
 * bench/results.json and docs/benchmarks.md. Parts not run, and those of other versions of Node, keep their last results.
 * `classical` is the hot loops of classical estimators and the estimators themselves, `estimators` the latter alone.
 * With --quick parts that can do small work only, and nothing is written.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { growthCharts } from './growth';
import type { Part } from './part';
import { PARTS } from './parts/index';
import { versionOf } from './peers/load';
import { barsOf, pageOf, tableOf } from './report';
import { load, machine, type PartResult, readResults, writeResults } from './results';

const flags = process.argv.slice(2).filter((a) => a.startsWith('--'));
const asked = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const unknown = [
  ...asked.filter((name) => !Object.hasOwn(PARTS, name)),
  ...flags.filter((f) => !['--full', '--quick'].includes(f)),
];
if (unknown.length > 0) {
  process.stderr.write(
    `bench: no part called ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}, --full and --quick.\n`,
  );
  process.exit(2);
}

const home = dirname(process.argv[1]!);
const resultsPath = join(home, 'results.json');
const engine = process.versions.node.split('.')[0]!;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const wanted = asked.flatMap((name) => (name === 'classical' ? [name, 'estimators'] : [name]));
  for (const name of asked.length > 0 ? new Set(wanted) : Object.keys(PARTS)) await show(name);
} catch (error) {
  // Left uncaught, it would be thrown again by tfjs, together with all of tfjs.
  process.stderr.write(`${(error as Error).stack ?? error}\n`);
  process.exit(1);
}
// Engines that keep threads alive would keep the process too.
process.exit(0);

async function show(name: string): Promise<void> {
  const part = PARTS[name]!;
  print(`\n${part.title}`);
  const result = await runPart(name, part);
  print(tableOf(result.rows));
  const bars = result.rows.flatMap((row) => row.bars ?? []);
  if (bars.length > 0) print(`\n${barsOf(bars)}`);
  if (result.rows.length > 0 && !flags.includes('--quick')) save(name, result);
}

async function runPart(name: string, part: Part): Promise<PartResult> {
  const loadBefore = load();
  const began = performance.now();
  const rows = await part.run({ print, full: flags.includes('--full'), quick: flags.includes('--quick') });
  return {
    title: part.title,
    about: part.about,
    command: `npm run bench -- ${[name, ...flags].join(' ')}`,
    when: new Date().toISOString().slice(0, 10),
    machine: machine(),
    versions: Object.fromEntries([['Node', process.versions.node], ...part.packages.map((p) => [p, versionOf(p)])]),
    loadBefore,
    seconds: Math.round((performance.now() - began) / 1000),
    rows,
  };
}

/** After every part, so that stopping in the middle loses nothing. Parts in their order, whichever was run first. */
function save(name: string, result: PartResult): void {
  const results = readResults(resultsPath);
  const own: Record<string, PartResult> = { ...results[engine], [name]: result };
  results[engine] = Object.fromEntries(Object.keys(PARTS).flatMap((n) => (own[n] === undefined ? [] : [[n, own[n]]])));
  writeResults(resultsPath, results);
  const docs = join(home, '..', 'docs');
  writeFileSync(join(docs, 'benchmarks.md'), `${pageOf(results)}\n`);
  const charts = growthCharts(results);
  if (charts === undefined) return;
  mkdirSync(join(docs, 'benchmarks'), { recursive: true });
  for (const [chart, svg] of Object.entries(charts)) writeFileSync(join(docs, 'benchmarks', `${chart}.svg`), svg);
}
