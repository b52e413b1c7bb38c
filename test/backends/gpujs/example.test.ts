import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { buildExamples } from '../../docs/run';
import { gpuJs } from './peer';

it.skipIf(gpuJs === null)('the example in the documentation runs, and learns', async () => {
  const peers = JSON.stringify(resolve('test/peers/package.json'));
  const code = readFileSync('docs/examples/gpujs.mjs', 'utf8').replace(
    "import gpuJs from 'gpu.js';",
    `import { createRequire } from 'node:module'; const gpuJs = createRequire(${peers})('gpu.js');`,
  );
  expect(code).toContain('createRequire');
  const examples = await buildExamples([code]);
  try {
    const [line] = await examples.run(0);
    const [, first, last] = /^mode webasm: loss (\S+) → (\S+)$/.exec(line!)!;
    expect(Number(last)).toBeLessThan(Number(first) / 3);
  } finally {
    examples.dispose();
  }
});
