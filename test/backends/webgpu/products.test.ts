import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference/index';
import { WebGPUBackend } from '../../../src/backends/webgpu/backend';
import { webgpu } from '../../../src/backends/webgpu/index';
import { KERNELS } from '../../../src/backends/webgpu/kernels';
import { halfBackend } from '../../nn/half';
import { expectSameLater } from '../../ops/close';
import { findWebGPU } from '../../setup/webgpu';
import { OVERFLOWS, PRODUCTS } from './products';

const gpu = await findWebGPU();

describe.skipIf(gpu === null)('products on WebGPU', async () => {
  const backend = gpu === null ? null! : await webgpu({ gpu });
  const truth = reference();
  it.each(PRODUCTS)('$name', async ({ run }) => {
    const wanted = run(truth);
    for (const [i, y] of run(backend).entries()) await expectSameLater(y, wanted[i]!, `result ${i}`);
  });

  it('reads and writes fours where it can, and single numbers elsewhere', async () => {
    const texts: string[] = [];
    const { device } = await webgpu({ gpu: gpu! });
    const create = device.createShaderModule.bind(device);
    device.createShaderModule = (descriptor) => {
      texts.push(descriptor.code);
      return create(descriptor);
    };
    const own = new WebGPUBackend(device, KERNELS, {});
    const codeOf = async (name: string): Promise<string> => {
      texts.length = 0;
      for (const y of PRODUCTS.find((c) => c.name.startsWith(name))!.run(own)) await y.data();
      return texts.join('\n');
    };
    expect((await codeOf('8,8 · 8,8')).match(/(a|b|result): array<vec4<f32>>/g)).toHaveLength(3);
    expect(await codeOf('7,5 · 5,3')).not.toMatch(/(a|b|result): array<vec4<f32>>/);
    expect(await codeOf('convolution 2,5,6,4')).toMatch(/a: array<vec4<f32>>/);
  });
});

describe.skipIf(gpu === null)('products in mixed precision, its 16 bits imitated', async () => {
  const device = gpu === null ? null! : (await webgpu({ gpu })).device;
  const backend = gpu === null ? null! : new WebGPUBackend(device, KERNELS, { rounding: 'imitated' });
  const truth = halfBackend();
  // Compiling takes long in software, and what differs are a few lines.
  it.each([...PRODUCTS.filter((_, i) => i % 3 === 0), OVERFLOWS])('$name', async ({ run }) => {
    const wanted = run(truth);
    for (const [i, y] of run(backend).entries()) await expectSameLater(y, wanted[i]!, `result ${i}`);
  });

  it('differ from those that are not rounded', async () => {
    const { run } = PRODUCTS[0]!;
    const [rounded, whole] = [await run(backend)[0]!.data(), await run(reference())[0]!.data()];
    expect(Math.max(...rounded.map((v, i) => Math.abs((v as number) - (whole[i] as number))))).toBeGreaterThan(1e-5);
  });
});
