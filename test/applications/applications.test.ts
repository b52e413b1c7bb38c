import { readFileSync } from 'node:fs';
import { File, type Group, ready } from 'h5wasm';
import { describe, expect, it } from 'vitest';
import {
  decodePredictions,
  leNet5,
  mobileNetV2,
  preprocessInput,
  resNet50,
  vgg16,
  vgg19,
} from '../../src/applications/index';
import { mobileNetV2Graph } from '../../src/applications/mobilenet';
import { readSettings } from '../../src/applications/options';
import { resNet50Graph } from '../../src/applications/resnet';
import { ConfigError, FormatError } from '../../src/core/errors';
import type { Shape } from '../../src/core/shape';
import { sizeOf } from '../../src/core/shape';
import type { Tensor } from '../../src/core/tensor';
import { traceNetwork } from '../../src/nn/graph/trace';
import type { Model, NetworkModel, Sequential, SymbolicTensor } from '../../src/nn/index';
import { networkWeightShapes } from '../../src/nn/weight-shapes';

interface Golden {
  readonly params: number;
  readonly layers: string[];
  readonly shape: number[];
  readonly values: number[];
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/io/applications.json', import.meta.url), 'utf8')) as {
  readonly counts: Record<string, number>;
  readonly preprocess: Record<string, number[]>;
} & Record<string, Golden>;

const pattern = (size: number, low: number, high: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => low + (high - low) * (((i * 7919 + 104729) % 9973) / 9973));

const KERAS: Record<string, string> = {
  movingMean: 'moving_mean',
  movingVariance: 'moving_variance',
  depthwiseKernel: 'depthwise_kernel',
};

/** A weight as the generator of the goldens makes it. */
function weight(name: string, shape: Shape): Float32Array {
  const size = sizeOf(shape);
  if (name === 'gamma') return pattern(size, 0.8, 1.2);
  if (name === 'movingVariance') return pattern(size, 0.7, 1.3);
  if (name === 'beta' || name === 'movingMean' || name === 'bias') return pattern(size, -0.1, 0.1);
  const high = Math.sqrt((3 * shape.at(-1)!) / size);
  return pattern(size, -high, high);
}

/** The bytes of a file as Keras keeps its applications' weights in. */
async function keptWeights(model: NetworkModel<Tensor>): Promise<Uint8Array> {
  const { FS } = await ready;
  const file = new File('/application.h5', 'w');
  const names = ['input_1', ...model.layerNames];
  file.create_attribute('layer_names', names);
  file.create_attribute('keras_version', '2.4.0');
  file.create_attribute('backend', 'tensorflow');
  const shapes = networkWeightShapes(
    model.network,
    model.network.inputs.map((i) => i.shape!),
  );
  names.forEach((layer, i) => {
    const group = file.create_group(layer);
    const own = i === 0 ? [] : Object.entries({ ...shapes[i - 1]!.params, ...shapes[i - 1]!.state });
    const paths = own.map(([name]) => `${layer}/${KERAS[name] ?? name}:0`);
    if (own.length > 0) group.create_attribute('weight_names', paths);
    const inner: Group | null = own.length > 0 ? group.create_group(layer) : null;
    own.forEach(([name, shape]) => {
      inner!.create_dataset({ name: `${KERAS[name] ?? name}:0`, data: weight(name, shape), shape: [...shape] });
    });
  });
  file.close();
  const bytes = FS!.readFile('/application.h5') as Uint8Array;
  FS!.unlink('/application.h5');
  return bytes;
}

const countOf = ({ input, output }: { input: SymbolicTensor; output: SymbolicTensor }): number => {
  const network = traceNetwork({ values: [input], names: null }, { values: [output], names: null });
  const shapes = networkWeightShapes(network, [input.shape]);
  return shapes
    .flatMap(({ params, state }) => [...Object.values(params), ...Object.values(state)])
    .reduce((n, shape) => n + sizeOf(shape), 0);
};

function expectGolden(name: string, model: NetworkModel<Tensor>): void {
  const { params, layers, shape, values } = golden[name]!;
  expect(model.countParams()).toBe(params);
  expect([...model.layerNames].sort()).toEqual(layers.map((l) => l.replace(/^(global_\w+2d)_\d+$/, '$1')).sort());
  const [h, w, c] = model.inputShape!;
  const y = model.predict({ data: pattern(2 * h! * w! * c!, -1, 1), shape: [2, h!, w!, c!] });
  expect(y.shape).toEqual(shape);
  const found = Float64Array.from(y.dataSync());
  const step = Math.max(1, Math.floor(found.length / 16));
  const scale = Math.max(...values.map(Math.abs));
  values.forEach((value, i) => {
    expect(Math.abs(found[i * step]! - value) / scale, `value ${i * step}`).toBeLessThan(1e-4);
  });
}

const SMALL = { inputShape: [32, 32, 3], seed: 1 };

