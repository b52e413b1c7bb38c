import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  compile,
  fullLike,
  less,
  maximum,
  mul,
  neg,
  reshape,
  scope,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  where,
  zerosLike,
} from '../../src/index';
import { BACKENDS } from './backends';

const OPS: readonly ((a: Tensor, b: Tensor, c: Tensor) => Tensor)[] = [
  (a, b) => add(a, b),
  (a, b) => sub(a, b),
  (a, b) => maximum(a, b),
  (a) => neg(a),
  (a) => abs(a),
  (a, b) => mul(less(a, b), a),
  (a, b, c) => where(less(a, b), c, a),
  (a, b) => add(a, sum(b, { axis: 0 })),
  (a) => transpose(transpose(a)),
  (a, b) => add(reshape(transpose(a), a.shape), b),
  (a) => add(a, 1),
  (a) => maximum(a, zerosLike(a)),
  (a, b) => where(less(a, b), a, fullLike(b, 0.5)),
];

/** Steps of a computation: an operation, and which of the values so far it is applied to (modulo how many there are). */
const computations = fc.record({
  steps: fc.array(fc.tuple(fc.nat(OPS.length - 1), fc.nat(99), fc.nat(99), fc.nat(99)), {
    minLength: 1,
    maxLength: 40,
  }),
  results: fc.array(fc.nat(99), { minLength: 1, maxLength: 4 }),
  shape: fc.constantFrom([2, 3], [1, 4], [0, 2], [5, 1]),
});

describe.each(BACKENDS)('random computations on %s', (_, backend) => {
  it('have the bits of eager ones, call after call', () => {
    fc.assert(
      fc.property(computations, ({ steps, results, shape }) => {
        const f = (x: Tensor, y: Tensor): Tensor[] => {
          const values = [x, y];
          const at = (i: number): Tensor => values[i % values.length]!;
          for (const [op, a, b, c] of steps) values.push(OPS[op]!(at(a), at(b), at(c)));
          return results.map(at);
        };
        const compiled = compile(f);
        for (let call = 0; call < 3; call++) {
          scope(() => {
            const given = [1, -2].map((sign) =>
              tensor(
                Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => sign * (i + call)),
                { shape, backend },
              ),
            ) as [Tensor, Tensor];
            const [got, wanted] = [compiled(...given), f(...given)];
            got.forEach((y, i) => {
              expect(y.shape).toEqual(wanted[i]!.shape);
              expect([...y.dataSync()]).toEqual([...wanted[i]!.dataSync()]);
            });
          });
        }
        compiled.dispose();
      }),
      { numRuns: 60 },
    );
  });
});
