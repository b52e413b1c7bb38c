import { describe, expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/index';
import { memory, type Tensor } from '../../src/core/tensor';
import * as ops from '../../src/ops/index';

describe('an operation makes one tensor, and frees what it needed on the way', () => {
  const x = ops.tensor([
    [1, 2],
    [3, 4],
  ]);
  const whole = ops.cast(x, 'int32');
  const batch = ops.ones([3, 2, 2]);
  const image = ops.ones([1, 4, 4, 4]);
  const pointwise = ops.ones([1, 1, 4, 2]);
  const perChannel = ops.ones([1, 1, 1, 4]);
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
    'gather by a list': () => ops.gather(x, [1, 0]),
    'scatterAdd by a list': () =>
      ops.scatterAdd(
        x,
        [0, 0],
        [
          [1, 1],
          [2, 2],
        ],
      ),
    'takeAlongAxis by a list': () => ops.takeAlongAxis(x, [[0], [1]]),
    'oneHot of a list': () => ops.oneHot([0, 1], 3),
    sort: () => ops.sort(x),
    'sort of an array': () => ops.sort([3, 1]),
    'argSort of an array': () => ops.argSort([3, 1]),
    'product of arrays': () => ops.matmul([[1, 2]], [[1], [2]]),
    'product of vectors': () => ops.matmul([1, 2], [3, 4]),
    'product of a vector': () => ops.matmul(x, [1, 2]),
    'product of a batch': () => ops.matmul(batch, x),
    outer: () => ops.outer([1, 2], [3, 4]),
    dot: () => ops.dot(batch, [1, 2]),
    tensordot: () => ops.tensordot(batch, x, 1),
    einsum: () => ops.einsum('ij,bjk->bki', x, batch),
    'einsum of a diagonal': () => ops.einsum('ii->i', x),
    'inv of an array': () =>
      ops.inv([
        [2, 0],
        [0, 4],
      ]),
    solve: () => ops.solve(x, [1, 2]),
    'conv2d of channels first': () => ops.conv2d(image, pointwise, { dataFormat: 'channelsFirst' }),
    'conv2d, a group per channel': () => ops.conv2d(image, perChannel, { groups: 4 }),
    'conv2dTranspose, a group per channel': () => ops.conv2dTranspose(image, perChannel, { groups: 4 }),
    conv1d: () => ops.conv1d(batch, [[[1], [1]]], { padding: 'causal' }),
    'maxPool2d of channels first': () => ops.maxPool2d(image, 2, { dataFormat: 'channelsFirst' }),
    'avgPool2d of channels first': () => ops.avgPool2d(image, 2, { dataFormat: 'channelsFirst' }),
  };
  it.each(Object.entries(calls))('%s', (_, call) => {
    const before = memory().tensors;
    const y = call();
    expect(memory().tensors - before).toBe(1);
    expect(y.dataSync().length).toBe(y.size);
    y.dispose();
  });

  it('topK makes two', () => {
    const before = memory().tensors;
    const { values, indices } = ops.topK([1, 3, 2], 2);
    expect(memory().tensors - before).toBe(2);
    expect([values.toArraySync(), indices.toArraySync()]).toEqual([
      [3, 2],
      [1, 2],
    ]);
    values.dispose();
    indices.dispose();
  });

  it('nothing is left of one that fails', () => {
    const backend = wasm({ threads: 1, maximumBytes: 9 << 20 });
    const big = ops.ones([1000, 1000], { backend });
    const before = memory();
    for (let i = 0; i < 3; i++) expect(() => ops.matmul(big, big)).toThrow(/Out of memory/);
    expect(memory()).toEqual(before);
    ops.add(big, 1).dispose();
    big.dispose();
  });
});
