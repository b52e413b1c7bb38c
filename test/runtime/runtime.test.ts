import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import { quantize } from '../../src/compress';
import { scope } from '../../src/core/scope';
import { memory } from '../../src/core/tensor';
import { rng, tensor } from '../../src/index';
import { forward } from '../../src/nn/forward';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  type Sequential,
  sequential,
} from '../../src/nn/index';
import { loadModel } from '../../src/nn/load';
import { load } from '../../src/runtime';
import { settled } from '../setup/collect';

const inputShape = [8, 8, 3];
const size = 8 * 8 * 3;

const net = (): Sequential =>
  sequential(
    [
      conv2d({ filters: 6, kernelSize: 3, padding: 'same', activation: 'relu' }),
      batchNorm(),
      maxPool2d({ poolSize: 2 }),
      conv2d({ filters: 8, kernelSize: 3 }),
      activation('gelu'),
      flatten(),
      dense({ units: 12, activation: 'relu' }),
      dense({ units: 4, activation: 'softmax' }),
    ],
    { inputShape, seed: 5 },
  );

/** What layers say without a plan. */
const eagerly = (model: Sequential, x: Float32Array): number[] =>
  scope(() => {
    const input = tensor(x, { shape: [x.length / size, ...inputShape], backend: model.backend });
    const { ys } = forward(model.network, model.layerWeights, [input], { training: false, rng: null });
    return [...ys[0]!.dataSync()];
  });

describe('loaded models', () => {
  it.each([
    ['float', 'reference', () => reference()],
    ['int8', 'reference', () => reference()],
    ['float', 'one thread', () => wasm({ threads: 1 })],
    ['int8', 'one thread', () => wasm({ threads: 1 })],
    ['float', 'two threads', () => wasm({ threads: 2 })],
    ['int8', 'two threads', () => wasm({ threads: 2 })],
  ] as const)('predict the bits of layers run one by one, call by call: %s, %s', async (kind, _, make) => {
    const numbers = rng(3);
    const backend = make();
    const calibration = numbers.uniform([32, ...inputShape]);
    const bytes = await (kind === 'float' ? net() : await quantize({ calibration })(net())).toBytes();
    const model = await loadModel(bytes, { backend });
    await settled();
    const before = memory();
    const runtime = await load(bytes, { backend });
    for (const batch of [1, 1, 5, 1, 5, 5, 1, 2, 1]) {
      const x = Float32Array.from({ length: batch * size }, () => numbers.random());
      const y = runtime.predict(x);
      expect(y.shape).toEqual([batch, 4]);
      expect([...y.dataSync()]).toEqual(eagerly(model, x));
      y.dispose();
    }
    runtime.dispose();
    expect(memory()).toEqual(before);
    expect(() => runtime.predict(new Float32Array(size))).toThrow(/disposed/);
    await (backend as { shutdown?: () => unknown }).shutdown?.();
  });

  it('say the same of wrong inputs, however often', async () => {
    const runtime = await load(await net().toBytes());
    for (let i = 0; i < 3; i++) {
      runtime.predict(new Float32Array(size)).dispose();
      expect(() => runtime.predict(new Float32Array(7))).toThrow(/7 values are no whole number of inputs/);
      expect(() => runtime.predict(tensor([[1, 2]]))).toThrow(/expected \[batch, 8, 8, 3\], got \[1, 2\]/);
      expect(() =>
        runtime.predict(tensor(new Float32Array(size), { shape: [1, ...inputShape], backend: reference() })),
      ).toThrow(/backend/);
    }
    runtime.dispose();
  });
});
