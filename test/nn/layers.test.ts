import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { type Shape, sizeOf } from '../../src/core/shape';
import type { Layer } from '../../src/nn/layer';
import * as L from '../../src/nn/layers/index';
import { l1, l1l2, l2, resolveRegularizer } from '../../src/nn/regularizers';
import { ones, tensor } from '../../src/ops/create';

const predict = { training: false, rng: null };
const train = (seed = 0) => ({ training: true, rng: new Rng(seed) });

describe('sizes are those of Keras', () => {
  const count = (layer: Layer, input: Shape): number => {
    const { params, state } = layer.init(input, new Rng(0));
    return [...Object.values(params), ...Object.values(state)].reduce((n, t) => n + t.size, 0);
  };

  it.each([
    [L.dense({ units: 10 }), [784], [10], 7850, 7840],
    [L.dense({ units: 4, useBias: false }), [3, 5], [3, 4], 20, 60],
    [L.conv2d({ filters: 32, kernelSize: 3 }), [28, 28, 1], [26, 26, 32], 320, 26 * 26 * 32 * 9],
    [
      L.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: 'same', groups: 2 }),
      [7, 8, 4],
      [4, 4, 8],
      152,
      4 * 4 * 8 * 18,
    ],
    [L.conv2d({ filters: 2, kernelSize: 3, dilations: 3 }), [9, 9, 1], [3, 3, 2], 20, 9 * 2 * 9],
    [L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }), [8, 8, 3], [6, 6, 6], 60, 36 * 6 * 9],
    [L.separableConv2d({ filters: 5, kernelSize: 3 }), [8, 8, 4], [6, 6, 5], 61, 36 * 4 * (9 + 5)],
    [L.conv1d({ filters: 3, kernelSize: 5, padding: 'causal' }), [20, 2], [20, 3], 33, 20 * 3 * 10],
    [L.maxPool2d({ padding: 'same' }), [7, 5, 2], [4, 3, 2], 0, 0],
    [L.avgPool2d({ poolSize: 3, strides: 1 }), [7, 5, 2], [5, 3, 2], 0, 0],
    [
      L.conv3d({ filters: 4, kernelSize: [1, 2, 3], strides: 2, groups: 2 }),
      [5, 6, 7, 4],
      [3, 3, 3, 4],
      52,
      27 * 4 * 12,
    ],
    [L.conv1dTranspose({ filters: 3, kernelSize: 4, strides: 3 }), [5, 2], [16, 3], 27, 5 * 4 * 3 * 2],
    [L.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }), [4, 5, 2], [8, 10, 3], 57, 1080],
    [L.conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, outputPadding: 1 }), [4, 4, 1], [10, 10, 1], 10, 144],
    [
      L.conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, padding: 'same', outputPadding: 0 }),
      [4, 4, 1],
      [7, 7, 1],
      10,
      144,
    ],
    [L.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2 }), [2, 3, 4, 1], [4, 6, 8, 2], 18, 24 * 16],
    [L.depthwiseConv1d({ kernelSize: 3, depthMultiplier: 2 }), [8, 3], [6, 6], 24, 6 * 6 * 3],
    [L.separableConv1d({ filters: 5, kernelSize: 3 }), [8, 4], [6, 5], 37, 6 * 4 * (3 + 5)],
    [L.maxPool1d({ padding: 'same' }), [7, 2], [4, 2], 0, 0],
    [L.avgPool3d({ poolSize: [1, 2, 3] }), [4, 4, 6, 2], [4, 2, 2, 2], 0, 0],
    [L.globalMaxPool1d(), [7, 2], [2], 0, 0],
    [L.adaptiveAvgPool2d({ outputSize: [2, 3] }), [5, 7, 4], [2, 3, 4], 0, 0],
    [L.globalAvgPool3d({ keepDims: true }), [4, 4, 6, 2], [1, 1, 1, 2], 0, 0],
    [L.globalAvgPool2d(), [7, 5, 2], [2], 0, 0],
    [L.flatten(), [7, 5, 2], [70], 0, 0],
    [L.reshapeLayer({ targetShape: [-1, 7] }), [7, 5, 2], [10, 7], 0, 0],
    [L.batchNorm(), [7, 5, 2], [7, 5, 2], 8, 70],
    [L.layerNorm({ axis: [1, 2] }), [7, 5], [7, 5], 70, 35],
    [L.embedding({ inputDim: 50, outputDim: 8 }), [12], [12, 8], 400, 0],
    [L.zeroPadding2d({ padding: 2 }), [3, 3, 1], [7, 7, 1], 0, 0],
    [L.upSampling2d(), [3, 4, 1], [6, 8, 1], 0, 0],
  ] as const)('$kind', (layer, input, output, params, work) => {
    expect(layer.outputShape(input)).toEqual(output);
    expect(count(layer, input)).toBe(params);
    expect(layer.multiplyAdds(input)).toBe(work);
  });
});

