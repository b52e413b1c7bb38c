// `npm run check:package`: packs the built package and checks it as its users' tools will see it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} command
 * @param {string[]} args
 */
const run = (command, args) => execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
/** @param {string} name */
const tool = (name) => join('node_modules', '.bin', name);

/**
 * Loads every entry of the packed package by import and by require, in a process of its own, and compares their names.
 *
 * @param {string} tarball
 */
function loadEverything(tarball) {
  const user = join('node_modules', '.cache', 'kompakt-user');
  const installed = join(user, 'node_modules', 'kompakt');
  rmSync(user, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  try {
    run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
    /** @type {string[]} */
    const subpaths = JSON.parse(readFileSync('scripts/entries.json', 'utf8'));
    const specifiers = JSON.stringify(subpaths.map((subpath) => `kompakt${subpath.slice(1)}`));
    writeFileSync(
      join(user, 'load.mjs'),
      `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
for (const specifier of ${specifiers}) {
  const names = (all) => Object.keys(all).filter((name) => name !== 'default').sort().join();
  const imported = names(await import(specifier));
  if (!imported || imported !== names(require(specifier))) throw new Error(specifier + ' differs by import and require');
}
for (const load of [(name) => import(name), require]) {
  const { KompaktError } = await load('kompakt');
  const { accuracyScore } = await load('kompakt/metrics');
  const { sequential } = await load('kompakt/nn');
  for (const fail of [() => accuracyScore([1], [1, 2]), () => sequential(1)]) {
    try {
      fail();
    } catch (error) {
      if (error instanceof KompaktError && /Error$/.test(error.name)) continue;
    }
    throw new Error('an entry has classes of its own');
  }
}
console.log('every entry loads by import and by require, and they share their classes');`,
    );
    process.stdout.write(run(process.execPath, [join(user, 'load.mjs')]));
    run(process.execPath, [join(installed, 'dist', 'cli.js'), '--help']);
  } finally {
    rmSync(user, { recursive: true, force: true });
  }
}

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
  loadEverything(filename);
  process.stdout.write(`${files.length} files, ${size} bytes packed, ${unpackedSize} unpacked\n`);
} catch (error) {
  const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
  process.stderr.write(`${output}${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  rmSync(filename, { force: true });
}
