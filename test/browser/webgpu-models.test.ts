import { expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { webgpu } from '../../src/backends/webgpu/index';
import { memory } from '../../src/core/tensor';
import type { Sequential } from '../../src/nn/index';
import { load } from '../../src/runtime/index';
import { furthest, smallCnn } from '../backends/gpujs/scenario';

const IMAGE = { data: Float32Array.from({ length: 64 }, (_, i) => ((i * 37) % 64) / 64), shape: [1, 8, 8, 1] };

/** One for all: another device compiles all kernels again. */
const backend = await webgpu();

async function outputs(model: Sequential): Promise<ArrayLike<number>> {
  const y = model.predict(IMAGE);
  const values = await y.data();
  y.dispose();
  return values;
}

it('predicts from a model file by the runtime, again and again', async () => {
  const trained = smallCnn(reference());
  const wanted = await outputs(trained);
  const model = await load(await trained.toBytes(), { backend });
  // The second call makes a plan, which the third runs.
  for (let i = 0; i < 3; i++) {
    const y = model.predict(IMAGE.data);
    expect(furthest(await y.data(), wanted)).toBeLessThan(1e-5);
    y.dispose();
  }
  model.dispose();
  trained.dispose();
}, 120_000);

it('has two hundred models come and go without keeping tensors or buffers', async () => {
  const once = async (): Promise<void> => {
    const model = smallCnn(backend);
    model.build([8, 8, 1]);
    await outputs(model);
    model.dispose();
  };
  for (let i = 0; i < 3; i++) await once();
  const before = memory();
  const { count, bytes } = backend.buffers;
  for (let i = 0; i < 200; i++) await once();
  expect(memory()).toEqual(before);
  expect(backend.buffers.count).toBeLessThanOrEqual(count + 8);
  expect(backend.buffers.bytes).toBeLessThanOrEqual(2 * bytes);
  await backend.shutdown();
  expect(backend.buffers.count).toBe(0);
}, 120_000);

// Last, as it destroys the device.
it('holds two models on one page, on one device or on two', async () => {
  const [one, two, other] = [smallCnn(backend), smallCnn(backend), smallCnn(await webgpu())];
  const wanted = await outputs(one);
  expect(await outputs(two)).toEqual(wanted);
  expect(await outputs(other)).toEqual(wanted);
  one.dispose();
  expect(await outputs(two)).toEqual(wanted);
  two.dispose();
  backend.device.destroy();
  expect(await outputs(other)).toEqual(wanted);
  other.dispose();
}, 120_000);
