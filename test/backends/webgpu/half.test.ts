import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { kompaktSources } from '../../../scripts/sources-plugin.mjs';
import { halfBackend } from '../../nn/half';
import { expectValues, TOLERANCES } from '../../ops/close';
import { losses } from './losses';
import { OVERFLOWS, PRODUCTS } from './products';

/** What test/backends/webgpu/children/half.ts found. */
interface Found {
  readonly missing?: string;
  readonly failed?: string;
  readonly device: string;
  readonly cases: Record<string, string[]>;
  readonly losses: number[];
}

const home = resolve('node_modules/.cache/kompakt', `half-${process.pid}`);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/**
 * What mixed precision computes where there are 16-bit numbers. Chromium's software driver has none, Mesa's has (from 22.3 on),
 * and Deno takes that one: see docs/gpu.md.
 */
async function findHalf(): Promise<Found | null> {
  const missing = (why: string): null => {
    process.stderr.write(`WebGPU tests in mixed precision are left out: ${why}\n`);
    return null;
  };
  const deno = process.env.KOMPAKT_DENO;
  if (deno === undefined) return missing('KOMPAKT_DENO names no Deno to run them in');
  mkdirSync(home, { recursive: true });
  const program = join(home, 'half.mjs');
  await build({
    entryPoints: ['test/backends/webgpu/children/half.ts'],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    external: ['node:*', 'webgpu'],
    logLevel: 'error',
    plugins: [kompaktSources()],
  });
  const output = execFileSync(deno, ['run', '--no-lock', '-A', '--unstable-webgpu', program], {
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const found = JSON.parse(output.trim().split('\n').at(-1)!) as Found;
  return found.missing === undefined ? found : missing(found.missing);
}

const found = await findHalf();
const decode = (text: string): Float32Array => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

describe.skipIf(found === null)('mixed precision with 16-bit numbers of the device', () => {
  it('runs to its end', () => {
    expect(found!.failed).toBeUndefined();
  });

  it.each([...PRODUCTS, OVERFLOWS])('$name', ({ name, run }) => {
    const got = found!.cases[name]!.map(decode);
    const wanted = run(halfBackend());
    expect(got).toHaveLength(wanted.length);
    wanted.forEach((y, i) => {
      expectValues(got[i]!, y.dataSync() as Float32Array, TOLERANCES.float32, `result ${i}`);
    });
  });

  it('trains along the losses of products rounded so', async () => {
    const wanted = await losses(halfBackend(), 20);
    expectValues(found!.losses, wanted, 2e-3, 'loss');
  }, 60_000);
});
