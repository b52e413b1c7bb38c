/**
 * `npm run size`: prints each bundle's size (bytes, minified and gzip-compressed) beside its budget.
 * With `--write`, sets every budget to 5 % above today's size, rounded up to 50 bytes.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { bundle, gzipBytes } from '../test/architecture/bundle';
import { entries } from './entries';

const FILE = 'test/architecture/size-budget.json';
/** Named imports that stand for what users write; the whole of an entry says little about it. */
const PROBES = [
  `export { tensor, add } from 'kompakt'`,
  `export { accuracyScore } from 'kompakt/metrics'`,
  `export { load } from 'kompakt/runtime'`,
  `export { sequential, dense } from 'kompakt/nn'`,
  `export { LogisticRegression } from 'kompakt/linear'`,
  `export { SMOTE } from 'kompakt/imbalanced'`,
];

const budget: Record<string, number> = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
const codes = [...entries.map(({ specifier }) => `export * from '${specifier}'`), ...PROBES];

const updated: Record<string, number> = {};
for (const code of codes) {
  const size = gzipBytes(await bundle(code));
  process.stdout.write(`${String(size).padStart(8)} of ${String(budget[code] ?? '–').padStart(8)}  ${code}\n`);
  updated[code] = Math.ceil((size * 1.05) / 50) * 50;
}
if (process.argv.includes('--write')) writeFileSync(FILE, `${JSON.stringify(updated, null, 2)}\n`);
