import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/core/backend';
import { flattenNest, type Nest } from '../../src/core/nest';
import {
  add,
  argSort,
  BackendError,
  broadcastTo,
  ConfigError,
  cast,
  clip,
  compile,
  concat,
  conv2d,
  DisposedError,
  div,
  exp,
  expandDims,
  flip,
  floor,
  gather,
  gelu,
  grad,
  greater,
  leakyRelu,
  log,
  logSoftmax,
  matmul,
  maxPool2d,
  mean,
  memory,
  mod,
  mul,
  ones,
  relu,
  reshape,
  rng,
  ShapeError,
  scatterAdd,
  scope,
  sigmoid,
  slice,
  softmax,
  sqrt,
  square,
  stack,
  sub,
  sum,
  Tensor,
  tanh,
  tensor,
  topK,
  transpose,
  valueAndGrad,
  vjp,
  where,
  zeros,
} from '../../src/index';
import { hostScalar } from '../../src/ops/host-scalar';
import { BACKENDS } from './backends';

type Arg = Nest<Tensor | number | string | boolean | null>;
interface Case {
  readonly name: string;
  readonly f: (...xs: never[]) => unknown;
  readonly args: (backend: Backend) => readonly Arg[];
}

const random =
  (seed: number, ...shapes: number[][]) =>
  (backend: Backend): Tensor[] =>
    shapes.map((shape, i) => rng(`${seed}:${i}`).normal(shape, { backend }));
const ints =
  (seed: number, shape: number[], max: number) =>
  (backend: Backend): Tensor => {
    const r = rng(seed);
    const data = Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => r.integer(max));
    return tensor(data, { shape, backend });
  };
const named = (name: string, f: (...xs: never[]) => unknown, args: Case['args']): Case => ({ name, f, args });

const network = (w: { a: Tensor; b: Tensor }, x: Tensor): Tensor =>
  mean(square(matmul(gelu(add(matmul(x, w.a), w.b)), transpose(w.a))));

