import { readFileSync } from 'node:fs';

/** @type {string[]} */
const subpaths = JSON.parse(readFileSync('scripts/entries.json', 'utf8'));

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'kompakt',
  entryPoints: subpaths.map((subpath) => `src/${subpath === '.' ? '' : `${subpath.slice(2)}/`}index.ts`),
  out: 'docs/api',
  readme: 'README.md',
  // Links to lines would need the address of a public repository.
  disableSources: true,
  excludePrivate: true,
  excludeProtected: true,
  excludeInternal: true,
  treatWarningsAsErrors: true,
  // `npm run typecheck` reports these, for the tests too.
  skipErrorChecking: true,
  // Links in the README lead to files of the repository. What constructors of fitted models take is the library's own
  // affair, and of many names: that all types are exported is not asked.
  validation: { notExported: false, invalidLink: true, rewrittenLink: false, notDocumented: false },
};
