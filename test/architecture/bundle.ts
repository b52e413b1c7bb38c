import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { kompaktSources } from '../../scripts/sources-plugin.mjs';

async function bundleText(options: BuildOptions): Promise<string> {
  const result = await build({
    bundle: true,
    write: false,
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
    legalComments: 'none',
    ...options,
  });
  return result.outputFiles![0]!.text;
}

/**
 * Forgets the `sideEffects: false` of package.json for the files of src. The published files hold many modules each, so
 * a user's bundler drops an unused one only if its statements are pure: a size that trusts the promise is too small.
 */
const eachModuleCounts: Plugin = {
  name: 'each-module-counts',
  setup(builder) {
    builder.onResolve({ filter: /^\.{1,2}\// }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === 'resolved' || resolveDir.includes('node_modules')) return null;
      return { ...(await builder.resolve(path, { resolveDir, kind, pluginData: 'resolved' })), sideEffects: true };
    });
  },
};

/**
 * `code` with everything it imports, for browsers, minified: what a user's bundler makes of it.
 *
 * @param code - TypeScript that imports from `kompakt/…`.
 * @param format - `'iife'` leaves the exports in a global named `bundled`.
 */
export function bundle(code: string, format: 'esm' | 'iife' = 'esm'): Promise<string> {
  return bundleText({
    stdin: { contents: code, resolveDir: resolve('.'), loader: 'ts' },
    minify: true,
    format,
    globalName: 'bundled',
    plugins: [kompaktSources(), eachModuleCounts],
  });
}

/** Bytes of `text` after gzip at its highest level. */
export const gzipBytes = (text: string): number => gzipSync(text, { level: 9 }).length;

/** Everything but the module looked at is outside, and harmless. */
const alone = (path: string, text: string): Plugin => ({
  name: 'alone',
  setup(builder) {
    builder.onResolve({ filter: /.*/ }, (args) =>
      args.path === path ? { path, namespace: 'alone' } : { path: args.path, external: true, sideEffects: false },
    );
    // esbuild cannot see through `export *` of something outside; it does nothing by itself.
    const contents = text.replace(/^export \* .*$/gm, '');
    builder.onLoad({ filter: /.*/, namespace: 'alone' }, () => ({ contents, loader: 'ts' }));
  },
});

/**
 * What a module does merely by being loaded: the statements that stay when nothing is imported from it.
 *
 * @param path - Its name, for messages.
 * @param text - Its TypeScript.
 * @returns The JavaScript left over; empty for a pure module.
 */
export function loadTimeWork(path: string, text: string): Promise<string> {
  return bundleText({
    stdin: { contents: `import ${JSON.stringify(path)}`, loader: 'ts' },
    format: 'esm',
    minifySyntax: true,
    plugins: [alone(path, text)],
  }).then((code) => code.replace(/^\s*\/\/.*$/gm, '').trim());
}
