// Prints the size of each bundle in the budget; with --write, sets every budget to 5 % above today's size.
import { readFileSync, writeFileSync } from 'node:fs';
import { bundle, ENTRIES, gzipBytes } from '../test/architecture/bundle';

const file = 'test/architecture/size-budget.json';
const budget = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
for (const entry of Object.keys(ENTRIES)) budget[`export * from 'kompakt${entry.slice(1)}'`] ??= 0;
for (const code of Object.keys(budget)) {
  const size = gzipBytes(await bundle(code));
  console.log(String(size).padStart(8), String(budget[code]).padStart(8), code);
  budget[code] = Math.ceil((size * 1.05) / 50) * 50;
}
if (process.argv.includes('--write')) writeFileSync(file, `${JSON.stringify(budget, null, 2)}\n`);
