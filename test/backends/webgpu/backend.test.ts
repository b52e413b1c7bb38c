import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference/index';
import { WebGPUBackend } from '../../../src/backends/webgpu/backend';
import { webgpu } from '../../../src/backends/webgpu/index';
import { KERNELS } from '../../../src/backends/webgpu/kernels';
import { BackendError, ConfigError } from '../../../src/core/errors';
import {
  add,
  argMax,
  broadcastTo,
  matmul,
  memory,
  mul,
  relu,
  slice,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '../../../src/index';
import * as nn from '../../../src/nn/index';
import { findWebGPU } from '../../setup/webgpu';

describe('without an adapter', () => {
  it('says so, and what to use instead', async () => {
    const gpu = { requestAdapter: async () => null } as unknown as GPU;
    await expect(webgpu({ gpu })).rejects.toThrow(/no adapter here.*wasm\(\)/);
  });

  it('refuses options that it does not know', async () => {
    await expect(webgpu({ adapter: 1 } as object)).rejects.toThrow(ConfigError);
    await expect(webgpu({ precision: 'half' as 'mixed' })).rejects.toThrow(/precision must be 'float32' or 'mixed'/);
  });
});

const gpu = await findWebGPU();

describe.skipIf(gpu === null)('a WebGPU backend', () => {
  const open = () => webgpu({ gpu: gpu! });

  it('gives values later only', async () => {
    const backend = await open();
    const y = add(tensor([1, 2], { backend }), 1);
    expect(() => y.dataSync()).toThrow(/await x\.data\(\)/);
    expect(await y.toArray()).toEqual([2, 3]);
    expect(String(y)).toContain('await data() to read it');
  });

  it('holds no float64', async () => {
    const backend = await open();
    expect(() => tensor([1], { backend, dtype: 'float64' })).toThrow(/does not support float64/);
  });

  it('holds every other dtype', async () => {
    const backend = await open();
    for (const dtype of ['float32', 'int32', 'int8', 'uint8', 'bool'] as const) {
      const x = tensor([1, 0, 1], { backend, dtype });
      const truth = tensor([1, 0, 1], { dtype });
      const got = await x.data();
      expect(got).toEqual(truth.dataSync());
      expect(got.constructor).toBe(truth.dataSync().constructor);
    }
  });

  it('refuses tensors of another backend, and of another device', async () => {
    const [backend, other] = [await open(), await open()];
    const x = tensor([1], { backend });
    expect(() => add(x, tensor([1], { backend: reference() }))).toThrow(BackendError);
    expect(() => add(x, tensor([1], { backend: other }))).toThrow(/two different 'webgpu' backends/);
  });

  it('refuses to read what was disposed', async () => {
    const x = tensor([1], { backend: await open() });
    x.dispose();
    await expect(x.data()).rejects.toThrow(/was disposed/);
  });

  it('names the op that it has no kernel for', async () => {
    const backend = await open();
    const { inv } = await import('../../../src/index');
    expect(() => inv(tensor([[2]], { backend }))).toThrow(/inv: backend 'webgpu' has no kernel/);
  });

  it('hands many operations to the device at once', async () => {
    const backend = await open();
    let x: Tensor = tensor([1, 2, 3], { backend });
    for (let i = 0; i < 100; i++) x = add(x, x.size);
    expect(backend.submissions).toBe(0);
    expect(await x.toArray()).toEqual([301, 302, 303]);
    expect(backend.submissions).toBe(1);
  });

  it('keeps what operations were given, though its memory be written again before they run', async () => {
    const backend = await open();
    const results: Tensor[] = [];
    for (let i = 0; i < 20; i++) {
      const x = tensor([i, i + 1], { backend });
      results.push(add(x, x));
      x.dispose();
    }
    for (const [i, y] of results.entries()) expect(await y.toArray()).toEqual([2 * i, 2 * i + 2]);
  });

  it('reads several values at the same time, and parts of blocks', async () => {
    const backend = await open();
    const x = tensor([0, 1, 2, 3, 4, 5, 6, 7], { backend });
    const parts = await Promise.all([0, 1, 2, 3].map((i) => slice(x, [i], [i + 4]).data()));
    expect(parts.map((p) => [...p])).toEqual([0, 1, 2, 3].map((i) => [i, i + 1, i + 2, i + 3]));
    expect(
      await transpose(
        tensor(
          [
            [1, 2],
            [3, 4],
          ],
          { backend },
        ),
      ).toArray(),
    ).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(await zeros([0, 3], { backend }).data()).toEqual(new Float32Array(0));
  });

  it('computes with more than 2^24 elements, in grids of more than one dimension', async () => {
    const backend = await open();
    const n = 2 ** 24 + 5;
    const data = new Float32Array(n);
    data[n - 1] = 7;
    data[n - 2] = 3;
    const x = tensor(data, { backend });
    const doubled = add(x, x);
    expect(await slice(doubled, [n - 3], [n]).toArray()).toEqual([0, 6, 14]);
    expect(await argMax(x).toArray()).toBe(n - 1);
    expect(await sum(x).toArray()).toBe(10);
    for (const t of [x, doubled]) t.dispose();
    await backend.shutdown();
  });

  it('splits what it cannot bind at once, and says where it cannot', async () => {
    const device = (await open()).device;
    const backend = new WebGPUBackend(device, KERNELS, { limits: { bindingBytes: 8192 } });
    const n = 100;
    const values = Float32Array.from({ length: n * n }, (_, i) => (i * 37) % 101);
    const x = tensor(values, { backend, shape: [n, n] });
    const y = await add(x, tensor([...values.subarray(0, n)], { backend })).data();
    expect([...y]).toEqual([...values].map((v, i) => v + values[i % n]!));
    const z = await mul(transpose(x), broadcastTo(tensor([2], { backend }), [n, n])).data();
    expect(z[n + 3]).toBe(2 * values[3 * n + 1]!);
    expect(await sum(x).toArray()).toBe(values.reduce((a, b) => a + b));
    expect(() => argMax(x)).toThrow(/more than this device can bind at once/);
  });

  it('keeps no buffers of 200 models that were made, run and disposed', async () => {
    const backend = await open();
    const tensors = memory().tensors;
    const run = async (): Promise<void> => {
      const model = nn.sequential([nn.dense({ units: 8, activation: 'relu' }), nn.dense({ units: 2 })], {
        inputShape: [4],
        seed: 1,
        backend,
      });
      const x = tensor([[1, 2, 3, 4]], { backend });
      const y = model.predict(x);
      await y.data();
      for (const made of [x, y, model]) made.dispose();
    };
    for (let i = 0; i < 5; i++) await run();
    const before = backend.buffers;
    for (let i = 0; i < 195; i++) await run();
    expect(backend.buffers.count).toBeLessThanOrEqual(before.count + 4);
    expect(backend.buffers.bytes).toBeLessThanOrEqual(before.bytes + 4096);
    expect(memory().tensors).toBeLessThanOrEqual(tensors);
  });

  it('serves two models side by side', async () => {
    const backend = await open();
    const make = (seed: number) => nn.sequential([nn.dense({ units: 2 })], { inputShape: [3], seed, backend });
    const [a, b] = [make(1), make(2)];
    const x = tensor([[1, 2, 3]], { backend });
    const alone = await make(1).predict(x).data();
    const [ya, yb] = await Promise.all([a.predict(x).data(), b.predict(x).data()]);
    expect(ya).toEqual(alone);
    expect(yb).not.toEqual(ya);
  });

  it('frees what it keeps, and stays usable', async () => {
    const backend = await open();
    const x = tensor([1, 2, 3], { backend });
    relu(x).dispose();
    await backend.shutdown();
    expect(backend.buffers.count).toBe(1);
    expect(await add(x, 1).toArray()).toEqual([2, 3, 4]);
  });

  it('rejects reads, and refuses everything else, once its device is lost', async () => {
    const backend = await open();
    const x = tensor([1, 2, 3], { backend });
    const y = matmul(tensor([[1, 2, 3]], { backend }), tensor([[1], [2], [3]], { backend }));
    const pending = y.data();
    pending.catch(() => {});
    backend.device.destroy();
    await pending.catch((error: unknown) => expect(error).toBeInstanceOf(BackendError));
    await backend.device.lost;
    await expect(x.data()).rejects.toThrow(/the device is lost.*new backend/);
    expect(() => add(x, 1)).toThrow(/the device is lost/);
    expect(() => tensor([1], { backend })).toThrow(BackendError);
    expect(() => x.dispose()).not.toThrow();
  });

  it('says that the device refused an operation, instead of giving what came of it', async () => {
    const backend = await open();
    const x = tensor([1], { backend });
    backend.device.createBuffer({ size: 16, usage: 0 });
    await x.data().catch(() => {});
    await expect(x.data()).rejects.toThrow(/refused an earlier operation/);
  });

  it.skipIf(gpu === null)('refuses mixed precision where the device has no 16-bit floats', async () => {
    const adapter = await gpu!.requestAdapter();
    if (adapter!.features.has('shader-f16')) return;
    await expect(webgpu({ gpu: gpu!, precision: 'mixed' })).rejects.toThrow(/shader-f16/);
  });
});