const CASES: readonly Case[] = [
  named('a chain', (x: Tensor) => sqrt(add(square(tanh(mul(x, 2))), 1)), random(1, [3, 5])),
  named('broadcasts', (a: Tensor, b: Tensor, c: Tensor) => mul(add(a, b), sub(c, a)), random(2, [4, 1], [3], [])),
  named(
    'views',
    (x: Tensor) => add(transpose(reshape(x, [4, 3])), slice(x, [0, 1, 0], [3, 5, 1]).shape.length),
    random(3, [3, 4, 1]),
  ),
  named('flips and slices', (x: Tensor) => flip(exp(slice(flip(x, 0), [1, 0], [2, 3])), 1), random(4, [4, 5])),
  named(
    'a softmax regression',
    (w: Tensor, x: Tensor) => valueAndGrad((v: Tensor) => mean(sum(logSoftmax(matmul(x, v)), { axis: 1 })))(w),
    random(5, [4, 3], [6, 4]),
  ),
  named(
    'gradients of nests',
    (w: { a: Tensor; b: Tensor }, x: Tensor) => grad((v: typeof w) => network(v, x))(w),
    (backend) => {
      const [a, b, x] = random(6, [4, 5], [5], [3, 4])(backend);
      return [{ a: a!, b: b! }, x!];
    },
  ),
  named(
    'second derivatives',
    (x: Tensor) => grad((v: Tensor) => sum(square(grad((u: Tensor) => sum(mul(tanh(u), u)))(v))))(x),
    random(7, [5]),
  ),
  named(
    'a convolution',
    (x: Tensor, w: Tensor) => grad((v: Tensor) => sum(relu(maxPool2d(conv2d(x, v), 2))))(w),
    random(8, [2, 6, 6, 2], [3, 3, 2, 3]),
  ),
  named(
    'integers',
    (x: Tensor) => mod(add(mul(x, 3), 7), 5),
    (b) => [ints(9, [10], 100)(b)],
  ),
  named(
    'indices',
    (x: Tensor, i: Tensor) => grad((v: Tensor) => sum(square(gather(v, i))))(x),
    (b) => [random(10, [5, 2])(b)[0]!, ints(10, [4], 5)(b)],
  ),
  named('choices', (x: Tensor) => where(greater(x, 0), sigmoid(x), leakyRelu(clip(x, -1, null))), random(11, [3, 4])),
  named('casts', (x: Tensor) => cast(floor(mul(x, 10)), 'int32'), random(12, [7])),
  named(
    'empty tensors',
    (x: Tensor) => [add(x, 1), sum(x), concat([x, add(x, 1)]), sum(add(x, 1), { axis: 0 })],
    random(13, [0, 3]),
  ),
  named('sorting', (x: Tensor) => [argSort(x), topK(x, 2)], random(14, [3, 4])),
  named('constants', (x: Tensor) => mul(x, add(mul(tensor(2, { backend: x.backend }), 3), 1)), random(15, [4])),
  named(
    'numbers and words',
    (x: Tensor, by: number, how: string, flag: boolean, no: null) =>
      how === 'add' && flag && no === null ? add(x, by) : sub(x, by),
    (b) => [random(16, [2])(b)[0]!, 4, 'add', true, null],
  ),
  named(
    'results of every kind',
    (x: Tensor, y: Tensor) => {
      const s = add(x, y);
      return {
        s,
        again: s,
        part: slice(s, [0], [1]),
        x,
        view: reshape(y, [2, 1]),
        seven: 7,
        none: null,
        word: 'w',
        one: tensor(1, { backend: x.backend }),
        ones: tensor([1, 1], { backend: x.backend }),
      };
    },
    random(17, [2], [2]),
  ),
  named('common subexpressions', (x: Tensor) => add(mul(exp(x), 2), mul(exp(x), 2)), random(18, [6])),
  named('softmax', (x: Tensor) => mul(softmax(x), log(add(square(x), 1))), random(19, [3, 7])),
  named(
    'a read of many',
    (x: Tensor) => {
      const e = exp(x);
      return [add(e, 1), mul(e, 2), sum(e)];
    },
    random(20, [5]),
  ),
  named(
    'float64',
    (x: Tensor) => div(sum(square(x)), 3),
    (b) => [tensor(Float64Array.of(1, 2, 3), { backend: b })],
  ),
  named('pullbacks', (x: Tensor, g: Tensor) => vjp((v: Tensor) => mul(v, v), x)[1](g), random(21, [3], [3])),
  named(
    'scatters',
    (x: Tensor, i: Tensor, u: Tensor) => scatterAdd(x, i, u),
    (b) => [random(22, [5, 2])(b)[0]!, ints(22, [4], 5)(b), random(23, [4, 2])(b)[0]!],
  ),
  named(
    'stacks',
    (x: Tensor, y: Tensor) =>
      stack([relu(x), expandDims(y, 0), broadcastTo(sum(x), [1, 3])].map((t) => reshape(t, [3]))),
    random(24, [3], [3]),
  ),
];

interface Value {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly number[];
}

const valuesOf = (x: unknown): unknown[] =>
  flattenNest<unknown>(x as Nest<unknown>).leaves.map((leaf) =>
    leaf instanceof Tensor ? { shape: leaf.shape, dtype: leaf.dtype, data: [...leaf.dataSync()] } : leaf,
  );

