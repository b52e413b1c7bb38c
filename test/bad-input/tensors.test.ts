import * as k from 'kompakt';
import { reference } from 'kompakt/backends/reference';
import { wasm } from 'kompakt/backends/wasm';
import * as nn from 'kompakt/nn';
import { describe, expect, it } from 'vitest';
import { js, loose, type Refusal, refuses } from './refusals';

const { BackendError, ConfigError, DisposedError, DTypeError, ShapeError, ones, rng, tensor, zeros } = k;
const t = (...shape: number[]): k.Tensor => ones(shape);

function disposed(...shape: number[]): k.Tensor {
  const x = ones(shape);
  x.dispose();
  return x;
}

describe('making tensors refuses', () => {
  const rows: Refusal[] = [
    ['nothing', () => loose(tensor)(), ConfigError, /can't make a tensor from undefined/],
    ['text', () => tensor(js('abc')), ConfigError, /the string 'abc'/],
    ['text inside', () => tensor(js([1, 'b'])), ConfigError, /the string 'b'/],
    ['text in flat data', () => tensor(js({ data: ['x'], shape: [1] })), ConfigError, /the string 'x'/],
    ['ragged rows', () => tensor([[1, 2], [3]]), ShapeError, /length 2.*length 1/],
    ['holes', () => tensor(js([1, undefined])), ConfigError, /found undefined/],
    ['tensors inside', () => tensor(js([t(2), t(2)])), ConfigError, /stack/],
    ['64-bit integers', () => tensor(js(new BigInt64Array(2))), DTypeError, /BigInt64Array.*Convert/],
    ['a shape that does not fit', () => tensor([1, 2, 3], { shape: [2, 2] }), ShapeError, /3 values.*\[2, 2\].*4/],
    ['a number as shape', () => tensor([1], { shape: js(1) }), ShapeError, /1 is not a shape.*\[2, 3\]/],
    ['an unknown dtype', () => tensor([1], { dtype: js('float16') }), DTypeError, /'float16'.*float32/],
    ['a backend by name', () => tensor([1], { backend: js('wasm') }), BackendError, /wasm\(\).*'wasm'/],
    ['a misspelt option', () => tensor([1], js({ dtpye: 'int32' })), ConfigError, /'dtpye'.*dtype/],
    ['a shape in place of options', () => tensor([1, 2], js([2, 1])), ConfigError, /options must be an object/],
    [
      'strides that do not fit',
      () => tensor({ data: [1, 2], shape: [2], stride: [], offset: 0 }),
      ShapeError,
      /strides/,
    ],
    ['zeros of a number', () => zeros(js(3)), ShapeError, /3 is not a shape/],
    ['negative sizes', () => zeros([2, -1]), ShapeError, /\[2, -1\]/],
    ['fractional sizes', () => zeros([1.5]), ShapeError, /\[1\.5\]/],
    ['too many elements', () => zeros([1e10]), ShapeError, /10000000000.*Split/],
    [
      'more than memory holds',
      () => zeros([1e6], { backend: wasm({ maximumBytes: 2 ** 20 }) }),
      BackendError,
      /3\.8 MiB.*scope/,
    ],
    ['full without a value', () => loose(k.full)([2]), ConfigError, /full.*undefined/],
    ['endless ranges', () => k.arange(Number.POSITIVE_INFINITY), ConfigError, /arange.*Infinity/],
    ['ranges that stand still', () => k.arange(0, 5, 0), ConfigError, /step.*0/],
    ['fractions of points', () => k.linspace(0, 1, 1.5), ConfigError, /1\.5/],
    ['NaN as seed', () => rng(Number.NaN), ConfigError, /seed.*NaN/],
    ['an object as seed', () => rng(js({})), ConfigError, /seed.*object/],
    ['a negative NumPy seed', () => k.numpyRandom(-1), ConfigError, /-1/],
    ['no NumPy seed', () => loose(k.numpyRandom)(), ConfigError, /seed/],
    ['min above max', () => rng(1).uniform([2], { min: 2, max: 1 }), ConfigError, /2 and 1/],
    ['a negative deviation', () => rng(1).normal([2], { std: -1 }), ConfigError, /-1/],
    ['a probability of 2', () => rng(1).bernoulli([2], 2), ConfigError, /\[0, 1\].*2/],
    ['permutations of −1 things', () => rng(1).permutation(-1), ConfigError, /non-negative.*-1/],
    ['wasm with no threads', () => wasm({ threads: 0 }), ConfigError, /1 to 256.*0/],
    ['unknown options of wasm', () => wasm(js({ thread: 2 })), ConfigError, /'thread'.*did you mean 'threads'/],
  ];
  refuses(rows);
});

/** Everything that makes a tensor, or indices, of a size that it is told. */
describe('sizes beyond what fits are refused before anything is made', () => {
  const big = 2 ** 31;
  const square = [65536, 65536];
  const none = { replace: false };
  const rows: Refusal[] = (
    [
      ['zeros', () => zeros(square)],
      ['ones', () => ones(square)],
      ['full', () => k.full(square, 7)],
      ['eye', () => k.eye(65536)],
      ['eye of few rows', () => k.eye(1, big)],
      ['arange', () => k.arange(0, 3e9)],
      ['arange of small steps', () => k.arange(0, 3, 1e-9)],
      ['arange downwards', () => k.arange(2 ** 32, 0, -1)],
      ['linspace', () => k.linspace(0, 1, 3e9)],
      ['nested arrays', () => tensor(new Array(65536).fill(new Float32Array(65536)))],
      ['uniform', () => rng(1).uniform([big])],
      ['normal', () => rng(1).normal([big])],
      ['bernoulli', () => rng(1).bernoulli(square)],
      ['permutation', () => rng(1).permutation(big)],
      ['integers', () => rng(1).integers(big, 10)],
      ['choice', () => rng(1).choice(10, { size: big })],
      ['choice by probability', () => rng(1).choice(2, { size: big, p: [0.5, 0.5] })],
      ['choice without replacement', () => rng(1).choice(3e9, { size: 2, ...none })],
      ['normal of NumPy', () => k.numpyRandom(1).normal([big])],
      ['permutation of NumPy', () => k.numpyRandom(1).permutation(big)],
      ['oneHot', () => k.oneHot([1], big)],
      ['repeat', () => k.repeat(t(2), big)],
      ['tile', () => k.tile(t(2), big)],
      ['pad', () => k.pad(t(2), [[0, big]])],
      ['outer', () => k.outer(t(65536), t(65536))],
      ['resize', () => k.resize(t(1, 1, 1, 1), [65536, 65536])],
      ['weights', () => nn.sequential([nn.dense({ units: 3e9 })], { inputShape: [8], seed: 1 }).summary()],
    ] as const
  ).map(([name, call]) => [name, call, ShapeError, /has \d{10,} elements; at most 2\^31 - 1 fit\. Split/]);
  refuses(rows);

  refuses([
    ['what memory does not hold, before drawing', () => rng(1).normal([2 ** 30 + 1]), BackendError, /4096\.0 MiB/],
    ['the same of a range', () => k.arange(2 ** 30 + 1), BackendError, /4096\.0 MiB.*scope/],
    ['a product that would have to be written out', () => k.prod(k.broadcastTo(t(1), square)), BackendError, /16384/],
    ['more parts than there are', () => k.split(t(4), 3e9), ShapeError, /3000000000 equal parts/],
  ]);

  it('do not keep a sum from repeating what it adds', () => {
    expect(k.sum(k.broadcastTo(k.ones([1]), square)).item()).toBe(2 ** 32);
  });
});

describe('operations refuse', () => {
  const elsewhere = ones([2], { backend: reference() });
  const rows: Refusal[] = [
    ['a missing operand', () => loose(k.add)(t(2)), ConfigError, /undefined/],
    ['shapes that do not broadcast', () => k.add(t(2), t(3)), ShapeError, /add: .*\[2\].*\[3\]/],
    ['disposed tensors', () => k.add(disposed(2), 1), DisposedError, /\[2\].*disposed/],
    ['reading disposed tensors', () => disposed(2).data(), DisposedError, /disposed/],
    ['two backends', () => k.add(t(2), elsewhere), BackendError, /'wasm' and 'reference'.*to\(x, backend\)/],
    ['two backends in a list', () => k.concat([t(2), elsewhere]), BackendError, /concat/],
    ['two instances of a backend', () => k.mul(t(2), ones([2], { backend: wasm() })), BackendError, /two different/],
    ['moving to a name', () => k.to(t(2), js('wasm')), BackendError, /Expected a backend/],
    ['an unknown dtype', () => k.cast(t(2), js('float')), DTypeError, /'float'/],
    ['an axis out of range', () => k.sum(t(2), { axis: 5 }), ShapeError, /axis 5.*\[-1, 0\]/],
    ['an axis named twice', () => k.sum(t(2, 2), { axis: [0, -2] }), ShapeError, /twice/],
    ['a fractional axis', () => k.sum(t(2), { axis: 0.5 }), ShapeError, /0\.5/],
    ['an axis of a scalar', () => k.softmax(tensor(1)), ShapeError, /scalar has no axes/],
    ['an axis in place of options', () => k.sum(t(2, 2), js(1)), ConfigError, /options must be an object.*1/],
    ['an axis in place of options of softmax', () => k.softmax(t(2, 2), js(0)), ConfigError, /softmax.*axis/],
    ['names of other libraries', () => k.mean(t(2), js({ keepdims: true })), ConfigError, /did you mean 'keepDims'/],
    ['the largest of nothing', () => k.max(zeros([0])), ShapeError, /no elements/],
    ['the best of nothing', () => k.argMax(zeros([0])), ShapeError, /empty/],
    ['NaN degrees of freedom', () => k.std(t(2), { ddof: Number.NaN }), ConfigError, /std: ddof/],
    ['sizes that do not multiply', () => k.reshape(t(6), [4]), ShapeError, /6 elements.*\[4\]/],
    ['reshaping to a number', () => k.reshape(t(6), js(6)), ShapeError, /reshape: 6/],
    ['an axis left out', () => k.transpose(t(2, 3), [0]), ShapeError, /\[0\].*\[2, 3\]/],
    ['joining nothing', () => k.concat([]), ShapeError, /at least one/],
    ['joining arguments', () => loose(k.concat)(t(2), t(2)), ConfigError, /concat\(\[a, b\]/],
    ['joining what does not fit', () => k.concat([t(2, 3), t(2, 4)]), ShapeError, /\[2, 3\].*\[2, 4\]/],
    ['unequal parts', () => k.split(t(5), 2), ShapeError, /5.*2 equal parts/],
    ['no parts', () => loose(k.split)(t(5)), ConfigError, /number of equal parts/],
    ['steps of 0', () => k.slice(t(4), [0], [4], [0]), ConfigError, /step of 0/],
    ['no bounds', () => loose(k.slice)(t(4)), ConfigError, /bounds/],
    ['negative padding', () => k.pad(t(2), [[-1, 0]]), ShapeError, /-1/],
    ['indices out of range', () => k.gather(t(3), [3]), ShapeError, /index 3.*\[-3, 2\]/],
    ['fractional indices', () => k.gather(t(3), [0.5]), ConfigError, /0\.5/],
    ['more than there are', () => k.topK(t(3), 4), ShapeError, /\[0, 3\].*4/],
    ['inner sizes that differ', () => k.matmul(t(2, 3), t(4, 5)), ShapeError, /\[2, 3\] × \[4, 5\]/],
    [
      'misspelt options of matmul',
      () => k.matmul(t(2, 2), t(2, 2), js({ transpose_b: true })),
      ConfigError,
      /did you mean 'transposeB'/,
    ],
    ['a spec nobody can read', () => k.einsum('??', t(2)), ConfigError, /'\?\?'/],
    ['singular matrices', () => k.inv(zeros([2, 2])), ConfigError, /singular/],
    ['matrices that are not square', () => k.det(t(2, 3)), ShapeError, /square.*\[2, 3\]/],
    ['images without a batch', () => k.conv2d(t(5, 5, 1), t(3, 3, 1, 1)), ShapeError, /\[5, 5, 1\].*expandDims/],
    ['channels that differ', () => k.conv2d(t(1, 5, 5, 2), t(3, 3, 1, 1)), ShapeError, /2 channels/],
    ['windows larger than the image', () => k.conv2d(t(1, 2, 2, 1), t(3, 3, 1, 1)), ShapeError, /padding 'same'/],
    ['strides of 0', () => k.conv2d(t(1, 5, 5, 1), t(3, 3, 1, 1), { strides: 0 }), ConfigError, /strides.*0/],
    ['an unknown padding', () => k.conv2d(t(1, 5, 5, 1), t(3, 3, 1, 1), { padding: js('SAME') }), ConfigError, /SAME/],
    [
      'stride for strides',
      () => k.conv2d(t(1, 5, 5, 1), t(3, 3, 1, 1), js({ stride: 2 })),
      ConfigError,
      /did you mean 'strides'/,
    ],
    ['pools without a size', () => loose(k.maxPool2d)(t(1, 4, 4, 1)), ConfigError, /poolSize/],
    ['an unknown mode', () => k.resize(t(1, 4, 4, 1), [2, 2], { mode: js('cubic') }), ConfigError, /cubic/],
    ['slopes of text', () => k.leakyRelu(t(2), js({ negativeSlope: 'x' })), ConfigError, /negativeSlope/],
    ['gradients of no function', () => k.grad(js(3)), ConfigError, /expected a function.*3/],
    ['gradients of vectors', () => k.grad((x: k.Tensor) => k.mul(x, 2))(t(2)), ShapeError, /scalar.*\[2\]/],
    [
      'gradients of integers',
      () => k.grad((x: k.Tensor) => k.sum(x))(ones([2], { dtype: 'int32' })),
      DTypeError,
      /int32/,
    ],
    [
      'gradients of async functions',
      () => k.grad(js(async (x: k.Tensor) => k.sum(x)))(t(2)),
      ShapeError,
      /return a tensor/,
    ],
    ['scopes of no function', () => k.scope(js(3)), ConfigError, /scope: expected a function/],
    ['one element of many', () => t(2).item(), ShapeError, /2 elements/],
  ];
  refuses(rows);
});