describe('sizes', () => {
  it('are those of the papers and of Keras, known without making weights', () => {
    expect(vgg16().countParams()).toBe(138_357_544);
    expect(vgg16({ includeTop: false }).countParams()).toBe(14_714_688);
    expect(vgg19().countParams()).toBe(143_667_240);
    expect(vgg16().isBuilt).toBe(false);
    expect(countOf(resNet50Graph(readSettings({}, 'resNet50')))).toBe(25_636_712);
    expect(countOf(mobileNetV2Graph(readSettings({}, 'mobileNetV2'), 1))).toBe(3_538_984);
    expect(golden.counts['mobileNetV2 1']).toBe(3_538_984);
    expect(countOf(mobileNetV2Graph(readSettings({}, 'mobileNetV2'), 1.4))).toBe(golden.counts['mobileNetV2 1.4']);
    expect(leNet5().countParams()).toBe(61_706);
  });
});

describe('predictions and names are those of Keras, with weights from a file', () => {
  it('of MobileNetV2', async () => {
    const options = { ...SMALL, alpha: 0.35, classes: 4 };
    const weights = await keptWeights(mobileNetV2(options));
    expectGolden('mobileNetV2', await mobileNetV2({ ...options, weights }));
    // Features of the same file.
    const features = await mobileNetV2({ ...options, includeTop: false, pooling: 'max', weights });
    expect(features.outputShape).toEqual([1280]);
    await expect(mobileNetV2({ ...options, classes: 5, weights })).rejects.toThrow(/predictions.*1280, 5.*1280, 4/s);
    await expect(mobileNetV2({ ...options, alpha: 0.5, weights })).rejects.toThrow(FormatError);
  });

  it('of MobileNetV2 on images of odd sizes', async () => {
    const options = { inputShape: [33, 47, 3], alpha: 0.5, includeTop: false, seed: 1 };
    const weights = await keptWeights(mobileNetV2(options));
    expectGolden('mobileNetV2 features', await mobileNetV2({ ...options, weights }));
  });

  it('of VGG16', async () => {
    const options = { ...SMALL, includeTop: false, pooling: 'avg' } as const;
    const weights = await keptWeights(vgg16(options));
    expectGolden('vgg16 features', await vgg16({ ...options, weights }));
  });

  it('of ResNet-50', async () => {
    const options = { ...SMALL, classes: 4 };
    const network = resNet50(options) as Model;
    const weights = await keptWeights(network);
    expectGolden('resNet50', await resNet50({ ...options, weights }));
  });
});

describe('LeNet-5', () => {
  it('takes digits of both sizes, and trains', async () => {
    const model: Sequential = leNet5({ seed: 1 });
    expect(leNet5({ inputShape: [32, 32, 1] }).countParams()).toBe(61_706);
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    const x = { data: pattern(8 * 784, 0, 1), shape: [8, 28, 28, 1] };
    const { history } = await model.fit(x, [0, 1, 2, 3, 4, 5, 6, 7], { epochs: 3, verbose: 0 });
    expect(history.loss[2]).toBeLessThan(history.loss[0]!);
  });
});

describe('preprocessInput', () => {
  it.each(['vgg16', 'resNet50', 'mobileNetV2', 'torch'])('prepares pixels as Keras does for %s', (how) => {
    const y = preprocessInput({ data: pattern(12, 0, 255), shape: [2, 2, 3] }, how);
    golden.preprocess[how]!.forEach((value, i) => expect(y.dataSync()[i]).toBeCloseTo(value, 3));
    expect(y.shape).toEqual([2, 2, 3]);
  });

  it('refuses what has not three channels, and models it does not know', () => {
    expect(() => preprocessInput([[1, 2]], 'vgg16')).toThrow(/three channels/);
    expect(() => preprocessInput([[1, 2, 3]], 'alexNet')).toThrow(ConfigError);
  });
});

describe('decodePredictions', () => {
  it('gives the likeliest classes, first those of lower number among equals', () => {
    const found = decodePredictions(
      [
        [0.1, 0.4, 0.4, 0.1],
        [1, 0, 0, 0],
      ],
      { top: 2, labels: ['a', 'b', 'c', 'd'] },
    );
    expect(found.map((row) => row.map((d) => d.label))).toEqual([
      ['b', 'c'],
      ['a', 'b'],
    ]);
    expect(found[0]![0]).toMatchObject({ index: 1, id: null });
  });

  it('reads the index of ImageNet', () => {
    const labels = { '0': ['n01440764', 'tench'], '1': ['n01443537', 'goldfish'] } as const;
    expect(decodePredictions([[0.2, 0.8]], { labels })[0]![0]).toMatchObject({ id: 'n01443537', label: 'goldfish' });
  });

  it('refuses labels of another number, and predictions of another shape', () => {
    expect(() => decodePredictions([[0.2, 0.8]], { labels: ['a'] })).toThrow(/1 labels for 2 classes/);
    expect(() => decodePredictions([0.2, 0.8] as never, { labels: ['a', 'b'] })).toThrow(/\[samples, classes\]/);
    expect(() => decodePredictions([[0.2, 0.8]], { labels: ['a', 'b'], top: 0 })).toThrow(/top/);
  });
});

describe('options', () => {
  it.each([
    [{ inputShape: [16, 16, 3] }, /at least 32 × 32/],
    [{ inputShape: [null, null, 3] }, /null|at least/],
    [{ classes: 0 }, /classes/],
    [{ pooling: 'avg' }, /includeTop: false/],
    [{ pooling: 'mean', includeTop: false }, /pooling/],
    [{ includeTop: 1 }, /includeTop/],
    [{ top: true }, /top/],
  ])('are checked: %o', (options, message) => {
    expect(() => vgg16(options as never)).toThrow(message);
  });
});
