/**
 * Builds the CommonJS form of the package into dist: one file with everything, and one line for each entry that takes
 * its part of it. The entries thereby share their classes, as the ESM ones do through chunks, and the code is esbuild's
 * own: splitting CommonJS would rewrite it with slower constructs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { entries } from './entries';

const SHARED = 'dist/kompakt.cjs';
const part = (output: string): string => output.replace(/\W/g, '_');

const code = entries.map((entry) => `export * as ${part(entry.output)} from './${entry.source}';`).join('\n');
await build({
  stdin: { contents: code, resolveDir: resolve('.'), loader: 'ts' },
  outfile: SHARED,
  bundle: true,
  format: 'cjs',
  platform: 'neutral',
  target: 'es2022',
  packages: 'external',
  external: ['node:*'],
  // The address of this file, which CommonJS knows otherwise.
  define: { 'import.meta.url': 'kompaktUrl' },
  banner: {
    js: "const kompaktUrl = typeof __filename === 'string' ? require('node:url').pathToFileURL(__filename).href : globalThis.location?.href;",
  },
  sourcemap: true,
  logLevel: 'warning',
});
for (const { output } of entries) {
  const file = `dist/${output}.cjs`;
  mkdirSync(dirname(file), { recursive: true });
  const shared = relative(dirname(file), SHARED);
  writeFileSync(file, `'use strict';\nmodule.exports = require('./${shared}').${part(output)};\n`);
}