/** The same, up to the last bit or two where another kernel computes a function. */
function expectValues(actual: unknown[], expected: unknown[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((a, i) => {
    const b = expected[i];
    if (typeof a !== 'object' || a === null) {
      expect(a).toBe(b);
      return;
    }
    const [{ data, ...spec }, { data: wanted, ...wantedSpec }] = [a as Value, b as Value];
    expect(spec).toEqual(wantedSpec);
    expect(data.length).toBe(wanted.length);
    const largest = Math.max(0, ...wanted.map(Math.abs));
    data.forEach((x, k) => expect(Math.abs(x - wanted[k]!)).toBeLessThanOrEqual(4e-7 * largest));
  });
}

describe.each(BACKENDS)('on %s', (_, backend) => {
  it.each(CASES)('$name: the values of eager calls, at the first call and later', ({ f, args }) => {
    scope(() => {
      const compiled = compile(f);
      const given = args(backend);
      const expected = valuesOf(f(...(given as never[])));
      for (let i = 0; i < 3; i++) expectValues(valuesOf(compiled(...(given as never[]))), expected);
      const copies = args(backend);
      expectValues(valuesOf(compiled(...(copies as never[]))), expected);
      expect(compiled.plans).toBe(1);
      compiled.dispose();
    });
  });

  it('computes anew from new values', () => {
    const f = compile((x: Tensor) => add(square(x), x));
    for (const v of [1, 2, -3]) expect(f(tensor([v], { backend })).item()).toBe(v * v + v);
    expect(f.plans).toBe(1);
  });

  it('keeps no tensors beyond a plan, and grows by nothing', () => {
    const before = memory();
    const captured = ones([4], { backend });
    const f = compile((x: Tensor) => [softmax(add(mul(x, captured), zeros([4], { backend }))), x, captured]);
    const x = ones([3, 4], { backend });
    const call = (): void => scope(() => void f(x));
    call();
    const during = memory();
    for (let i = 0; i < 200; i++) call();
    expect(memory()).toEqual(during);
    f.dispose();
    x.dispose();
    captured.dispose();
    expect(memory()).toEqual(before);
  });

  it('lives longer than the scope of its first call, and than what it captured', () => {
    const x = tensor([1, 2], { backend });
    const f = scope(() => {
      const two = tensor([2, 2], { backend });
      const g = compile((v: Tensor) => mul(v, two));
      g(x);
      return g;
    });
    expect(f(x).toArraySync()).toEqual([2, 4]);
    expect(f.plans).toBe(1);
  });

  it('gives results of their own at each call', () => {
    const f = compile((x: Tensor) => exp(add(x, 1)));
    const [a, b] = [f(tensor([1, 2], { backend })), f(tensor([3, 4], { backend }))];
    expect(a.dataSync()).not.toEqual(b.dataSync());
    a.dispose();
    expect(b.isDisposed).toBe(false);
  });

  it('takes inputs of every layout', () => {
    const f = compile((x: Tensor) => add(mul(x, 2), sum(x, { axis: 0 })));
    const base = rng(3).normal([4, 4], { backend });
    for (const x of [
      base,
      transpose(base),
      flip(base, 0),
      flip(transpose(base), 1),
      broadcastTo(slice(base, [1, 0], [2, 4]), [4, 4]),
    ]) {
      const expected = add(mul(x, 2), sum(x, { axis: 0 }));
      expect(f(x).dataSync()).toEqual(expected.dataSync());
      expect(f(slice(x, [0, 0], [4, 4])).dataSync()).toEqual(expected.dataSync());
    }
    // Flipped ones are computed without a plan.
    expect(f.plans).toBe(3);
  });

  it('leaves nothing behind where the function throws', () => {
    const x = ones([2], { backend });
    const before = memory();
    const f = compile((v: Tensor) => {
      add(exp(v), x);
      throw new RangeError('mine');
    });
    expect(() => f(x)).toThrow(new RangeError('mine'));
    expect(() => compile((v: Tensor) => matmul(v, ones([3, 3], { backend })))(x)).toThrow(ShapeError);
    expect(memory()).toEqual(before);
  });
});

describe('compile', () => {
  it('traces once for each signature, and drops what was not used for longest', () => {
    let traces = 0;
    const f = compile((x: Tensor, by: number) => {
      traces++;
      return add(x, by);
    });
    const x = tensor([1]);
    for (const by of [0, 1, 2, 3, 4, 5, 6, 7, 0]) f(x, by);
    expect([traces, f.plans]).toEqual([8, 8]);
    f(tensor([1, 2]), 0);
    f(tensor([1, 2]), 0);
    expect([traces, f.plans]).toEqual([9, 8]);
    f(x, 0);
    expect(traces).toBe(9);
    f(x, 1);
    expect(traces).toBe(10);
    f(tensor([1], { dtype: 'float64' }), 0);
    expect(traces).toBe(11);
  });

  it('traces functions without a result once as well', () => {
    let traces = 0;
    const f = compile((_: Tensor) => void traces++);
    f(tensor([1]));
    f(tensor([1]));
    expect(traces).toBe(1);
  });

  it('traces functions that use what they capture in scopes of their own', () => {
    const two = tensor([2, 2]);
    const f = compile((x: Tensor) =>
      add(
        scope(() => mul(x, two)),
        scope(() => sub(x, two)),
      ),
    );
    expect(f(tensor([1, 5])).toArraySync()).toEqual([1, 13]);
  });

  it('asks functions of the host at each call, also about constants', () => {
    let calls = 0;
    const f = compile((x: Tensor) =>
      add(
        x,
        hostScalar(() => ++calls, tensor(0, { backend: x.backend })),
      ),
    );
    const x = tensor([0]);
    expect([f(x).item(), f(x).item()]).toEqual([1, 2]);
  });

  it('is differentiable, as it runs the function where a call is traced', () => {
    const f = compile((x: Tensor) => sum(mul(x, square(x))));
    f(tensor([1, 2]));
    expect(grad((x: Tensor) => f(x))(tensor([1, 2])).toArraySync()).toEqual([3, 12]);
    const outer = compile((x: Tensor) => grad((v: Tensor) => f(v))(x));
    expect(outer(tensor([1, 2])).toArraySync()).toEqual([3, 12]);
  });

  it('lets gradients through what it captures', () => {
    const g = grad((w: Tensor) => sum(compile((x: Tensor) => mul(x, square(w)))(tensor([1, 2]))));
    expect(g(tensor([3, 4])).toArraySync()).toEqual([6, 16]);
  });

  it('runs functions without tensors as they are', () => {
    const f = compile((n: number) => n + 1);
    expect(f(1)).toBe(2);
    expect(f.plans).toBe(0);
  });

  it('tells argument structures apart', () => {
    const f = compile((x: { a?: Tensor; b?: Tensor } | readonly Tensor[]) =>
      Array.isArray(x) ? mul(x[0], 3) : 'b' in (x as object) ? mul((x as { b: Tensor }).b, 2) : (x as { a: Tensor }).a,
    );
    const t = tensor([1]);
    expect([f({ a: t }), f({ b: t }), f([t])].map((y) => y.item())).toEqual([1, 2, 3]);
    expect([f({ a: t, b: t }).item(), f([t, t]).item()]).toEqual([2, 3]);
    expect(f.plans).toBe(5);
  });

  it('stays usable after dispose', () => {
    const f = compile((x: Tensor) => add(x, 1));
    f(tensor([1]));
    f.dispose();
    expect(f.plans).toBe(0);
    expect(f(tensor([1])).item()).toBe(2);
  });

  it('tells what plans do and hold', () => {
    const f = compile((x: Tensor) => sum(exp(matmul(x, x))));
    f(ones([8, 8]));
    expect(f.inspect()).toMatch(/%\d+ = matmul in0, in0 : float32 \[8, 8\]\n[\s\S]*= sum [\s\S]*return %/);
    expect(f.peakBytes).toBeGreaterThanOrEqual(256);
  });

  it('refuses what it cannot do', async () => {
    expect(() => compile(3 as never)).toThrow(ConfigError);
    const x = tensor([1, 2]);
    expect(() => compile(async (v: Tensor) => v)(x)).toThrow(/returned a promise/);
    // How that goes on and fails, with tensors that are gone, is nobody's business: unhandled, it would end the process.
    expect(() => compile(async (v: Tensor) => add(await Promise.resolve(v), 1))(x)).toThrow(/returned a promise/);
    expect(() => compile((v: Tensor) => (v.dataSync()[0]! > 0 ? v : x))(x)).toThrow(/a value was asked for/);
    await expect(compile((v: Tensor) => void pending.push(v.data()))(x) ?? pending[0]).rejects.toThrow(BackendError);
    expect(() => compile((v: Tensor, _: unknown) => v)(x, new Map())).toThrow(/holds an object of Map, whose contents/);
    const other = tensor([1], { backend: BACKENDS[0]![1] });
    expect(() => compile((a: Tensor, b: Tensor) => add(a, b))(x, other)).toThrow(/on two backends/);
    expect(() => compile((a: Tensor) => add(a, other))(x)).toThrow(BackendError);
    expect(() => compile((a: Tensor) => [a, other])(x)).toThrow(/returned a tensor on backend/);
    const f = compile((a: Tensor, _: Tensor) => add(a, 1));
    const gone = tensor([1]);
    f(x, gone);
    gone.dispose();
    expect(() => f(x, gone)).toThrow(DisposedError);
  });
});

const pending: Promise<unknown>[] = [];
