import { describe, expect, it } from 'vitest';
import { grad, valueAndGrad, vjp } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { DTypeError, ShapeError } from '../../src/core/errors';
import { scope } from '../../src/core/scope';
import { memory, type Tensor } from '../../src/core/tensor';
import * as ops from '../../src/ops/index';

const { add, exp, matmul, mean, mul, pow, sin, square, sub, sum, tensor } = ops;
const f64 = (values: ops.NestedValues): Tensor => tensor(values, { dtype: 'float64' });

describe('grad', () => {
  it('differentiates a function of one tensor', () => {
    expect(grad((x: Tensor) => sum(square(x)))(tensor([1, 2, 3])).toArraySync()).toEqual([2, 4, 6]);
  });

  it('differentiates a function of a nest, into a nest of the same form', () => {
    const g = grad((p: { w: Tensor; rest: [Tensor, { b: Tensor }] }) =>
      sum(add(mul(p.w, p.rest[0]), mul(p.rest[1].b, 3))),
    )({
      w: tensor([1, 2]),
      rest: [tensor([3, 4]), { b: tensor([0, 0]) }],
    });
    expect(g.w.toArraySync()).toEqual([3, 4]);
    expect(g.rest[0].toArraySync()).toEqual([1, 2]);
    expect(g.rest[1].b.toArraySync()).toEqual([3, 3]);
  });

  it('takes plain numbers and typed arrays', () => {
    expect(grad((x: Tensor) => pow(x, 3))(2).item()).toBe(12);
    expect(grad((x: Tensor) => sum(square(x)))(new Float64Array([1, 2])).toArraySync()).toEqual([2, 4]);
    expect(grad(([a, b]: [Tensor, Tensor]) => mul(a, b))([2, 3]).map((g) => g.item())).toEqual([3, 2]);
  });

  it('sums over all the ways a value is used', () => {
    const f = (x: Tensor) => {
      const y = mul(x, x);
      return add(mul(y, y), add(y, x));
    };
    expect(grad(f)(2).item()).toBe(4 * 8 + 4 + 1);
  });

  it('visits a node once however often it is used', () => {
    let x = tensor(1, { dtype: 'float64' });
    const doubling = grad((v: Tensor) => {
      let y = v;
      for (let i = 0; i < 60; i++) y = add(y, y);
      return y;
    });
    expect(doubling(x).item()).toBe(2 ** 60);
    x = tensor(0);
  });

  it('is deep without recursion', () => {
    const chain = grad((x: Tensor) => {
      let y = x;
      for (let i = 0; i < 20_000; i++) y = add(y, 1);
      return y;
    });
    expect(chain(0).item()).toBe(1);
  });

  it('is 0 for what the value does not depend on', () => {
    const g = grad((p: { a: Tensor; b: Tensor }) => sum(p.a))({ a: tensor([1, 2]), b: tensor([[3]]) });
    expect(g.b.toArraySync()).toEqual([[0]]);
    expect(grad((_: Tensor) => tensor(3))(tensor([1, 2])).toArraySync()).toEqual([0, 0]);
    expect(grad((x: Tensor) => ops.cast(ops.argMax(x), 'float32'))(tensor([1, 2])).toArraySync()).toEqual([0, 0]);
  });

  it('keeps dtype and backend', () => {
    const backend = reference();
    const g = grad((x: Tensor) => sum(mul(x, 0.5)))(tensor([1], { dtype: 'float64', backend }));
    expect(g.dtype).toBe('float64');
    expect(g.backend).toBe(backend);
  });

  it('differentiates again, and again', () => {
    const f = (x: Tensor) => exp(mul(x, 2));
    const third = grad(grad(grad(f)));
    expect(third(tensor(0, { dtype: 'float64' })).item()).toBeCloseTo(8, 12);
    expect(grad(grad((x: Tensor) => sin(x)))(f64(0.5)).item()).toBeCloseTo(-Math.sin(0.5), 14);
  });

  it('tells the inner variable from the outer one', () => {
    // d/dx (x · d/dy (x + y)) = 1, where confusing the two would give 2.
    const f = (x: Tensor) => mul(x, grad((y: Tensor) => add(x, y))(1));
    expect(grad(f)(1).item()).toBe(1);
    // d/dx (x · d/dy (x·y)) = 2x
    expect(grad((x: Tensor) => mul(x, grad((y: Tensor) => mul(x, y))(5)))(3).item()).toBe(6);
  });

  it('gives Hessian-vector products', () => {
    const A = f64([
      [2, 1],
      [1, 3],
    ]);
    const quadratic = (x: Tensor) => sum(mul(x, matmul(A, x)));
    const v = f64([1, -1]);
    const hvp = grad((x: Tensor) => sum(mul(grad(quadratic)(x), v)));
    expect(hvp(f64([0.3, 0.7])).toArraySync()).toEqual([2, -4]);
  });

  it('wants a scalar', () => {
    expect(() => grad((x: Tensor) => square(x))(tensor([1, 2]))).toThrow(ShapeError);
    expect(() => grad((x: Tensor) => square(x))(tensor([1, 2]))).toThrow(
      'grad: the function must return a scalar, got shape [2]',
    );
    expect(() => grad(() => 3 as unknown as Tensor)(tensor([1]))).toThrow('must return a tensor');
  });

  it('wants floating point', () => {
    expect(() => grad((x: Tensor) => sum(x))(tensor([1], { dtype: 'int32' }))).toThrow(DTypeError);
    expect(() => grad((p: Tensor[]) => sum(p[0]!))([tensor([1]), tensor([true])])).toThrow(/grad: leaf 1 is bool/);
  });

  it('leaves nothing behind when the function throws', () => {
    const before = memory().tensors;
    const x = tensor([1, 2]);
    expect(() =>
      scope(() =>
        grad((v: Tensor) => {
          square(v);
          throw new RangeError('mine');
        })(x),
      ),
    ).toThrow('mine');
    expect(memory().tensors - before).toBe(1);
    // Its pins are void: a scope frees what that trace had held.
    scope(() => ops.neg(x).dataSync());
    expect(memory().tensors - before).toBe(1);
    x.dispose();
  });

  it('gives each leaf a tensor of its own', () => {
    const g = grad((p: Tensor[]) => sum(add(p[0]!, p[1]!)))([tensor([1]), tensor([2])]);
    g[0]!.dispose();
    expect(g[1]!.toArraySync()).toEqual([1]);
  });
});

