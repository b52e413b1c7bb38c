import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** Imports a package by name, unknown to the bundler, so that benchmarks run without it. */
export function importPackage(name: string): Promise<unknown> {
  return import(name);
}

/** The same by `require`, for packages whose ES modules Node can't load. */
export function requirePackage(name: string): unknown {
  return require(name);
}

/** Where a file of an installed package lies. */
export function resolveFile(specifier: string): string {
  return require.resolve(specifier);
}

/** Loads a peer once and keeps it, or the line that says why it is left out. */
export function peer<P>(name: string, load: () => Promise<P>): () => Promise<P | string> {
  let loaded: Promise<P | string> | undefined;
  return () => {
    loaded ??= load().catch(
      (error: Error) =>
        `${name} is left out (${error.message.split('\n')[0]}); install the peers with: npm ci --prefix bench --ignore-scripts`,
    );
    return loaded;
  };
}

const said = new Set<string>();

/** The peer if it loaded; else undefined, and its reason is printed, once in a run. */
export function available<P extends object>(found: P | string, print: (line: string) => void): P | undefined {
  if (typeof found !== 'string') return found;
  if (!said.has(found)) print(found);
  said.add(found);
  return undefined;
}

/** The version of an installed package, also of one that does not export its package.json. */
export function versionOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    const manifest = join(folder, name, 'package.json');
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  }
  return 'not installed';
}
