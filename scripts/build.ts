/** Writes the package's code into dist; its declarations are tsup's. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commonJs, esModules, licences } from './published/index';

const write = (file: string, text: string): void => {
  const path = join('dist', file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
};

rmSync('dist', { recursive: true, force: true });
for (const [file, text] of [...(await esModules()), ...(await commonJs())]) write(file, text);
write('third-party-licences.txt', licences());
