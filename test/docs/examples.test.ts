import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docExamples, markdownExamples, promisedOutput } from './extract';
import { type BuiltExamples, buildExamples } from './run';
import { typeErrors } from './types';

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith(ending) && !file.startsWith('api/'))
    .sort()
    .map((file) => `${folder}/${file}`);

const read = (file: string): string => readFileSync(file, 'utf8');
const examples = [
  ...['README.md', ...filesIn('docs', '.md')].filter(existsSync).flatMap((file) => markdownExamples(file, read(file))),
  ...filesIn('src', '.ts').flatMap((file) => docExamples(file, read(file))),
].map((example, index) => ({ ...example, index, name: `${example.file}:${example.line}` }));
const codes = examples.map((example) => example.code);

describe('examples in the documentation', () => {
  let built: BuiltExamples;
  let errors: string[][];
  beforeAll(async () => {
    built = await buildExamples(codes);
    errors = typeErrors(codes);
  }, 600_000);
  afterAll(() => built?.dispose());

  it.each(examples)('$name', async ({ index, code }) => {
    expect(errors[index]).toEqual([]);
    const printed = await built.run(index);
    const promised = promisedOutput(code);
    if (promised.length > 0) expect(printed.map((text) => text.trim())).toEqual(promised);
  });
});

describe('the example runner', () => {
  it('finds blocks with their lines', () => {
    const text = 'a\n```ts\nx\n```\n```ts no-run\ny\n```\n```js\nz\n```\n';
    expect(markdownExamples('f.md', text)).toEqual([{ file: 'f.md', line: 2, code: 'x\n' }]);
    const source = '/**\n * Does.\n *\n * @example\n * ```ts\n * const a = 1;\n *   b();\n * ```\n */\n';
    expect(docExamples('f.ts', source)).toEqual([{ file: 'f.ts', line: 5, code: 'const a = 1;\n  b();\n' }]);
  });

  it('sees what is printed and what is promised', async () => {
    const code = 'console.log([1, 2], "a"); // → [ 1, 2 ] a\n';
    const built = await buildExamples([code, 'console.log(1 + 1)', 'const x = 1; // → 1']);
    expect(await built.run(0)).toEqual(promisedOutput(code));
    expect(await built.run(1)).toEqual(['2']);
    expect(await built.run(2)).not.toEqual(promisedOutput('const x = 1; // → 1'));
    built.dispose();
  });

  it('fails where an example fails, and only there', async () => {
    const built = await buildExamples([
      'throw new Error("no")',
      'const = 1',
      `import 'kompakt/nowhere'`,
      'await Promise.reject(new Error("late"))',
      'console.log("sound")',
    ]);
    await expect(built.run(0)).rejects.toThrow('no');
    await expect(built.run(1)).rejects.toThrow('line 1');
    await expect(built.run(2)).rejects.toThrow(/not an entry/);
    await expect(built.run(3)).rejects.toThrow('late');
    expect(await built.run(4)).toEqual(['sound']);
    built.dispose();
  });

  it('sees type errors', () => {
    const found = typeErrors([`import { add } from 'kompakt';\nadd({}, 1);`, 'const x: number = 1; x.toFixed();']);
    expect(found[0]!.join()).toMatch(/line 2/);
    expect(found[1]).toEqual([]);
  });
});