describe('config', () => {
  it('has every default', () => {
    expect(L.conv2d({ filters: 4, kernelSize: 3 }).config).toEqual({
      filters: 4,
      kernelSize: [3, 3],
      strides: [1, 1],
      padding: 'valid',
      dilations: [1, 1],
      groups: 1,
      activation: 'linear',
      useBias: true,
      kernelInitializer: 'glorotUniform',
      biasInitializer: 'zeros',
      kernelRegularizer: null,
      biasRegularizer: null,
      activityRegularizer: null,
      kernelConstraint: null,
      biasConstraint: null,
      trainable: true,
    });
    expect(L.batchNorm().config).toMatchObject({ axis: -1, momentum: 0.99, epsilon: 1e-3, center: true, scale: true });
    expect(L.embedding({ inputDim: 2, outputDim: 1 }).config.embeddingsInitializer).toBe('randomUniform');
    expect(L.layerNorm().config.epsilon).toBe(1e-3);
    expect(L.maxPool2d({ poolSize: 3 }).config).toMatchObject({ poolSize: [3, 3], strides: [3, 3], padding: 'valid' });
  });

  it('keeps name, trainable and inputShape', () => {
    const layer = L.dense({ units: 1, name: 'head', trainable: false, inputShape: [2] });
    const again = L.layerFromConfig(layer.kind, layer.config, layer.name);
    expect([again.name, again.trainable, again.config]).toEqual(['head', false, { ...layer.config, inputShape: [2] }]);
  });

  it('regularizers are data', () => {
    expect(L.dense({ units: 1, kernelRegularizer: 'l2', biasRegularizer: l1(0.5) }).regularizers).toEqual({
      kernel: { kind: 'l1l2', l1: 0, l2: 0.01 },
      bias: { kind: 'l1l2', l1: 0.5, l2: 0 },
    });
    expect(L.dense({ units: 1 }).regularizers).toBeUndefined();
    expect(L.dense({ units: 1, useBias: false, biasRegularizer: l2() }).regularizers).toBeUndefined();
    expect(l1l2({ l1: 0 })).toEqual({ kind: 'l1l2', l1: 0, l2: 0.01 });
    expect(() => l2(-1)).toThrow(/l2 must be a finite number ≥ 0, got -1/);
    expect(() => resolveRegularizer({ l2: 1 }, 'here')).toThrow(/here must be l1/);
    expect(() => resolveRegularizer({ kind: 'l1l2', l1: 1 }, 'here')).toThrow(/l2 must be/);
  });
});

