import { defineConfig, type Options } from 'tsup';
import { entries } from './scripts/entries';

/** Declarations only; the code is from scripts/build.ts. */
const declarations: Options = {
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  entry: Object.fromEntries(entries.map((entry) => [entry.output, entry.source])),
  dts: { only: true },
};

export default defineConfig([
  { ...declarations, format: ['esm'] },
  { ...declarations, format: ['cjs'] },
]);