describe('valueAndGrad', () => {
  it('gives both, free of the trace', () => {
    const [y, g] = valueAndGrad((x: Tensor) => sum(square(x)))(tensor([3, 4]));
    expect(y.item()).toBe(25);
    expect(g.toArraySync()).toEqual([6, 8]);
    expect(y.node).toBeNull();
    expect(g.node).toBeNull();
  });
});

describe('vjp', () => {
  it('pulls cotangents back, as often as wanted', () => {
    const [y, pull] = vjp((a: Tensor, b: Tensor) => mul(a, b), tensor([1, 2]), tensor([3, 4]));
    expect(y.toArraySync()).toEqual([3, 8]);
    for (const scale of [1, 10]) {
      const [ga, gb] = pull([scale, scale]) as [Tensor, Tensor];
      expect(ga.toArraySync()).toEqual([3 * scale, 4 * scale]);
      expect(gb.toArraySync()).toEqual([scale, 2 * scale]);
    }
  });

  it('leaves the cotangent to its owner', () => {
    const [, pull] = vjp((a: Tensor) => ops.add(a, 1), tensor([1, 2]));
    const g = tensor([5, 6]);
    (pull(g) as Tensor[])[0]!.dispose();
    expect(g.toArraySync()).toEqual([5, 6]);
  });

  it('wants a cotangent of the shape of the value', () => {
    const [, pull] = vjp((a: Tensor) => a, tensor([1, 2]));
    expect(() => pull([1])).toThrow('vjp: the cotangent has shape [1], the value [2]; they must agree.');
  });

  it('can be differentiated', () => {
    const f = (x: Tensor) => {
      const [, pull] = vjp((v: Tensor) => pow(v, 3), x);
      return (pull(1) as Tensor[])[0]!;
    };
    expect(grad(f)(2).item()).toBe(12);
  });
});

describe('with scopes', () => {
  it('a scope inside the function does not free what the backward pass needs', () => {
    const before = memory().tensors;
    const x = tensor([1, 2, 3]);
    const g = scope(() =>
      grad((v: Tensor) =>
        scope(() =>
          sum(
            mul(
              scope(() => square(v)),
              exp(mul(v, 0)),
            ),
          ),
        ),
      )(x),
    );
    expect(g.toArraySync()).toEqual([2, 4, 6].map((slope, i) => slope + 0 * i));
    expect(memory().tensors - before).toBe(2);
    g.dispose();
    x.dispose();
  });

  it('a thousand training steps leave no tensor behind', () => {
    const X = ops.reshape(ops.sin(ops.arange(40)), [10, 4]);
    const y = add(matmul(X, tensor([1, -2, 3, 0.5])), 0.25);
    const loss = ({ w, b }: { w: Tensor; b: Tensor }) => mean(square(sub(add(matmul(X, w), b), y)));
    let params = { w: ops.zeros([4]), b: tensor(0) };
    const start = memory();
    let first = 0;
    let last = 0;
    for (let step = 0; step < 1000; step++) {
      const old = params;
      params = scope(() => {
        const [value, g] = valueAndGrad(loss)(old);
        last = value.item();
        if (step === 0) first = last;
        return { w: sub(old.w, mul(g.w, 0.1)), b: sub(old.b, mul(g.b, 0.1)) };
      });
      old.w.dispose();
      old.b.dispose();
    }
    expect(memory()).toEqual(start);
    expect(last).toBeLessThan(first / 2);
  });
});
