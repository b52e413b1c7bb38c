/*
 * npm run bench [-- part …]: runs all parts, or those named, prints their tables, and writes bench/results.json and
 * docs/benchmarks.md. Parts not run keep their last results.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Part } from './part';
import { conv } from './parts/conv';
import { gemm } from './parts/gemm';
import { integer } from './parts/int8';
import { cnnStep, mlpStep } from './parts/train-steps';
import { versionOf } from './peers';
import { load, machine, readResults, tableOf, writePage } from './report';

const PARTS: Readonly<Record<string, Part>> = { gemm, conv, int8: integer, cnn: cnnStep, mlp: mlpStep };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: no part called ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}.\n`);
  process.exit(2);
}

const home = dirname(process.argv[1]!);
const resultsPath = join(home, 'results.json');
const results = readResults(resultsPath);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
  const part = PARTS[name]!;
  const loadBefore = load();
  print(`\n${part.title}`);
  const rows = await part.run(print);
  print(tableOf(rows));
  results[name] = {
    title: part.title,
    about: part.about,
    command: `npm run bench -- ${name}`,
    when: new Date().toISOString().slice(0, 10),
    machine: machine(),
    versions: Object.fromEntries([['Node', process.versions.node], ...part.packages.map((p) => [p, versionOf(p)])]),
    loadBefore,
    rows,
  };
  save();
}

/** After every part, so that stopping in the middle loses nothing. Parts in their order, whichever was run first. */
function save(): void {
  const ordered = Object.fromEntries(
    Object.keys(PARTS).flatMap((name) => (results[name] === undefined ? [] : [[name, results[name]]])),
  );
  writeFileSync(resultsPath, `${JSON.stringify(ordered, null, 2)}\n`);
  writePage(join(home, '..', 'docs', 'benchmarks.md'), ordered);
}
