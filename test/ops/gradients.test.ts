import { describe, expect, it } from 'vitest';
import { apply, defineOp, type Op } from '../../src/core/op';
import type { Tensor } from '../../src/core/tensor';
import { mul } from '../../src/ops/elementwise';
import { checkGradients } from './gradient-check';
import { table } from './table';

describe('derivatives agree with finite differences', () => {
  const rows = table.filter((row) => row.differentiable !== false);
  it.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => checkGradients(row));
});

describe('the gradient check', () => {
  /** x³, element by element, with derivatives of our choosing. */
  const cube = (slope: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) => {
    const op: Op<undefined> = defineOp({
      name: 'cube',
      infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
      reference: ([x], out) => {
        for (let i = 0; i < 3; i++) out.data[out.offset + i] = x!.data[x!.offset + i]! ** 3;
      },
      vjp: (g, { inputs: [x] }) => mul(g, slope(x!)),
    });
    return (x) => apply(op, [x], undefined);
  };
  const check = (slope: (x: Tensor) => Tensor) => () =>
    checkGradients({ name: 'cube', fn: cube(slope), inputs: [[3]], domain: [0.5, 2] });

  it('accepts a right rule', () => {
    expect(check((x) => mul(mul(x, x), 3))).not.toThrow();
  });

  it('finds a wrong first derivative', () => {
    expect(check((x) => mul(x, 3))).toThrow(/first derivative in operand 0/);
  });

  it('finds a rule that cannot be differentiated again', () => {
    const severed = (x: Tensor): Tensor => mul(mul(x.node === null ? x : x.node.value, x), 3);
    expect(check(severed)).toThrow(/second derivative in operand 0/);
  });
});
