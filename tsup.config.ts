import { defineConfig, type Options } from 'tsup';
import { CLI_SOURCE, entries, JOBS_WORKER_SOURCE } from './scripts/entries';

const library = Object.fromEntries(entries.map((entry) => [entry.output, entry.source]));
const common: Options = { target: 'es2022', platform: 'neutral', external: [/^node:/] };

export default defineConfig([
  {
    ...common,
    // The command line and the worker share the library's chunks.
    entry: { ...library, cli: CLI_SOURCE, 'jobs-worker': JOBS_WORKER_SOURCE },
    format: ['esm'],
    dts: { entry: library },
    splitting: true,
    sourcemap: true,
  },
  // CommonJS has its declarations from here and its code from scripts/build-cjs.ts.
  { ...common, entry: library, format: ['cjs'], dts: { only: true } },
]);
