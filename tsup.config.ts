import { existsSync } from 'node:fs';
import { defineConfig } from 'tsup';
import { CLI_SOURCE, presentEntries } from './scripts/entries';

const library = Object.fromEntries(presentEntries().map((entry) => [entry.output, entry.source]));

export default defineConfig({
  // The command line shares the library's chunks; package.json leaves its unused CommonJS form out of the package.
  entry: existsSync(CLI_SOURCE) ? { ...library, cli: CLI_SOURCE } : library,
  format: ['esm', 'cjs'],
  dts: { entry: library },
  clean: true,
  splitting: true,
  sourcemap: true,
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  treeshake: false,
});
