// Runs a TypeScript file of this repository: `node scripts/run-ts.mjs <file.ts> [arguments…]`.
// esbuild bundles it beside the nearest package.json (so that its dependencies resolve), then it runs in this process.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { kompaktSources } from './sources-plugin.mjs';

const [file, ...args] = process.argv.slice(2);
if (!file) {
  process.stderr.write('run-ts: which file? Usage: node scripts/run-ts.mjs <file.ts> [arguments…]\n');
  process.exit(2);
}
const source = resolve(file);
if (!existsSync(source)) {
  process.stderr.write(`run-ts: there is no ${source}\n`);
  process.exit(2);
}

let home = dirname(source);
while (!existsSync(join(home, 'package.json')) && dirname(home) !== home) home = dirname(home);
const folder = join(home, 'node_modules', '.cache', 'kompakt');
const bundle = join(folder, `run-${process.pid}.mjs`);
mkdirSync(folder, { recursive: true });

await build({
  entryPoints: [source],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
  plugins: [kompaktSources(fileURLToPath(new URL('..', import.meta.url)))],
});

process.setSourceMapsEnabled(true);
process.argv = [process.execPath, source, ...args];
process.on('exit', () => rmSync(bundle, { force: true }));
await import(pathToFileURL(bundle).href);
