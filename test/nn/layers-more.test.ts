import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import type { Tensor } from '../../src/core/tensor';
import { activate } from '../../src/nn/activations';
import type { Layer } from '../../src/nn/layer';
import * as L from '../../src/nn/layers/index';
import { loadModel } from '../../src/nn/load';
import { sequential } from '../../src/nn/sequential';
import { mean, mul, ones, std, sum, tensor } from '../../src/ops/index';

const predict = { training: false, rng: null };
const train = (seed = 0) => ({ training: true, rng: new Rng(seed) });
const run = (layer: Layer, x: Tensor, seed = 1): Tensor => layer.call({}, {}, x, train(seed)).y;

describe('dropouts drop', () => {
  it('whole channels, where they are spatial', () => {
    const y = run(L.spatialDropout1d(0.5), ones([4, 9, 50]));
    expect([...new Set(y.dataSync())].sort()).toEqual([0, 2]);
    const perChannel = sum(y, { axis: 1 }).dataSync();
    expect(perChannel.every((v: number) => v === 0 || v === 18)).toBe(true);
  });

  it('the same along axes of noiseShape 1', () => {
    const y = run(L.dropout({ rate: 0.5, noiseShape: [null, 1, null] }), ones([3, 5, 40]));
    expect(
      sum(y, { axis: 1 })
        .dataSync()
        .every((v: number) => v === 0 || v === 10),
    ).toBe(true);
    expect(() => run(L.dropout({ rate: 0.5, noiseShape: [2, 1, null] }), ones([3, 5, 40]))).toThrow(ShapeError);
  });

  it.each([
    [L.gaussianNoise(0.5), 0.5],
    [L.gaussianDropout(0.2), 0.5],
  ])('nothing, but add noise of the right size: $kind', (layer, deviation) => {
    const y = run(layer, ones([200, 200]));
    expect(mean(y).item()).toBeCloseTo(1, 1.7);
    expect(std(y).item()).toBeCloseTo(deviation, 2);
  });

  it('and keep mean and deviation, where they are for SELU', () => {
    const x = tensor(
      Float32Array.from({ length: 40000 }, () => noise.gaussian()),
      { shape: [200, 200] },
    );
    const y = run(L.alphaDropout(0.3), x);
    expect(mean(y).item()).toBeCloseTo(0, 1.5);
    expect(std(y).item()).toBeCloseTo(1, 1.5);
  });
  const noise = new Rng(4);

  it.each([L.spatialDropout2d(0.5), L.gaussianNoise(1), L.gaussianDropout(0.5), L.alphaDropout(0.5)])(
    'nothing at inference: $kind',
    (layer) => {
      const x = ones([2, 3, 4, 5]);
      expect(layer.call({}, {}, x, predict).y).toBe(x);
      expect(() => layer.call({}, {}, x, { training: true, rng: null })).toThrow(/needs randomness/);
    },
  );
});

describe('a lambda', () => {
  const half = L.lambda((x: Tensor) => mul(x, 0.5));

  it('finds its shape, and computes', () => {
    expect(half.outputShape([3])).toEqual([3]);
    expect(half.call({}, {}, tensor([[2, 4]]), predict).y.toArraySync()).toEqual([[1, 2]]);
  });

  it('takes several inputs', () => {
    const layer = L.lambda({ call: (xs: readonly Tensor[]) => mul(xs[0]!, xs[1]!) });
    expect(layer.many!.outputShapes([[3], [3]])).toEqual([[3]]);
    const { ys } = layer.many!.call({}, {}, { xs: [tensor([[2]]), tensor([[3]])], masks: [null, null] }, predict);
    expect(ys[0]!.item()).toBe(6);
  });

  it('must keep what it promised', () => {
    expect(() => L.lambda({} as never)).toThrow(/^lambda: call must be a function/);
    expect(() => L.lambda((() => 3) as never).outputShape([2])).toThrow(/call must return a tensor, got 3/);
    const layer = L.lambda({ call: (x: Tensor) => x, outputShape: [4] });
    expect(() => layer.call({}, {}, ones([1, 3]), predict)).toThrow(ShapeError);
  });
});

