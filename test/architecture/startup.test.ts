import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commonJs, esModules, type Files } from '../../scripts/published/index';

/** What a program has read of the package. */
interface Loaded {
  readonly files: number;
  readonly bytes: number;
}

/** A program that loads the core and says after each step what it has read so far. */
const PROGRAM = `
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const kompakt = process.argv[2] === 'require' ? require('kompakt') : await import('kompakt');
const steps = { import: () => 0, tensor: () => kompakt.tensor([[1, 2], [3, 4]]), product: () => kompakt.matmul([[1]], [[1]]) };
const loaded = {};
for (const [name, step] of Object.entries(steps)) {
  step();
  const files = Object.keys(require.cache).filter((file) => file.includes('kompakt'));
  loaded[name] = { files: files.length, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0) };
}
const same = (await import('kompakt')).Tensor === require('kompakt').Tensor;
console.log(JSON.stringify({ loaded, same, names: Object.keys(kompakt).sort() }));
process.exit(0);
`;

/** Importing takes as long as the engine needs to read the code, about 25 kB in a millisecond, and to open the files. */
describe('the published core', () => {
  const home = mkdtempSync(join(tmpdir(), 'on-import-'));
  let modules: Files;
  let forNode: Files;
  const write = (file: string, text: string): void => {
    const path = join(home, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const run = (way: 'import' | 'require') =>
    JSON.parse(execFileSync(process.execPath, [join(home, 'program.mjs'), way], { encoding: 'utf8' })) as {
      loaded: Record<'import' | 'tensor' | 'product', Loaded>;
      same: boolean;
      names: string[];
    };

  beforeAll(async () => {
    [modules, forNode] = [await esModules(), await commonJs()];
    for (const [file, text] of [...modules, ...forNode]) write(join('node_modules/kompakt/dist', file), text);
    copyFileSync('package.json', join(home, 'node_modules/kompakt/package.json'));
    write('program.mjs', PROGRAM);
  }, 60_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each(['import', 'require'] as const)('reads by %s little code, and more with what is used', (way) => {
    const { loaded, same, names } = run(way);
    expect(loaded.import.bytes).toBeLessThan(240_000);
    expect(loaded.import.files).toBeLessThan(6);
    expect(loaded.tensor.bytes).toBeGreaterThan(loaded.import.bytes);
    expect(loaded.product.bytes).toBeGreaterThan(loaded.tensor.bytes);
    expect(loaded.product.bytes).toBeLessThan(470_000);
    expect(loaded.product.files).toBeLessThan(14);
    expect(same, 'import and require share their classes').toBe(true);
    expect(names).toContain('matmul');
  });

  it('has every name by import in Node that bundlers find in its ES modules', () => {
    const exported = (text: string): string[] =>
      /\nexport (?:\{|const \{)([^}]*)\}/
        .exec(text)![1]!
        .match(/[\w$]+(?=\s*(?:,|$))/g)!
        .sort();
    const nodes = [...forNode].filter(([file]) => file.endsWith('.node.js'));
    expect(nodes.length).toBeGreaterThan(20);
    for (const [file, text] of nodes) {
      expect(exported(text), file).toEqual(exported(modules.get(file.replace('.node.js', '.js'))!));
    }
  });

  it('is ASCII throughout: one other letter doubles what the engine reads', () => {
    const others = [...modules, ...forNode].filter(([, text]) => /[\u0080-\uffff]/.test(text));
    expect(others.map(([file]) => file)).toEqual([]);
  });
});
