import { DTYPES, type DType } from '../../../src/core/dtype';
import { Rng } from '../../../src/core/rng';
import type { Shape } from '../../../src/core/shape';
import type { Tensor } from '../../../src/core/tensor';
import * as ops from '../../../src/ops/elementwise';
import type { Domain, Row } from '../row';

const UNARY_SHAPES: readonly (readonly Shape[])[] = [
  [[]],
  [[1]],
  [[7]],
  [[0]],
  [[0, 3]],
  [[33]],
  [[130]],
  [[3, 5]],
  [[2, 1, 5]],
  [[2, 3, 4, 5]],
];

const BINARY_SHAPES: readonly (readonly Shape[])[] = [
  [[], []],
  [[], [5]],
  [[19], [1]],
  [[0], [1]],
  [[0, 3], [3]],
  [[67], [67]],
  [[5, 7], [7]],
  [
    [5, 1],
    [1, 7],
  ],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [[2, 4, 4, 3], [3]],
  [
    [2, 4, 4, 3],
    [2, 1, 1, 3],
  ],
  [
    [1, 17],
    [9, 1],
  ],
  ...randomBroadcasts(8),
];

/** Pairs of shapes that broadcast, some axes of each at random being 1 or missing. */
function randomBroadcasts(n: number): Shape[][] {
  const rng = new Rng('broadcasts');
  return Array.from({ length: n }, () => {
    const full = Array.from({ length: 1 + rng.integer(4) }, () => 1 + rng.integer(9));
    const part = (): Shape => full.slice(rng.integer(full.length + 1)).map((m) => (rng.random() < 0.3 ? 1 : m));
    return rng.random() < 0.5 ? [full, part()] : [part(), full];
  });
}

type Options = Omit<Partial<Row>, 'name' | 'fn' | 'inputs'>;

function unary(name: string, fn: (x: Tensor) => Tensor, options: Options = {}): Row {
  return { name, fn, inputs: [[2, 3]], more: UNARY_SHAPES, dtypes: DTYPES, specials: true, ...options };
}

function binary(name: string, fn: (a: Tensor, b: Tensor) => Tensor, options: Options = {}): Row {
  return { name, fn, inputs: [[2, 3], [3]], more: BINARY_SHAPES, dtypes: DTYPES, specials: true, ...options };
}

const positive: Domain = [0.3, 3];
const inside: Domain = [-0.9, 0.9];
const kinked: Options = { distinct: true };
const still: Options = { differentiable: false };

/** Of the same test written twice: with the larger operand first, and second. */
const both = (name: string, fn: (a: Tensor, b: Tensor) => Tensor, options: Options = {}): Row[] => [
  binary(name, fn, options),
  {
    ...binary(`${name}, the second larger`, fn, options),
    inputs: [
      [2, 1],
      [2, 3],
    ],
    more: [],
  },
];

export const elementwiseRows: readonly Row[] = [
  ...both('add', ops.add),
  ...both('sub', ops.sub),
  ...both('mul', ops.mul),
  ...both('div', ops.div, { domain: [[-2, 2], positive] }),
  // Within one step of the quotient, away from the jumps.
  binary('mod', ops.mod, {
    domain: [
      [2.2, 2.8],
      [0.9, 1.05],
    ],
  }),
  binary('mod, signs', ops.mod, { domain: [-9, 9], ...still }),
  ...both('pow', ops.pow, { domain: [positive, [-2, 2]], dtypes: ['float32', 'float64', 'bool', 'uint8'] }),
  ...both('maximum', ops.maximum, kinked),
  ...both('minimum', ops.minimum, kinked),
  ...both('atan2', ops.atan2, { domain: [[-2, 2], positive] }),
  ...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'logicalAnd', 'logicalOr'] as const).map(
    (name) => binary(name, ops[name], still),
  ),
  unary('logicalNot', ops.logicalNot, still),
  unary('isNaN', ops.isNaN, still),
  unary('isFinite', ops.isFinite, still),
  {
    name: 'where',
    fn: (a, b) => ops.where(ops.greater(a, 0), ops.mul(a, 2), b),
    inputs: [[2, 3], [3]],
    more: BINARY_SHAPES,
    dtypes: DTYPES,
    distinct: true,
  },
  {
    name: 'where, three operands',
    fn: (c, a, b) => ops.where(ops.less(c, 0), a, b),
    inputs: [[3, 1], [1, 4], [4]],
    dtypes: DTYPES,
    distinct: true,
  },
  unary('neg', ops.neg),
  unary('abs', ops.abs, kinked),
  unary('sign', ops.sign, kinked),
  unary('square', ops.square),
  unary('sqrt', ops.sqrt, { domain: positive }),
  unary('rsqrt', ops.rsqrt, { domain: positive }),
  unary('reciprocal', ops.reciprocal, { domain: positive }),
  unary('exp', ops.exp),
  unary('expm1', ops.expm1),
  unary('log', ops.log, { domain: positive }),
  unary('log1p', ops.log1p, { domain: inside }),
  unary('sin', ops.sin),
  unary('cos', ops.cos),
  unary('tan', ops.tan, { domain: [-1.2, 1.2] }),
  unary('asin', ops.asin, { domain: inside }),
  unary('acos', ops.acos, { domain: inside }),
  unary('atan', ops.atan),
  unary('sinh', ops.sinh),
  unary('cosh', ops.cosh),
  unary('tanh', ops.tanh),
  unary('erf', ops.erf),
  unary('sigmoid', ops.sigmoid),
  unary('softplus', ops.softplus),
  unary('relu', ops.relu, kinked),
  unary('leakyRelu', ops.leakyRelu, kinked),
  unary('leakyRelu, slope 0.01', (x) => ops.leakyRelu(x, { negativeSlope: 0.01 }), kinked),
  unary('elu', ops.elu, kinked),
  unary('elu, alpha 0.3', (x) => ops.elu(x, { alpha: 0.3 }), kinked),
  unary('selu', ops.selu, kinked),
  unary('silu', ops.silu),
  unary('gelu', ops.gelu),
  unary('gelu, approximate', (x) => ops.gelu(x, { approximate: true })),
  unary('floor', ops.floor, kinked),
  unary('ceil', ops.ceil, kinked),
  unary('round', ops.round, kinked),
  unary('round, halves', (x) => ops.round(ops.div(ops.round(ops.mul(x, 6)), 2)), still),
  unary('clip', (x) => ops.clip(x, -1.05, 0.55), kinked),
  unary('clip, integer bounds', (x) => ops.clip(x, -3, 4), kinked),
  unary('clip, from below', (x) => ops.clip(x, 0.1), kinked),
  unary('clip, from above', (x) => ops.clip(x, null, 0.1), kinked),
  ...(['float32', 'float64'] as const).map((to) =>
    unary(`cast to ${to}`, (x) => ops.cast(x, to), to === 'float32' ? still : {}),
  ),
  ...(['int32', 'int8', 'uint8', 'bool'] as readonly DType[]).map((to) =>
    unary(`cast to ${to}`, (x) => ops.cast(x, to), { ...still, domain: [-300, 300], specials: to === 'bool' }),
  ),
  unary('add a number', (x) => ops.add(x, 3)),
  unary('a number minus', (x) => ops.sub(0.5, x)),
  unary('pow, to a number', (x) => ops.pow(x, 3)),
  unary('pow, of a number', (x) => ops.pow(1.5, x)),
];
