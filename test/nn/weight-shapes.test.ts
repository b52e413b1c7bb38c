import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng';
import { batchNorm, conv2d, dense, type Layer, separableConv2d } from '../../src/nn/index';
import { weightShapesOf } from '../../src/nn/weight-shapes';

const LAYERS: readonly (readonly [Layer, readonly number[]])[] = [
  [dense({ units: 4 }), [3]],
  [dense({ units: 4, useBias: false }), [2, 3]],
  [conv2d({ filters: 5, kernelSize: [3, 2] }), [8, 8, 4]],
  [separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2 }), [8, 8, 4]],
  [batchNorm(), [6, 6, 3]],
];

describe('weightShapesOf', () => {
  it.each(LAYERS)('tells what init makes: %#', (layer, input) => {
    const { params, state } = layer.init(input, new Rng(1));
    const shapes = (ts: typeof params) => Object.entries(ts).map(([name, t]) => [name, t.shape]);
    const told = weightShapesOf(layer, [input]);
    expect(Object.entries(told.params)).toEqual(shapes(params));
    expect(Object.entries(told.state)).toEqual(shapes(state));
    const { weightShapes: _, ...mute } = layer;
    expect(weightShapesOf(mute, [input])).toEqual(told);
  });

  it('makes nothing', () => {
    expect(weightShapesOf(dense({ units: 1e9 }), [[1e9]]).params.kernel).toEqual([1e9, 1e9]);
  });
});
