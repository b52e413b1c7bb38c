// `npm test`: runs vitest with the arguments given, then prints `N passed, N failed, N skipped` as its last line.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { summarize } from './test-summary.mjs';

const folder = mkdtempSync(join(tmpdir(), 'kompakt-test-'));
const report = join(folder, 'report.json');
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const reporting = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporting, ...process.argv.slice(2)], {
  stdio: 'inherit',
});

const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
rmSync(folder, { recursive: true, force: true });
const exitCode = status ?? 1;
process.stdout.write(`\n${summarize(results, exitCode)}\n`);
process.exitCode = exitCode;
