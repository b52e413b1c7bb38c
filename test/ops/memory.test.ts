import { describe, expect, it } from 'vitest';
import { memory, type Tensor } from '../../src/core/tensor';
import * as ops from '../../src/ops/index';

describe('an operation makes one tensor, and frees what it needed on the way', () => {
  const x = ops.tensor([
    [1, 2],
    [3, 4],
  ]);
  const whole = ops.cast(x, 'int32');
  const calls: Record<string, () => Tensor> = {
    'add a number': () => ops.add(x, 1),
    'divide integers': () => ops.div(whole, 2),
    promote: () => ops.mul(whole, x),
    'an array': () => ops.maximum(x, [1, 5]),
    where: () => ops.where(x, 1, 0),
    clip: () => ops.clip(whole, 0.5, null),
    logical: () => ops.logicalAnd(x, true),
    pow: () => ops.pow(x, 2),
    'square of integers': () => ops.square(whole),
    'exp of integers': () => ops.exp(whole),
    'exp of an array': () => ops.exp([1, 2]),
    mean: () => ops.mean(whole, { axis: 0 }),
    std: () => ops.std(x),
    logSumExp: () => ops.logSumExp(x, { axis: 1 }),
    norm: () => ops.norm(x, { ord: 3 }),
    'argMax of all': () => ops.argMax(x),
    'cumsum of all': () => ops.cumsum(x),
    tile: () => ops.tile(x, 2),
    repeat: () => ops.repeat(x, 2),
    stack: () => ops.stack([x, x]),
    concat: () => ops.concat([x, [[5, 6]]]),
    slice: () => ops.slice(x, 1),
    pad: () => ops.pad(whole, 1, { value: 0.5 }),
    'a cast to the same dtype': () => ops.cast(x, 'float32'),
  };
  it.each(Object.entries(calls))('%s', (_, call) => {
    const before = memory().tensors;
    const y = call();
    expect(memory().tensors - before).toBe(1);
    expect(y.dataSync().length).toBe(y.size);
    y.dispose();
  });
});
