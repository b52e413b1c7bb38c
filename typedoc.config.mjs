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
  excludeInternal: true,
  treatWarningsAsErrors: true,
  // Shorthands within a signature, and what the library alone passes: the documentation spells them out in place.
  intentionallyNotExported: ['Average', 'Averaged', 'FUNCTIONS', 'Parts', 'PerClass', 'Raw', 'Target'],
  // `npm run typecheck` reports these, for the tests too.
  skipErrorChecking: true,
  // Links in the README lead to files of the repository.
  validation: { notExported: true, invalidLink: true, rewrittenLink: false, notDocumented: false },
};
