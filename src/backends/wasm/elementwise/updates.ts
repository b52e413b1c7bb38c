import { floats, type Lowering, type ScalarAttribute } from './lowering';

const WEIGHTS: readonly ScalarAttribute[] = [
  ['alpha', 1],
  ['beta', 1],
];

const makeUpdates = (): Readonly<Record<string, Lowering>> => ({
  weightedSum: {
    ...floats((v, [a, b], [alpha, beta]) => v.add(v.mul(v.scalar(alpha!), a!), v.mul(v.scalar(beta!), b!))),
    scalars: WEIGHTS,
  },
  weightedSquareSum: {
    ...floats((v, [a, b], [alpha, beta]) => v.add(v.mul(v.scalar(alpha!), a!), v.mul(v.mul(v.scalar(beta!), b!), b!))),
    scalars: WEIGHTS,
  },
  addScaled: floats((v, [a, b, alpha]) => v.add(a!, v.mul(alpha!, b!))),
  rootRatio: {
    ...floats((v, [a, b, alpha], [inside, outside]) =>
      v.div(v.mul(alpha!, a!), v.add(v.sqrt(v.add(b!, v.scalar(inside!))), v.scalar(outside!))),
    ),
    scalars: [
      ['inside', 0],
      ['outside', 0],
    ],
  },
});
/** The steps of optimisers: two operands, a scalar one in some, and run-time numbers, in one pass. */
export const UPDATES: Readonly<Record<string, Lowering>> = /* @__PURE__ */ makeUpdates();
