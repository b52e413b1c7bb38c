/** `npm run entries`: writes the `exports` of package.json from `entries.json`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { packageExports } from './entries';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;
manifest.exports = packageExports();
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
