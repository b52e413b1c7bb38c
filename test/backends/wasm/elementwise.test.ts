import { describe, expect, it } from 'vitest';
import { PARAMETERS } from '../../../src/backends/wasm/arena';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { compileExpression } from '../../../src/backends/wasm/elementwise/kernel';
import { wasm } from '../../../src/backends/wasm/index';
import type { DType } from '../../../src/core/dtype';
import type { Expression } from '../../../src/core/expression';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import * as ops from '../../../src/ops/elementwise';
import {
  countFallbacks,
  describeTwin,
  expectSame,
  randomBroadcastable,
  randomShape,
  randomValue,
  referenceBackend,
  twin,
  wasmBackend,
} from './support';

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

const FLOATING: readonly DType[] = ['float32', 'float64'];
const NUMERIC: readonly DType[] = ['float32', 'float64', 'int32', 'int8', 'uint8'];
const ALL: readonly DType[] = [...NUMERIC, 'bool'];

const UNARY: readonly (readonly [string, Unary, readonly DType[]])[] = [
  ['neg', ops.neg, NUMERIC],
  ['abs', ops.abs, ALL],
  ['sign', ops.sign, ALL],
  ['square', ops.square, ALL],
  ['floor', ops.floor, ALL],
  ['ceil', ops.ceil, ALL],
  ['round', ops.round, ALL],
  ['relu', ops.relu, NUMERIC],
  ['clip', (x) => ops.clip(x, 1, 3), NUMERIC],
  ['clip below', (x) => ops.clip(x, null, 2), NUMERIC],
  ['logicalNot', ops.logicalNot, ALL],
  ['isNaN', ops.isNaN, ALL],
  ['isFinite', ops.isFinite, ALL],
  ...(
    [
      'sqrt',
      'rsqrt',
      'reciprocal',
      'exp',
      'expm1',
      'log',
      'log1p',
      'tanh',
      'sigmoid',
      'softplus',
      'selu',
      'silu',
    ] as const
  ).map((name) => [name, ops[name], FLOATING] as const),
  ['leakyRelu', (x) => ops.leakyRelu(x, { negativeSlope: 0.3 }), FLOATING],
  ['elu', (x) => ops.elu(x, { alpha: 0.7 }), FLOATING],
  ...(['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'erf', 'gelu'] as const).map(
    (name) => [name, (x: Tensor) => ops[name](x), ['float32'] as DType[]] as const,
  ),
  ['gelu (tanh)', (x) => ops.gelu(x, { approximate: true }), ['float32']],
  ...ALL.map((to) => [`cast to ${to}`, (x: Tensor) => ops.cast(x, to), ALL.filter((from) => from !== to)] as const),
];

const BINARY: readonly (readonly [string, Binary, readonly DType[]])[] = [
  ['add', ops.add, ALL],
  ['sub', ops.sub, NUMERIC],
  ['mul', ops.mul, ALL],
  ['div', ops.div, FLOATING],
  ['mod', ops.mod, ['float32', 'int32', 'int8', 'uint8']],
  ['pow', ops.pow, ['float32']],
  ['atan2', ops.atan2, ['float32']],
  ['maximum', ops.maximum, ALL],
  ['minimum', ops.minimum, ALL],
  ...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const).map(
    (name) => [name, ops[name], ALL] as const,
  ),
  ['logicalAnd', ops.logicalAnd, ['bool']],
  ['logicalOr', ops.logicalOr, ['bool']],
  ['where', (a, b) => ops.where(ops.greater(a, b), a, b), ALL],
];

/** Random numbers and, now and then, the special ones. */
function value(dtype: DType): (rng: Rng) => number {
  const specials = [NaN, Infinity, -Infinity, -0, 0];
  return (rng) =>
    dtype.startsWith('float') && rng.random() < 0.05 ? specials[rng.integer(5)]! : randomValue(rng, dtype);
}

