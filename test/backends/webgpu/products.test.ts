import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference/index';
import { WebGPUBackend } from '../../../src/backends/webgpu/backend';
import { webgpu } from '../../../src/backends/webgpu/index';
import { KERNELS } from '../../../src/backends/webgpu/kernels';
import { halfBackend } from '../../nn/half';
import { expectSameLater } from '../../ops/close';
import { findWebGPU } from '../../setup/webgpu';
import { LAYERS, OVERFLOWS, PRODUCTS } from './products';

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
  const some = ['8,8 · 8,8 ', '7,5 · 5,3 ', '2050,8', 'convolution 2,5,6,4'];
  const chosen = PRODUCTS.filter(({ name }) => some.some((begin) => name.startsWith(begin)));
  it.each([...chosen, LAYERS, OVERFLOWS])('$name', async ({ run }) => {
    const wanted = run(truth);
    for (const [i, y] of run(backend).entries()) await expectSameLater(y, wanted[i]!, `result ${i}`);
  });

  it('differ from those that are not rounded', async () => {
    const { run } = PRODUCTS[0]!;
    const [rounded, whole] = [await run(backend)[0]!.data(), await run(reference())[0]!.data()];
    expect(Math.max(...rounded.map((v, i) => Math.abs((v as number) - (whole[i] as number))))).toBeGreaterThan(1e-5);
  });
});

/** A device that has 16-bit numbers and computes nothing: the texts of the kernels that it was given. */
function deafDevice(): { device: GPUDevice; texts: string[] } {
  const texts: string[] = [];
  const anything: unknown = new Proxy(() => {}, {
    get: (_, key) => (key === 'then' ? undefined : anything),
    apply: () => anything,
  });
  const known = {
    // biome-ignore lint/suspicious/noThenProperty: so that it is no promise
    then: undefined,
    features: new Set(['shader-f16']),
    limits: {
      maxBufferSize: 2 ** 28,
      maxStorageBufferBindingSize: 2 ** 27,
      maxStorageBuffersPerShaderStage: 8,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupSizeX: 256,
      maxComputeWorkgroupStorageSize: 16384,
      maxComputeWorkgroupsPerDimension: 65535,
    },
    lost: new Promise(() => {}),
    createShaderModule: ({ code }: GPUShaderModuleDescriptor) => void texts.push(code),
  };
  const device = new Proxy(known, { get: (own, key) => (key in own ? Reflect.get(own, key) : anything) });
  return { device: device as never, texts };
}

describe('kernels in mixed precision', () => {
  const textsOf = async (precision: 'mixed' | 'float32'): Promise<readonly string[]> => {
    const { device, texts } = deafDevice();
    const backend = await webgpu({ device, precision });
    expect(backend.mixed).toBe(precision === 'mixed');
    LAYERS.run(backend);
    return texts;
  };

  it('keep 16 bits in tiles, and between products, and add up in 32', async () => {
    const texts = await textsOf('mixed');
    const products = texts.filter((t) => t.includes('var<workgroup> lefts'));
    expect(products.length).toBeGreaterThan(4);
    for (const text of products) {
      expect(text).toMatch(/^enable f16;/);
      expect(text).toMatch(
        /var<workgroup> lefts: array<vec4<f16>, \d+>;\nvar<workgroup> rights: array<vec4<f16>, \d+>;/,
      );
      expect(text).toContain('var t0_0 = vec4<f32>();');
    }
    const stored = (pattern: RegExp): number => texts.filter((t) => pattern.test(t)).length;
    expect(stored(/read_write> result: array<vec4<f16>>/)).toBeGreaterThan(0);
    expect(stored(/read_write> result: array<f16>/)).toBeGreaterThan(0);
    expect(stored(/read> a: array<vec4<f16>>/)).toBeGreaterThan(0);
    expect(stored(/read> a: array<f16>/)).toBeGreaterThan(0);
    for (const text of texts) {
      expect(text.includes('f16') === text.startsWith('enable f16;')).toBe(true);
      for (const [open, close] of ['()', '{}', '[]']) expect(text.split(open!).length).toBe(text.split(close!).length);
    }
  });

  it('know of no 16 bits otherwise', async () => {
    for (const text of await textsOf('float32')) expect(text).not.toContain('f16');
  });
});
