import { defineConfig } from 'tsup';
import { CLI_SOURCE, entries } from './scripts/entries';

const library = Object.fromEntries(entries.map((entry) => [entry.output, entry.source]));

export default defineConfig({
  // The command line shares the library's chunks; package.json leaves its unused CommonJS form out of the package.
  entry: { ...library, cli: CLI_SOURCE },
  format: ['esm', 'cjs'],
  dts: { entry: library },
  clean: true,
  splitting: true,
  sourcemap: true,
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
});
