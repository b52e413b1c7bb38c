// `npm run check:package`: packs the built package and checks it as its users' tools will see it.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} command
 * @param {string[]} args
 */
const run = (command, args) => execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
/** @param {string} name */
const tool = (name) => join('node_modules', '.bin', name);

if (!existsSync('dist')) throw new Error('There is no dist. Run npm run build first.');
/** @type {{ filename: string, size: number, unpackedSize: number, files: { path: string }[] }[]} */
const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts']));
if (!packed) throw new Error('npm pack reported no package.');
const { filename, files, size, unpackedSize } = packed;
try {
  const stray = files
    .map((file) => file.path)
    .filter((path) => !/^(dist\/|package\.json$|README\.md$|LICENSE$)/.test(path));
  if (stray.length > 0) throw new Error(`The package holds files it should not: ${stray.join(', ')}`);
  process.stdout.write(run(tool('publint'), [filename, '--strict']));
  // Resolution without `exports` (Node before 12.7) knows no subpaths; everything since does.
  process.stdout.write(run(tool('attw'), [filename, '--profile', 'node16']));
  process.stdout.write(`${files.length} files, ${size} bytes packed, ${unpackedSize} unpacked\n`);
} catch (error) {
  const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
  process.stderr.write(`${output}${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  rmSync(filename, { force: true });
}
