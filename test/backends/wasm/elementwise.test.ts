import { describe, expect, it } from 'vitest';
import { wasm } from '../../../src/backends/wasm/index';
import type { Backend, Operand, Primitive } from '../../../src/core/backend';
import type { DType, TypedArray } from '../../../src/core/dtype';
import { type Expression, expressionKey } from '../../../src/core/expression';
import { Rng } from '../../../src/core/rng';
import { contiguousStrides, type Shape, sizeOf } from '../../../src/core/shape';
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
  ShatteringBackend,
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

  it('computes a fused chain in one pass, with the bits of its ops one by one', () => {
    const rng = new Rng('fused');
    for (const backend of [wasmBackend, new ShatteringBackend()]) {
      for (let round = 0; round < 60; round++) {
        const shape = rng.random() < 0.3 ? [130 + rng.integer(900)] : randomShape(rng);
        const leaves = Array.from({ length: 1 + rng.integer(12) }, () => {
          const dtype = (['float32', 'float32', 'float64', 'int32', 'uint8', 'bool'] as const)[rng.integer(6)]!;
          const own = rng.random() < 0.5 ? shape : randomBroadcastable(rng, shape);
          return operandOf(onBackend(twin(rng, dtype, own).tested, backend));
        });
        const scalars: number[] = [];
        const expression = randomExpression(rng, leaves, scalars);
        const one = evaluate(backend, expression, leaves, scalars, shape);
        const out = emptyOperand(backend, expression.dtype, shape);
        const fallen = countFallbacks(backend, () =>
          backend.run(onlyKernel('fused'), leaves, out, { expression, scalars }),
        );
        expect(fallen).toEqual([]);
        expect(bitsOf(backend, out), expressionKey(expression)).toEqual(bitsOf(backend, one));
      }
    }
  });

  it('leaves chains with a part it has no code for to the reference rule', () => {
    const x = operandOf(tensor([0.5], { dtype: 'float64', backend: wasmBackend }));
    const out = emptyOperand(wasmBackend, 'float64', [1]);
    const expression = apply('neg', 'float64', [apply('digamma', 'float64', [input(0, 'float64')])]);
    expect(() => wasmBackend.run(onlyKernel('fused'), [x], out, { expression, scalars: [] })).toThrow('reference');
  });

  it.each([...UNARY, ...BINARY])('%s has the same bits however its work is divided', (name, f, dtypes) => {
    const rng = new Rng(name);
    const shattering = new ShatteringBackend();
    const unary = new Set(UNARY.map(([unaryName]) => unaryName));
    for (const dtype of dtypes) {
      for (const shape of [[700 + rng.integer(300)], randomShape(rng, 2, 90), randomShape(rng, 4, 9)]) {
        const spread = { value: value(dtype) };
        const xs = [twin(rng, dtype, shape, spread), twin(rng, dtype, randomBroadcastable(rng, shape), spread)];
        const run = (a: Tensor, b: Tensor): TypedArray =>
          (unary.has(name) ? (f as Unary)(a) : (f as Binary)(a, b)).dataSync();
        const whole = run(xs[0]!.tested, xs[1]!.tested);
        const [a, b] = xs.map((x) => onBackend(x.tested, shattering));
        const parts = run(a!, b!);
        expect(Buffer.compare(bytesOf(whole), bytesOf(parts)), `${name} ${dtype} [${shape.join(', ')}]`).toBe(0);
      }
    }
  });
});

const input = (index: number, dtype: DType): Expression => ({ kind: 'input', index, dtype });
const apply = (op: string, dtype: DType, args: readonly Expression[], scalars: readonly number[] = []): Expression => ({
  kind: 'apply',
  op,
  dtype,
  args,
  scalars,
});

const bytesOf = (x: ArrayBufferView): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
const bitsOf = (backend: Backend, { block }: Operand): Uint8Array =>
  bytesOf(backend.readSync(block, 0, block.length)).slice();

/** The same elements in the same layout on another backend. */
function onBackend(x: Tensor, backend: Backend): Tensor {
  const { dtype, shape, strides, offset } = x;
  const { block } = operandOf(x);
  const data = wasmBackend.readSync(block, 0, block.length);
  return tensor(data, { dtype, backend }).view({ shape, strides, offset });
}

function operandOf({ block, dtype, shape, strides, offset }: Tensor): Operand {
  return { block, dtype, shape, strides, offset };
}

function emptyOperand(backend: Backend, dtype: DType, shape: Shape): Operand {
  const block = backend.allocate(dtype, sizeOf(shape));
  return { block, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
}

const onlyKernel = (name: string): Primitive => ({
  name,
  reference: () => {
    throw new Error(`the reference rule of ${name} ran`);
  },
});

/** A random directed acyclic graph over the leaves; some parts are used several times. */
function randomExpression(rng: Rng, leaves: readonly Operand[], scalars: number[]): Expression {
  const parts: Expression[] = leaves.map(({ dtype }, i) => input(i, dtype));
  const pick = (): Expression => parts[rng.integer(parts.length)]!;
  const as = (x: Expression, dtype: DType): Expression => (x.dtype === dtype ? x : apply('cast', dtype, [x]));
  const steps = 1 + rng.integer(9);
  for (let i = 0; i < steps; i++) {
    const x = pick();
    const kind = rng.integer(5);
    if (kind === 0) parts.push(apply('cast', ALL[rng.integer(ALL.length)]!, [x]));
    else if (kind === 1) {
      const y = as(x, 'float32');
      const low = scalars.push(rng.gaussian() - 1, rng.gaussian() + 1) - 2;
      parts.push(apply('clip', 'float32', [y], [low, low + 1]));
    } else if (kind === 2) {
      const op = ['neg', 'square', 'tanh', 'exp', 'sigmoid', 'gelu', 'sin'][rng.integer(7)]!;
      parts.push(apply(op, 'float32', [as(x, 'float32')]));
    } else if (kind === 3) {
      const dtype = NUMERIC[rng.integer(NUMERIC.length)]!;
      parts.push(apply(['add', 'sub', 'mul', 'maximum'][rng.integer(4)]!, dtype, [as(x, dtype), as(pick(), dtype)]));
    } else {
      const condition = apply('less', 'bool', [as(x, 'float32'), as(pick(), 'float32')]);
      parts.push(apply('where', x.dtype, [condition, x, as(pick(), x.dtype)]));
    }
  }
  return parts.at(-1)!;
}

/** The expression op by op. */
function evaluate(
  backend: Backend,
  expression: Expression,
  leaves: readonly Operand[],
  scalars: readonly number[],
  shape: Shape,
): Operand {
  if (expression.kind === 'input') return leaves[expression.index]!;
  const { op, args, dtype, scalars: own } = expression;
  const inputs = args.map((x) => evaluate(backend, x, leaves, scalars, shape));
  const out = emptyOperand(backend, dtype, shape);
  const attrs = op === 'clip' ? { min: scalars[own[0]!], max: scalars[own[1]!] } : { approximate: false };
  backend.run(onlyKernel(op), inputs, out, attrs);
  return out;
}
