import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * For esbuild: `kompakt/nn` means the sources of that entry, not the build. A subpath that is no entry is an error.
 *
 * @param {string} [root] the repository's root; the working directory unless given
 * @returns {import('esbuild').Plugin}
 */
export function kompaktSources(root = process.cwd()) {
  /** @type {string[]} */
  const subpaths = JSON.parse(readFileSync(join(root, 'scripts/entries.json'), 'utf8'));
  return {
    name: 'kompakt-sources',
    setup(builder) {
      builder.onResolve({ filter: /^kompakt(\/|$)/ }, ({ path, kind }) => {
        const subpath = path === 'kompakt' ? '.' : `.${path.slice('kompakt'.length)}`;
        if (!subpaths.includes(subpath)) return { errors: [{ text: `'${path}' is not an entry of the package` }] };
        const source = `./${join('src', subpath, 'index.ts')}`;
        return builder.resolve(source, { resolveDir: root, kind });
      });
    },
  };
}
