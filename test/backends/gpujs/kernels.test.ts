import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { kompaktSources } from '../../../scripts/sources-plugin.mjs';
import { gpujs } from '../../../src/backends/gpujs/index';
import { gpuJs } from './peer';
import { furthest, trainSmallCnn } from './scenario';

interface Settings {
  readonly pipeline: unknown;
  readonly immutable: unknown;
  readonly precision: unknown;
  readonly argumentTypes: readonly string[];
  readonly functions: readonly { readonly source: string }[];
}

/** gpu.js that notes what kernels are made of. */
function noting(made: { source: unknown; settings: Settings }[]) {
  class Noting extends (gpuJs!.GPU as new (
    settings: object,
  ) => { createKernel(source: unknown, settings: Settings): unknown }) {
    override createKernel(source: unknown, settings: Settings): unknown {
      made.push({ source, settings });
      return super.createKernel(source, settings);
    }
  }
  return { GPU: Noting };
}

describe.skipIf(gpuJs === null)('the kernels of a training run', async () => {
  const made: { source: unknown; settings: Settings }[] = [];
  if (gpuJs !== null) await trainSmallCnn(await gpujs(noting(made), { mode: 'cpu' }));
  const texts = made.flatMap(({ source, settings }) => [String(source), ...settings.functions.map((f) => f.source)]);

  it('are strings that begin with a named function', () => {
    expect(made.length).toBeGreaterThan(30);
    for (const { source } of made)
      expect(typeof source === 'string' && /^function \w+\([\w, ]*\) \{/.test(source)).toBe(true);
  });

  it('hold nothing that gpu.js or a minifier breaks', () => {
    for (const text of texts) expect(text).not.toMatch(/=>|\?\.|\?\?|!0|!1|Infinity|NaN|\bwhile\b|\bdo\b|\bvar\b|`/);
  });

  it('loop to numbers only, beyond which gpu.js would stop after 1000 turns', () => {
    for (const text of texts) {
      const loops = text.match(/\bfor \(/g)?.length ?? 0;
      const bounded = text.match(/\bfor \(let (\w+) = 0; \1 < \d+; \1\+\+\)/g)?.length ?? 0;
      expect(bounded, text).toBe(loops);
    }
  });

  it('keep every result, in full floats, with the type of each argument told', () => {
    for (const { source, settings } of made) {
      expect(settings).toMatchObject({ pipeline: true, immutable: true, precision: 'single' });
      const params = /\(([^)]*)\)/.exec(String(source))![1]!;
      expect(settings.argumentTypes).toHaveLength(params === '' ? 0 : params.split(',').length);
    }
  });
});

const CODE = `
import { matmul, tensor } from 'kompakt';
import { gpujs } from 'kompakt/backends/gpujs';
import { conv2d, softmax, tanh } from 'kompakt';
export async function compute(module) {
  const backend = await gpujs(module, { mode: 'webasm' });
  const x = tensor({ data: Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)), shape: [1, 4, 4, 3] }, { backend });
  const k = tensor({ data: Float32Array.from({ length: 54 }, (_, i) => Math.cos(i)), shape: [3, 3, 3, 2] }, { backend });
  const y = softmax(tanh(conv2d(x, k)));
  return [...(await y.data()), ...(await matmul(tensor([[1, 2], [3, 4]], { backend }), tensor([[5], [6]], { backend })).data())];
}`;

async function computed(minify: boolean): Promise<number[]> {
  const { outputFiles } = await build({
    stdin: { contents: CODE, resolveDir: resolve('.') },
    bundle: true,
    minify,
    format: 'cjs',
    platform: 'node',
    write: false,
    plugins: [kompaktSources()],
    logLevel: 'silent',
  });
  const module = { exports: {} as { compute(module: unknown): Promise<number[]> } };
  new Function('module', 'exports', 'require', outputFiles[0]!.text)(
    module,
    module.exports,
    createRequire(resolve('test/peers/package.json')),
  );
  return module.exports.compute(gpuJs);
}

it.skipIf(gpuJs === null)('kernels compute the same in a minified bundle', async () => {
  const [plain, minified] = [await computed(false), await computed(true)];
  expect(plain).toHaveLength(10);
  expect(plain.slice(-2)).toEqual([17, 39]);
  expect(furthest(minified, plain)).toBe(0);
});