describe('merging layers', () => {
  const call = (layer: Layer, ...xs: Tensor[]) =>
    layer.many!.call({}, {}, { xs, masks: xs.map(() => null) }, predict).ys[0]!;

  it.each([
    [() => L.subtract().many!.outputShapes([[3]]), /^subtract: takes 2 inputs, got 1/],
    [() => L.add().many!.outputShapes([[3], [4]]), /add/],
    [
      () =>
        L.concatenate().many!.outputShapes([
          [3, 2],
          [4, 2],
        ]),
      /differ elsewhere than along axis -1/,
    ],
    [() => L.concatenate({ axis: 3 }).many!.outputShapes([[3, 2]]), /have no axis 3/],
    [() => L.dot({ axes: 1 }).many!.outputShapes([[3], [4]]), /have 3 and 4 elements along axes 1/],
    [() => call(L.add(), ones([2, 3]), ones([3, 3])), /inputs of 2 and 3 samples/],
  ])('refuse what does not fit: %s', (make, message) => {
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(message);
  });

  it.each([
    [() => L.dot({} as never), /^dot: axes must be/],
    [() => L.dot({ axes: [1, 0] }), /^dot: axes must be an integer other than 0/],
    [() => L.concatenate({ axis: 0 }), /^concatenate: axis must be an integer other than 0/],
  ])('and options that are none: %s', (make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('take one input', () => {
    expect(call(L.add(), ones([2, 3])).shape).toEqual([2, 3]);
    expect(call(L.concatenate(), ones([2, 3])).shape).toEqual([2, 3]);
  });
});

describe('options are checked', () => {
  it.each([
    [() => L.relu({ maxValue: -1 }), /^relu: maxValue must be a finite number ≥ 0, got -1/],
    [() => L.prelu({ sharedAxes: [0] }), /^prelu: sharedAxes must be/],
    [() => L.softmax({ axis: 0.5 }), /^softmax: axis must be/],
    [() => L.groupNorm({ groups: 0 }), /^groupNorm: groups must be a positive integer/],
    [() => L.permute({ dims: [1, 3] }), /^permute: dims must be the numbers 1 … n/],
    [
      () => L.cropping2d({ cropping: [1, 2, 3] as never }),
      /^cropping2d: cropping must be a non-negative integer, 2 of them/,
    ],
    [() => L.zeroPadding1d({ padding: -1 }), /^zeroPadding1d: padding/],
    [() => L.resizing({ height: 1, width: 1, cropToAspectRatio: true, padToAspectRatio: true }), /padToAspectRatio/],
    [() => L.rescaling({} as never), /^rescaling: scale/],
    [() => L.gaussianDropout(1), /^gaussianDropout: rate/],
    [() => L.dropout({ rate: 0.1, noiseShape: [0] }), /^dropout: noiseShape/],
    [() => L.gaussianNoise({} as never), /^gaussianNoise: stddev/],
  ])('%s', (make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it.each([
    [L.groupNorm(), [8, 6], /6 channels do not divide into 32 groups/],
    [L.prelu({ sharedAxes: [3] }), [4], /have no axis 3 to share along/],
    [L.softmax({ axis: 2 }), [4], /axis 2 is the batch axis, or none/],
    [L.permute({ dims: [2, 1] }), [4], /do not fit samples/],
    [L.cropping1d({ cropping: 2 }), [4, 1], /leaves nothing/],
    [L.repeatVector({ n: 2 }), [4, 1], /expected inputs \[batch, features\]/],
    [L.rescaling({ scale: [1, 2] }), [3], /2 numbers for the channels/],
  ] as const)('shapes are, too: $kind', (layer, input, message) => {
    expect(() => layer.outputShape(input)).toThrow(ShapeError);
    expect(() => layer.outputShape(input)).toThrow(message);
  });
});

describe('custom layers', () => {
  const scale2 = (config: { name: string | null }): Layer => ({
    ...L.rescaling({ scale: 2, name: config.name }),
    kind: 'twice',
  });

  it('are made by their own factories, also within others', () => {
    expect(L.layerFromConfig('twice', {}, 'a', { twice: scale2 as never }).name).toBe('a');
    const config = { layer: { kind: 'twice', config: {} }, trainable: true };
    expect(L.layerFromConfig('timeDistributed', config, null, { twice: scale2 as never }).outputShape([3, 2])).toEqual([
      3, 2,
    ]);
    expect(() => L.layerFromConfig('twice', {})).toThrow(/no layer of kind "twice".*hand over layers of your own/);
  });
});

describe('image augmentation', () => {
  const x = tensor(
    Float32Array.from({ length: 64 * 12 }, (_, i) => i),
    { shape: [64, 3, 4, 1] },
  );

  it.each([
    L.randomFlip(),
    L.randomRotation({ factor: 0.2 }),
    L.randomZoom({ heightFactor: 0.2 }),
    L.randomTranslation({ heightFactor: 0.2, widthFactor: 0.2 }),
    L.randomContrast({ factor: 0.5 }),
    L.randomBrightness({ factor: 0.5 }),
  ])('is for training, seeded: $kind', (layer) => {
    expect(layer.call({}, {}, x, predict).y).toBe(x);
    expect(() => layer.call({}, {}, x, { training: true, rng: null })).toThrow(/needs randomness/);
    expect(run(layer, x, 3).dataSync()).toEqual(run(layer, x, 3).dataSync());
    expect(run(layer, x, 3).dataSync()).not.toEqual(run(layer, x, 4).dataSync());
  });

  it('flips about half of the images, each as a whole', () => {
    const firsts = run(L.randomFlip({ mode: 'horizontal' }), x)
      .dataSync()
      .filter((_: number, i: number) => i % 12 === 0);
    const flipped = firsts.filter((v: number, i: number) => v === 12 * i + 3).length;
    expect(firsts.filter((v: number, i: number) => v === 12 * i).length).toBe(64 - flipped);
    expect(Math.abs(flipped - 32)).toBeLessThan(16);
  });

  it('crops the same place of a batch, and the centre at inference', () => {
    const layer = L.randomCrop({ height: 3, width: 2 });
    const y = run(layer, x).dataSync();
    expect([0, 1, 2]).toContain(y[0]);
    expect(y[6 * 5]! - y[0]!).toBe(12 * 5);
    expect(layer.call({}, {}, x, predict).y.dataSync()[0]).toBe(1);
  });

  it.each([
    [() => L.randomRotation({ factor: -0.1 }), /^randomRotation: factor must be a number ≥ 0, or a range/],
    [() => L.randomRotation({} as never), /^randomRotation: factor/],
    [() => L.randomZoom({ heightFactor: [0.2, 0.1] }), /^randomZoom: heightFactor/],
    [() => L.randomTranslation({ heightFactor: 0, widthFactor: 2 }), /in \[-1, 1\], got 2/],
    [() => L.randomContrast({ factor: 2 }), /^randomContrast: factor/],
    [() => L.randomBrightness({ factor: 0.1, valueRange: [1, 0] }), /^randomBrightness: valueRange/],
    [() => L.randomFlip({ mode: 'both' as never }), /^randomFlip: mode/],
  ])('refuses what it does not know: %s', (make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});

describe('files', () => {
  it('hold no functions', async () => {
    const model = sequential([L.lambda((x: Tensor) => mul(x, 2))], { inputShape: [2] });
    expect(model.predict([[1, 2]]).toArraySync()).toEqual([[2, 4]]);
    await expect(model.toBytes()).rejects.toThrow(/^save: the config of layer 'lambda' \(lambda\) holds a function/);
  });

  it('hold custom layers, which are handed over again', async () => {
    const twice = (config: object): Layer => ({ ...L.rescaling({ ...config, scale: 2 }), kind: 'twice' });
    const bytes = await sequential([twice({}), L.dense({ units: 1 })], { inputShape: [2], seed: 1 }).toBytes();
    await expect(loadModel(bytes)).rejects.toThrow(/no layer of kind "twice"/);
    const loaded = await loadModel(bytes, { customLayers: { twice } });
    expect(loaded.layers.map((layer) => layer.kind)).toEqual(['twice', 'dense']);
  });
});

it('activations let NaN through, and keep the shape', () => {
  for (const name of ['relu6', 'hardSigmoid', 'mish', 'softShrink', 'sparsePlus', 'hardTanh'] as const)
    expect(activate(name, tensor([Number.NaN])).item()).toBeNaN();
});