describe('elementwise kernels', () => {
  it.each(UNARY)('%s equals the reference over layouts and dtypes, without falling back', (name, f, dtypes) => {
    const rng = new Rng(name);
    for (const dtype of dtypes) {
      for (let round = 0; round < 12; round++) {
        const x = twin(rng, dtype, randomShape(rng), { value: value(dtype) });
        let got!: Tensor;
        const fallen = countFallbacks(wasmBackend, () => {
          got = f(x.tested);
        });
        expect(fallen, `${name} ${dtype}`).toEqual([]);
        expectSame(got, f(x.truth), undefined, `${name} ${describeTwin(x)}`);
      }
    }
  });

  it.each(BINARY)(
    '%s equals the reference over layouts, broadcasts and dtypes, without falling back',
    (name, f, dtypes) => {
      const rng = new Rng(name);
      for (const dtype of dtypes) {
        for (let round = 0; round < 20; round++) {
          const shape = randomShape(rng);
          const swap = rng.random() < 0.5;
          const whole = twin(rng, dtype, shape, { value: value(dtype) });
          const part = twin(rng, dtype, randomBroadcastable(rng, shape), { value: value(dtype) });
          const [a, b] = swap ? [part, whole] : [whole, part];
          let got!: Tensor;
          const fallen = countFallbacks(wasmBackend, () => {
            got = f(a.tested, b.tested);
          });
          expect(fallen, `${name} ${dtype}`).toEqual([]);
          expectSame(got, f(a.truth, b.truth), undefined, `${name} ${describeTwin(a)}, ${describeTwin(b)}`);
        }
      }
    },
  );

  it('handles every length around the vector widths', () => {
    const rng = new Rng('tails');
    for (let n = 1; n < 70; n++) {
      for (const dtype of ALL) {
        const a = twin(rng, dtype, [n], { layouts: ['contiguous', 'offset'] });
        const b = twin(rng, dtype, [n], { layouts: ['contiguous', 'stepped'] });
        expectSame(ops.add(a.tested, b.tested), ops.add(a.truth, b.truth), 0, `add ${dtype} ${n}`);
        expectSame(ops.less(a.tested, b.tested), ops.less(a.truth, b.truth), 0, `less ${dtype} ${n}`);
      }
    }
  });

  it('casts floats out of range as typed arrays do', () => {
    const odd = [
      2 ** 31,
      -(2 ** 31) - 1000,
      2 ** 40 + 2 ** 20,
      1e20,
      -1e300,
      NaN,
      Infinity,
      -Infinity,
      300.7,
      -1.5,
      2 ** 32 + 5,
      4294967295,
    ];
    for (const from of FLOATING) {
      for (const to of ALL) {
        const data = Float64Array.from(odd);
        const got = ops.cast(tensor(data, { dtype: from, backend: wasmBackend }), to);
        expectSame(got, ops.cast(tensor(data, { dtype: from, backend: referenceBackend }), to), 0, `${from} to ${to}`);
      }
    }
  });

  it('runs ranks that no loop nest fits, too', () => {
    const rng = new Rng('rank');
    const shape = [2, 1, 2, 3, 2, 2, 2, 3, 2];
    const a = twin(rng, 'float32', shape, { layouts: ['stepped'] });
    const b = twin(rng, 'float32', shape, { layouts: ['transposed'] });
    expectSame(ops.mul(a.tested, b.tested), ops.mul(a.truth, b.truth), 0, 'rank 9');
  });

  it('copies large transposed operands first', () => {
    const rng = new Rng('large');
    for (const dtype of ['float32', 'int32', 'float64'] as const) {
      const a = twin(rng, dtype, [3, 90, 83], { layouts: ['transposed'] });
      const b = twin(rng, dtype, [3, 83, 90], { layouts: ['contiguous'] });
      const turned = (t: Tensor): Tensor => t.view({ shape: [3, 90, 83], strides: [83 * 90, 1, 90], offset: 0 });
      expectSame(ops.sub(a.tested, turned(b.tested)), ops.sub(a.truth, turned(b.truth)), undefined, dtype);
      expectSame(ops.neg(turned(b.tested)), ops.neg(turned(b.truth)), undefined, dtype);
    }
  });

  it('stays within memory at its very end', () => {
    const backend = wasm({ maximumBytes: 2 ** 21 });
    const blocks: Tensor[] = [];
    expect(() => {
      for (;;) blocks.push(tensor(new Float32Array(5000).fill(blocks.length), { backend }));
    }).toThrow(/Out of memory/);
    blocks.shift()!.dispose();
    blocks.shift()!.dispose();
    const last = blocks.pop()!;
    const end = last.view({ shape: [3, 3], strides: [-2, -1], offset: 4999 });
    expect(new Set(ops.add(last, last).dataSync())).toEqual(new Set([2 * last.dataSync()[0]!]));
    expect(new Set(ops.neg(end).dataSync())).toEqual(new Set([-last.dataSync()[0]!]));
  });

  it('leaves to the reference rule what it has no code for', () => {
    const x = tensor([0.5], { dtype: 'float64', backend: wasmBackend });
    expect(countFallbacks(wasmBackend, () => ops.sin(x))).toEqual(['sin']);
    expect(ops.sin(x).item()).toBe(Math.sin(0.5));
  });

  it('computes a fused chain in one pass, as its ops do one by one', () => {
    // relu(a·b + c) as float32, then clipped by run-time scalars, where a is int32 and b one element throughout.
    const expression: Expression = {
      kind: 'apply',
      op: 'clip',
      dtype: 'float32',
      scalars: [0, 1],
      args: [
        chain(
          'relu',
          'float32',
          chain(
            'add',
            'float32',
            chain('mul', 'float32', chain('cast', 'float32', input(0, 'int32')), input(1)),
            input(2),
          ),
        ),
      ],
    };
    const backend = new WasmBackend({});
    const { arena } = backend;
    const n = 203;
    const run = compileExpression(
      expression,
      [
        { dtype: 'int32', mode: 'unit' },
        { dtype: 'float32', mode: 'splat' },
        { dtype: 'float32', mode: 'unit' },
      ],
      0,
      backend,
    );
    const [a, b, c, out] = Array.from({ length: 4 }, () => arena.allocate(4 * n)) as [number, number, number, number];
    for (let i = 0; i < n; i++) {
      arena.i32[a / 4 + i] = i - 100;
      arena.f32[c / 4 + i] = Math.sin(i);
    }
    arena.f32[b / 4] = 0.25;
    arena.f64.set([0.5, 20], PARAMETERS / 8);
    run(out, n, a, b, c);
    for (let i = 0; i < n; i++) {
      const value = Math.max(0, Math.fround((i - 100) * 0.25 + Math.fround(Math.sin(i))));
      expect(arena.f32[out / 4 + i]).toBe(Math.min(20, Math.max(0.5, value)));
    }
  });
});

const input = (index: number, dtype: DType = 'float32'): Expression => ({ kind: 'input', index, dtype });
const chain = (op: string, dtype: DType, ...args: Expression[]): Expression => ({
  kind: 'apply',
  op,
  dtype,
  args,
  scalars: [],
});
