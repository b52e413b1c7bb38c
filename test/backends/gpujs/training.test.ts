import { describe, expect, it } from 'vitest';
import { gpujs } from '../../../src/backends/gpujs/index';
import { reference } from '../../../src/backends/reference/index';
import { memory } from '../../../src/core/tensor';
import { asynchronous } from './asynchronous';
import { gpuJs } from './peer';
import { furthest, LAYERS, smallCnn, trainLayers, trainSmallCnn } from './scenario';

/** Of losses and outputs after 50 steps; they agree to 1e-7, about. */
const TOLERANCE = 2e-6;

describe.skipIf(gpuJs === null)('a convolutional network on gpu.js', () => {
  const truth = trainSmallCnn(reference());

  it.each([
    ['mode cpu', () => gpujs(gpuJs!, { mode: 'cpu' })],
    ['mode webasm', () => gpujs(gpuJs!, { mode: 'webasm' })],
    ['mode cpu, every call a promise', () => gpujs(asynchronous(gpuJs!), { mode: 'cpu' })],
  ])('has the losses and outputs of the reference in %s', async (_, open) => {
    const { losses, outputs } = await truth;
    const got = await trainSmallCnn(await open());
    expect(losses).toHaveLength(50);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    expect(furthest(got.losses, losses)).toBeLessThan(TOLERANCE);
    expect(furthest(got.outputs, outputs)).toBeLessThan(TOLERANCE);
  });

  it.each(Object.keys(LAYERS))('trains a network with %s as the reference does', async (name) => {
    const [got, wanted] = [
      await trainLayers(name, await gpujs(gpuJs!, { mode: 'webasm' })),
      await trainLayers(name, reference()),
    ];
    expect(furthest(got, wanted)).toBeLessThan(TOLERANCE);
  });

  it('comes and goes two hundred times without leaving anything', async () => {
    const backend = await gpujs(gpuJs!, { mode: 'webasm' });
    const once = (): void => {
      const model = smallCnn(backend);
      model.build([8, 8, 1]);
      model.predict({ data: new Float32Array(64), shape: [1, 8, 8, 1] }).dispose();
      model.dispose();
    };
    once();
    const before = memory();
    const kernels = backend.kernels;
    for (let i = 0; i < 200; i++) once();
    // Less is fine: what other tests left may be collected meanwhile.
    expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
    expect(memory().bytes).toBeLessThanOrEqual(before.bytes);
    expect(backend.kernels).toBe(kernels);
  });
});
