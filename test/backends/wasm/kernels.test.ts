import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as kernels from '../../../src/backends/wasm/kernels';

it('every kernel is named by one op, the op of its name', () => {
  const text = readdirSync('src/ops', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`src/ops/${file}`, 'utf8'))
    .join('\n');
  const named = [...text.matchAll(/(?:kernel|forward|inputGrad|kernelGrad): (\w+Kernel),|\('\w+', (\w+Kernel), /g)];
  expect(named.map((m) => m[1] ?? m[2]).sort()).toEqual(Object.keys(kernels).sort());
  for (const [, name, kernel] of text.matchAll(/(?:name: |\()'(\w+)',\s+(?:kernel: )?(\w+Kernel),/g))
    expect(kernel).toBe(`${name}Kernel`);
});
