// Packs the built package and checks it as its users' tools will see it.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

const run = (command, args) => execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
const [{ filename, files }] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts']));
try {
  const stray = files.map((f) => f.path).filter((p) => !/^(dist\/|package\.json$|README\.md$|LICENSE$)/.test(p));
  if (stray.length > 0) throw new Error(`The package holds files it should not: ${stray.join(', ')}`);
  console.log(run('npx', ['publint', filename, '--strict']));
  console.log(run('npx', ['attw', filename, '--profile', 'node16']));
} catch (error) {
  console.error(error.stdout ?? error.message);
  process.exitCode = 1;
} finally {
  rmSync(filename, { force: true });
}
