import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commonJs, esModules, type Files } from '../../scripts/published/index';
import { ENGINES, GROUPS, readyTable } from '../../scripts/published/ready-made';
import { PRODUCTS_PROGRAM } from './products-program';

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
const kind = (value) => (/^class\\b/.test(value) ? 'class' : typeof value);
const kinds = (all) => Object.fromEntries(Object.entries(all).map(([name, value]) => [name, kind(value)]));
const bundlers = await import('./node_modules/kompakt/dist/index.js');
const early = await import('kompakt');
const same = early.Tensor === require('kompakt').Tensor;
// Those that are loaded late: they must do what they do.
const late = [
  kompakt.compile((x) => kompakt.add(x, 1))(kompakt.tensor([1])).toArraySync(),
  kompakt.einsum('i,i->', [1, 2], [3, 4]).toArraySync(),
  kompakt.inv([[2]]).toArraySync(),
  kompakt.conv2d(kompakt.ones([1, 2, 2, 1]), kompakt.ones([2, 2, 1, 1])).toArraySync(),
  kompakt.maxPool2d(kompakt.ones([1, 2, 2, 1]), 2).toArraySync(),
  kompakt.resize(kompakt.ones([1, 1, 1, 1]), [1, 2]).toArraySync(),
  kompakt.softmax([1, 1]).toArraySync(),
];
console.log(JSON.stringify({ loaded, same, late, kinds: kinds({ ...kompakt }), expected: kinds(bundlers) }));
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
      late: unknown[];
      kinds: Record<string, string>;
      expected: Record<string, string>;
    };

  beforeAll(async () => {
    [modules, forNode] = [await esModules(), await commonJs()];
    for (const [file, text] of [...modules, ...forNode]) write(join('node_modules/kompakt/dist', file), text);
    copyFileSync('package.json', join(home, 'node_modules/kompakt/package.json'));
    write('program.mjs', PROGRAM);
    write('products.mjs', PRODUCTS_PROGRAM);
  }, 60_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it.each(['import', 'require'] as const)('reads by %s little code, and more with what is used', (way) => {
    const { loaded, same, late, kinds, expected } = run(way);
    expect(loaded.import.bytes).toBeLessThan(180_000);
    expect(loaded.import.files).toBeLessThan(5);
    expect(loaded.tensor.bytes).toBeGreaterThan(loaded.import.bytes);
    expect(loaded.product.bytes).toBeGreaterThan(loaded.tensor.bytes);
    expect(loaded.tensor.bytes).toBeLessThan(215_000);
    expect(loaded.product.bytes).toBeLessThan(260_000);
    expect(loaded.product.files).toBeLessThan(10);
    expect(same, 'import and require share their classes').toBe(true);
    expect(late).toEqual([[2], 11, [[0.5]], [[[[4]]]], [[[[1]]]], [[[[1], [1]]]], [0.5, 0.5]]);
    expect(kinds).toEqual(expected);
  });

  it('multiplies without generating code, and without loading what does, where the code is ready-made', () => {
    const text = execFileSync(process.execPath, [join(home, 'products.mjs')], { encoding: 'utf8' });
    const { read, tables } = JSON.parse(text) as { read: Record<string, string[]>; tables: unknown };
    expect(read.first, 'a first product').toEqual([]);
    expect(read.second, 'a second one, where measuring begins').toEqual([]);
    expect(read.edges, 'products with all edges').toEqual([]);
    expect(read.memories, 'one thread, or less memory').toEqual([]);
    expect(read.threads).toContain('threads/crew');
    expect(read.threads, 'products on several threads').not.toContain('gemm/driver');
    expect(read.deterministic, 'without fused multiply-add').toContain('gemm/driver');
    const generated = Object.entries(ENGINES).flatMap(([kind, tile]) =>
      Object.entries(GROUPS).map(([group, keys]) => [`ready-made-${kind}-${group}.cjs`, readyTable(tile, keys)]),
    );
    expect(tables).toEqual(Object.fromEntries(generated));
  }, 60_000);

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
