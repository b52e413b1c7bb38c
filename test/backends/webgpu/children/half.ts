// Run by Deno: products and training in mixed precision on an adapter with shader-f16. What comes out is one line of JSON.
import { webgpu } from '../../../../src/backends/webgpu/index';
import type { BackendError } from '../../../../src/core/errors';
import { losses } from '../losses';
import { OVERFLOWS, PRODUCTS } from '../products';

const encode = (values: ArrayLike<number>): string => {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text);
};

async function run(): Promise<unknown> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (adapter === null || adapter === undefined) return { missing: 'there is no adapter' };
  const device = `${adapter.info.vendor} ${adapter.info.device} ${adapter.info.description}`.trim();
  if (!adapter.features.has('shader-f16')) return { missing: `${device} has no shader-f16` };
  const backend = await webgpu({ precision: 'mixed' });
  const cases: Record<string, string[]> = {};
  for (const { name, run } of [...PRODUCTS, OVERFLOWS]) {
    cases[name] = [];
    for (const y of run(backend)) cases[name].push(encode((await y.data()) as Float32Array));
  }
  return { device, cases, losses: await losses(backend, 20) };
}

try {
  console.log(JSON.stringify(await run()));
} catch (error) {
  console.log(JSON.stringify({ failed: String((error as BackendError).stack) }));
}
