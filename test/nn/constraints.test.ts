import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import {
  applyConstraint,
  maxNorm,
  minMaxNorm,
  nonNeg,
  resolveConstraint,
  unitNormConstraint,
} from '../../src/nn/constraints';
import type { ConstraintConfig } from '../../src/nn/layer';
import { dense } from '../../src/nn/layers/dense';
import { tensor } from '../../src/ops/create';

/** Lengths of the columns 5, 1 and 0. */
const W = [
  [3, 0.6, 0],
  [-4, 0.8, 0],
];

const constrained = (config: ConstraintConfig, w: unknown = W) =>
  applyConstraint(config, tensor(w as never, { dtype: 'float64', backend: reference() })).toArraySync() as number[][];

const expectMatrix = (got: number[][], wanted: number[][]) =>
  got.forEach((row, i) => {
    row.forEach((v, j) => expect(v).toBeCloseTo(wanted[i]![j]!, 6));
  });

describe('weights are put back', () => {
  it.each([
    [
      maxNorm(),
      [
        [1.2, 0.6, 0],
        [-1.6, 0.8, 0],
      ],
    ],
    [
      maxNorm({ maxValue: 0.5, axis: 1 }),
      [
        [0.4902903, 0.0980581, 0],
        [-0.4902903, 0.0980581, 0],
      ],
    ],
    [
      nonNeg(),
      [
        [3, 0.6, 0],
        [0, 0.8, 0],
      ],
    ],
    [
      unitNormConstraint(),
      [
        [0.6, 0.6, 0],
        [-0.8, 0.8, 0],
      ],
    ],
    [unitNormConstraint({ axis: [0, 1] }), W.map((row) => row.map((v) => v / Math.sqrt(26)))],
    [
      minMaxNorm({ minValue: 2, maxValue: 3 }),
      [
        [1.8, 1.2, 0],
        [-2.4, 1.6, 0],
      ],
    ],
    [
      minMaxNorm({ minValue: 2, maxValue: 3, rate: 0.5 }),
      [
        [2.4, 0.9, 0],
        [-3.2, 1.2, 0],
      ],
    ],
  ])('by %j', (config, wanted) => {
    expectMatrix(constrained(config), wanted);
  });

  it('once and for all: what holds already is kept', () => {
    const rng = new Rng(1);
    const w = [0, 1, 2].map(() => [0, 1].map(() => 4 * rng.gaussian()));
    for (const config of [maxNorm(), nonNeg(), unitNormConstraint(), minMaxNorm({ minValue: 1 })]) {
      const once = constrained(config, w);
      expectMatrix(constrained(config, once), once);
    }
  });
});

describe('as an option of a layer', () => {
  it('names stand for the defaults, and the config holds all of it', () => {
    const layer = dense({ units: 2, kernelConstraint: 'maxNorm', biasConstraint: nonNeg() });
    expect(layer.config.kernelConstraint).toEqual({ kind: 'maxNorm', maxValue: 2, axis: 0 });
    expect(layer.constraints).toEqual({ kernel: maxNorm(2), bias: { kind: 'nonNeg' } });
    expect(dense({ units: 2 }).constraints).toBeUndefined();
    expect(dense({ units: 2, useBias: false, biasConstraint: 'nonNeg' }).constraints).toBeUndefined();
    expect(resolveConstraint(null, 'here')).toBeNull();
  });

  it.each([
    [() => maxNorm(-1), /^maxNorm: maxValue must be a finite number ≥ 0, got -1/],
    [() => maxNorm({ axis: 0.5 }), /^maxNorm: axis must be an integer/],
    [() => maxNorm({ maxVal: 1 } as never), /unknown option 'maxVal'/],
    [() => minMaxNorm({ minValue: 2 }), /^minMaxNorm: minValue must not be above maxValue, got 2 and 1/],
    [() => minMaxNorm({ rate: 2 }), /rate must be in \[0, 1\], got 2/],
    [() => dense({ units: 1, kernelConstraint: 'max' as never }), /^dense: kernelConstraint must be maxNorm/],
    [() => resolveConstraint({ kind: 'toString' }, 'here'), /^here must be/],
  ])('what is wrong is named: %s', (make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('an axis the weight does not have is refused', () => {
    expect(() => constrained(maxNorm({ axis: 2 }))).toThrow(ShapeError);
    expect(() => constrained(maxNorm({ axis: 2 }))).toThrow(/maxNorm: a weight of shape \[2, 3\] has no axis 2/);
  });
});