describe('wrong options are named', () => {
  it.each([
    [() => L.dense({ units: 0 }), /^dense: units must be a positive integer, got 0/],
    [() => L.dense({} as never), /^dense: units must be a positive integer, got undefined/],
    [() => L.dense(undefined as never), /^dense: the options must be an object/],
    [
      () => L.dense({ units: 1, name: 'a', activation: 'Relu' as 'relu' }),
      /^dense 'a': activation: "Relu" is not an activation/,
    ],
    [
      () => L.dense({ units: 1, kernelInitializer: 'he' as 'heNormal' }),
      /^dense: kernelInitializer: "he" is not an initializer/,
    ],
    [() => L.dense({ units: 1, useBias: 1 as never }), /^dense: useBias must be true or false, got 1/],
    [() => L.dense({ units: 1, unit: 2 } as never), /^dense: unknown option 'unit'\. It takes name/],
    [() => L.dense({ units: 1, name: 'a/b' }), /^dense: name must be/],
    [() => L.dense({ units: 1, inputShape: [-1] }), /^dense: inputShape must be/],
    [() => L.conv2d({ filters: 1, kernelSize: 0 }), /^conv2d: kernelSize must be a positive integer or a pair/],
    [
      () => L.conv2d({ filters: 1, kernelSize: 3, padding: 'full' as 'same' }),
      /^conv2d: padding must be 'valid', 'same'/,
    ],
    [
      () => L.conv2d({ filters: 3, kernelSize: 3, groups: 2 }),
      /^conv2d: filters must be a multiple of groups, got 3 and 2/,
    ],
    [() => L.conv2d({ filters: 3, kernelSize: 3, strides: 2, dilations: 2 }), /can't both be above 1/],
    [
      () => L.conv1d({ filters: 3, kernelSize: 3, padding: 'full' as 'same' }),
      /'valid' or 'same' or 'causal', got "full"/,
    ],
    [
      () => L.conv3d({ filters: 1, kernelSize: [1, 2] as never }),
      /^conv3d: kernelSize must be a positive integer, or 3 of/,
    ],
    [
      () => L.conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, outputPadding: 2 }),
      /^conv2dTranspose: outputPadding must be null, or integers in \[0, strides\)/,
    ],
    [
      () => L.conv1dTranspose({ filters: 1, kernelSize: 3, padding: 'causal' as 'same' }),
      /'valid' or 'same', got "causal"/,
    ],
    [
      () => L.depthwiseConv1d({ kernelSize: 2, dilations: 2, strides: 2 }),
      /^depthwiseConv1d: strides \[2\] and dilations/,
    ],
    [() => L.maxPool3d({ poolSize: 0 }), /^maxPool3d: poolSize must be a positive integer, or 3 of them, got 0/],
    [() => L.dropout({ rate: 1.5 }), /^dropout: rate must be a number in \[0, 1\], got 1.5/],
    [() => L.dropout({} as never), /^dropout: rate/],
    [() => L.batchNorm({ axis: 0 }), /^batchNorm: axis/],
    [() => L.batchNorm({ momentum: 2 }), /^batchNorm: momentum must be a number in \[0, 1\], got 2/],
    [() => L.layerNorm({ axis: [] }), /^layerNorm: axis/],
    [() => L.reshapeLayer({ targetShape: [-1, -1] }), /^reshapeLayer: targetShape/],
    [() => L.zeroPadding2d({ padding: -1 }), /^zeroPadding2d: padding/],
    [() => L.upSampling2d({ interpolation: 'cubic' as 'nearest' }), /'nearest' or 'bilinear', got "cubic"/],
    [() => L.activation({} as never), /^activation: activation/],
    [() => L.layerFromConfig('Dense', {}), /no layer of kind "Dense"/],
    [() => L.layerFromConfig('constructor', {}), /no layer of kind/],
  ])('%s', (make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});

describe('inputs that do not fit are refused by name', () => {
  it.each([
    [
      L.conv2d({ filters: 1, kernelSize: 3, name: 'stem' }),
      [28, 28],
      /^conv2d 'stem': expected inputs \[batch, height, width, channels\], got shape \[28, 28\]/,
    ],
    [L.conv2d({ filters: 1, kernelSize: 5 }), [4, 4, 1], /^conv2d: a window of \[5, 5\] is larger/],
    [
      L.conv2d({ filters: 2, kernelSize: 1, groups: 2 }),
      [4, 4, 3],
      /^conv2d: 3 input channels do not divide into 2 groups/,
    ],
    [L.conv1d({ filters: 2, kernelSize: 1 }), [4, 4, 3], /^conv1d: expected inputs \[batch, steps, channels\]/],
    [L.maxPool2d(), [4, 4], /^maxPool2d: expected/],
    [L.globalMaxPool2d(), [0, 4, 1], /no pixels/],
    [L.globalAvgPool1d(), [0, 4], /no steps/],
    [
      L.conv3d({ filters: 1, kernelSize: 3 }),
      [2, 3, 3, 1],
      /^conv3d: a window of \[3, 3, 3\] is larger than the input of/,
    ],
    [L.conv3d({ filters: 2, kernelSize: 1, groups: 2 }), [2, 3, 3, 1], /^conv3d: 1 input channels do not divide/],
    [L.conv2dTranspose({ filters: 1, kernelSize: 1 }), [3, 3], /^conv2dTranspose: expected inputs \[batch, height/],
    [L.separableConv1d({ filters: 1, kernelSize: 4 }), [3, 1], /^separableConv1d: a window of \[4\]/],
    [L.maxPool1d(), [3, 3, 1], /^maxPool1d: expected inputs \[batch, steps, channels\]/],
    [L.avgPool3d(), [1, 2, 2, 1], /^avgPool3d: a window of \[2, 2, 2\] is larger/],
    [L.dense({ units: 1 }), [], /^dense: expected inputs \[batch, …, features\]/],
    [L.reshapeLayer({ targetShape: [3] }), [4], /^reshapeLayer: inputs of shape \[4\] have 4 elements/],
    [L.batchNorm({ axis: 3 }), [4], /^batchNorm: axis 3 does not exist/],
    [L.layerNorm({ axis: [1, -1] }), [4], /names the same axis twice/],
  ] as const)('$kind', (layer, input, message) => {
    const { params, state } = { params: {}, state: {} };
    for (const run of [
      () => layer.outputShape(input),
      () => layer.init(input, new Rng(0)),
      () => layer.call(params, state, ones([2, ...input]), predict),
    ]) {
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(message);
    }
  });

  it('so are weights made for other inputs, or missing', () => {
    const layer = L.dense({ units: 2, name: 'head' });
    const { params, state } = layer.init([3], new Rng(0));
    expect(() => layer.call(params, state, ones([1, 4]), predict)).toThrow(
      /^dense 'head': kernel has shape \[3, 2\], but an input of shape \[4\] needs \[4, 2\]/,
    );
    expect(() => layer.call({}, {}, ones([1, 4]), predict)).toThrow(/the weight 'kernel' is missing/);
    expect(() => layer.call(params, state, ones([]), predict)).toThrow(/batch axis/);
  });

  it('so are tokens out of range', () => {
    const layer = L.embedding({ inputDim: 3, outputDim: 2 });
    const { params } = layer.init([2], new Rng(0));
    for (const token of [3, -1, 0.5]) {
      expect(() => layer.call(params, {}, tensor([[0, token]]), predict)).toThrow(
        /tokens must be integers in \[0, inputDim\)/,
      );
    }
  });
});

describe('an empty batch', () => {
  it.each([
    [L.dense({ units: 2 }), [3]],
    [L.dense({ units: 2 }), [4, 3]],
    [L.conv2d({ filters: 2, kernelSize: 3 }), [4, 4, 1]],
    [L.maxPool2d(), [4, 4, 1]],
    [L.flatten(), [4, 4, 1]],
    [L.batchNorm(), [4]],
    [L.globalAvgPool2d(), [4, 4, 1]],
  ] as const)('passes through $kind', (layer, input) => {
    const { params, state } = layer.init(input, new Rng(0));
    expect(layer.call(params, state, ones([0, ...input]), predict).y.shape).toEqual([0, ...layer.outputShape(input)]);
  });
});

describe('dropout', () => {
  it('drops a share, keeps the mean, and follows its randomness', () => {
    const layer = L.dropout(0.25);
    const x = ones([100, 100]);
    const run = (seed: number) => layer.call({}, {}, x, train(seed)).y.dataSync();
    const y = run(1);
    const dropped = y.filter((v: number) => v === 0).length / y.length;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.02);
    expect(y.every((v: number) => v === 0 || v === Math.fround(1 / 0.75))).toBe(true);
    expect(run(1)).toEqual(y);
    expect(run(2)).not.toEqual(y);
  });

  it('does nothing at inference or at rate 0, and all at rate 1', () => {
    const x = ones([3]);
    expect(L.dropout(0.5).call({}, {}, x, predict).y).toBe(x);
    expect(L.dropout(0).call({}, {}, x, { training: true, rng: null }).y).toBe(x);
    expect([...L.dropout(1).call({}, {}, x, train()).y.dataSync()]).toEqual([0, 0, 0]);
    expect(() => L.dropout(0.5).call({}, {}, x, { training: true, rng: null })).toThrow(/needs randomness/);
  });
});

describe('batch norm', () => {
  const x = tensor([
    [1, 10],
    [3, 30],
    [5, 50],
  ]);

  it('follows the batch in training, and what it followed at inference', () => {
    const layer = L.batchNorm({ momentum: 0.5, epsilon: 0 });
    const { params, state } = layer.init([2], new Rng(0));
    const { y, state: next } = layer.call(params, state, x, train());
    expect([...next.movingMean!.dataSync()]).toEqual([1.5, 15]);
    expect(next.movingVariance!.dataSync()[0]).toBeCloseTo(0.5 + 0.5 * (8 / 3), 5);
    expect(y.dataSync()[2]).toBe(0);
    const later = layer.call(params, next, x, predict);
    expect(later.state).toEqual(next);
    expect(later.y.dataSync()[0]).toBeCloseTo((1 - 1.5) / Math.sqrt(0.5 + 4 / 3), 5);
  });

  it('stands still when it is not trainable, as in Keras', () => {
    const layer = L.batchNorm({ trainable: false });
    const { params, state } = layer.init([2], new Rng(0));
    const { y, state: next } = layer.call(params, state, x, train());
    expect(next).toEqual(state);
    expect(y.dataSync()[0]).toBeCloseTo(1 / Math.sqrt(1.001), 6);
  });
});

it('layers that only move or compare values take integers', () => {
  const x = tensor(
    Int8Array.from({ length: 32 }, (_, i) => i - 16),
    { shape: [2, 4, 4, 1] },
  );
  for (const layer of [L.flatten(), L.reshapeLayer({ targetShape: [16] }), L.maxPool2d(), L.globalMaxPool2d()]) {
    const { y } = layer.call({}, {}, x, predict);
    expect([y.dtype, y.size]).toEqual(['int8', 2 * sizeOf(layer.outputShape([4, 4, 1]))]);
  }
});
