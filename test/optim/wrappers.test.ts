import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile';
import { ConfigError } from '../../src/core/errors';
import { flattenNest } from '../../src/core/nest';
import { memory, Tensor } from '../../src/core/tensor';
import { tensor } from '../../src/ops/create';
import { add, mul, square, sub } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import * as optim from '../../src/optim/index';

const w = (): Tensor => tensor([1, -2, 3]);
const g = (scale = 1): Tensor => tensor([0.5 * scale, -1 * scale, 0.25 * scale]);
const valuesOf = (x: optim.TensorNest): number[] =>
  flattenNest<Tensor>(x as never).leaves.flatMap((t) => Array.from(t.dataSync() as ArrayLike<number>));

const EVERY: Record<string, optim.Optimizer> = {
  adadelta: optim.adadelta(),
  nadam: optim.nadam(),
  adamax: optim.adamax(),
  lion: optim.lion(),
  radam: optim.radam(),
  rprop: optim.rprop(),
  asgd: optim.asgd(),
  ftrl: optim.ftrl(),
  adafactor: optim.adafactor(),
  accumulate: optim.accumulate(optim.adam(), 3),
  ema: optim.ema(optim.sgd(), { overwriteFrequency: 2 }),
  lookahead: optim.lookahead(optim.sgd()),
  gradScaler: optim.gradScaler(optim.adam()),
  'all of a recipe': optim.adamW({
    clipnorm: 1,
    gradientAccumulationSteps: 2,
    useEma: true,
    lossScaleFactor: 8,
  }),
};

describe.each(Object.entries(EVERY))('%s', (_, optimizer) => {
  it('keeps its memory in tensors, changes none, and leaves nothing behind', () => {
    const params = [w(), tensor([[1, 2]])];
    const grads = [g(), tensor([[0.1, -0.2]])];
    const state = optimizer.init(params);
    expect(flattenNest(state).leaves.every((x) => x instanceof Tensor)).toBe(true);
    const before = valuesOf(state as optim.TensorNest);
    const { tensors } = memory();
    const result = optimizer.update(grads, state, params);
    expect(valuesOf(state as optim.TensorNest)).toEqual(before);
    // A state may hand on tensors that have not changed, which are not counted again.
    const kept = new Set(flattenNest<unknown>(state as never).leaves);
    const made = flattenNest<unknown>(result as never).leaves.filter(
      (t) => !kept.has(t) && !grads.includes(t as Tensor),
    );
    expect(memory().tensors - tensors).toBe(new Set(made).size);
  });

  it('computes the same compiled', () => {
    const step = (args: { w: Tensor; g: Tensor; state: optim.OptimizerState }) => {
      const [updates, state] = optimizer.update([args.g], args.state, [args.w]);
      return { updates, state };
    };
    const planned = compile(step as never) as unknown as typeof step;
    let [eager, plan] = [optimizer.init([w()]), optimizer.init([w()])];
    for (let t = 0; t < 4; t++) {
      const [a, b] = [step({ w: w(), g: g(1 + t), state: eager }), planned({ w: w(), g: g(1 + t), state: plan })];
      valuesOf(a.updates).forEach((u, i) => expect(valuesOf(b.updates)[i]).toBeCloseTo(u, 6));
      [eager, plan] = [a.state, b.state];
    }
  });

  it('may find host numbers in its state, as after JSON', () => {
    const first = optimizer.update([g()], optimizer.init([w()]), [w()])[1];
    const flat = flattenNest<Tensor | number>(first);
    const plain = flat.rebuild(flat.leaves.map((x) => (x instanceof Tensor && x.rank === 0 ? x.item() : x)));
    const [a] = optimizer.update([g()], first, [w()]);
    const [b] = optimizer.update([g()], plain as optim.OptimizerState, [w()]);
    expect(valuesOf(b)).toEqual(valuesOf(a));
  });
});

describe('every name', () => {
  it.each(['adadelta', 'nadam', 'adamax', 'lion', 'radam', 'rprop', 'asgd', 'ftrl', 'adafactor'] as const)(
    '%s is found, comes back from its config, and goes downhill',
    (name) => {
      const optimizer = optim.resolveOptimizer({ name, learningRate: 0.1, weightDecay: 0.01 });
      const again = optim.resolveOptimizer(JSON.parse(JSON.stringify(optimizer.config)));
      expect(again.config).toEqual(optimizer.config);
      let params: optim.TensorNest = [w()];
      let state = again.init(params);
      const energy = () => valuesOf(params).reduce((e, x) => e + x * x, 0);
      const before = energy();
      for (let t = 0; t < 20; t++) {
        const [updates, next] = again.update([mul((params as Tensor[])[0]!, 2)], state, params);
        [params, state] = [optim.applyUpdates(params, updates), next];
      }
      expect(energy()).toBeLessThan(before);
    },
  );
});

describe('gradScaler', () => {
  it('leaves steps out that overflowed, and steers the scale', () => {
    const optimizer = optim.gradScaler(optim.adam({ learningRate: 0.1 }), { initialScale: 4, growthInterval: 2 });
    const params = [w()];
    const scaleOf = (s: optim.OptimizerState) => (optim.lossScaleOf(s) as Tensor).item();
    let state = optimizer.init(params);
    const scales = [scaleOf(state)];
    const moved: boolean[] = [];
    for (const bad of [false, false, true, false, true]) {
      const grads = [bad ? tensor([1, Number.POSITIVE_INFINITY, 0]) : g(scaleOf(state))];
      const [updates, next] = optimizer.update(grads, state, params);
      moved.push(valuesOf(updates).some((u) => u !== 0));
      expect(valuesOf(updates).every(Number.isFinite)).toBe(true);
      state = next;
      scales.push(scaleOf(state));
    }
    expect(scales).toEqual([4, 4, 8, 4, 4, 2]);
    expect(moved).toEqual([true, true, false, true, false]);
    // The optimiser inside saw three steps, and gradients without the scale.
    const plain = optim.adam({ learningRate: 0.1 });
    let expected = plain.init(params);
    for (let t = 0; t < 3; t++) [, expected] = plain.update([g()], expected, params);
    expect(valuesOf((state as optim.TensorNest[])[0]!)).toEqual(valuesOf(expected as optim.TensorNest));
  });

  it('lets the learning rate be read and set', () => {
    const state = optim.gradScaler(optim.adam({ learningRate: 0.1 })).init([w()]);
    expect(optim.learningRateOf(optim.withLearningRate(state, 0.2))).toBe(0.2);
    expect(optim.learningRateOf(optim.sgd({ useEma: true, gradientAccumulationSteps: 2 }).init([w()]))).toBe(0.01);
  });
});

describe('lossScaleFactor', () => {
  it('is found in the state, and taken out of gradients before they are clipped', () => {
    const plain = optim.sgd({ clipvalue: 0.4 });
    const scaled = optim.sgd({ clipvalue: 0.4, lossScaleFactor: 16 });
    const state = scaled.init([w()]);
    expect((optim.lossScaleOf(state) as Tensor).item()).toBe(16);
    expect(optim.lossScaleOf(plain.init([w()]))).toBeNull();
    expect(valuesOf(scaled.update([g(16)], state, [w()])[0])).toEqual(
      valuesOf(plain.update([g()], plain.init([w()]), [w()])[0]),
    );
  });
});

describe('lbfgs', () => {
  it('finds the minimum of a quadratic in nested tensors of either precision', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const target = { a: tensor([1, 2], { dtype }), b: [tensor([[3]], { dtype })] };
      const x0 = { a: tensor([0, 0], { dtype }), b: [tensor([[0]], { dtype })] };
      const f = (x: typeof x0): Tensor =>
        add(sum(square(sub(x.a, target.a))), mul(sum(square(sub(x.b[0]!, target.b[0]!))), 10));
      const { x, converged, value, reason } = optim.lbfgs(f, x0);
      expect([converged, x.a.dtype]).toEqual([true, dtype]);
      valuesOf(x as never).forEach((v, i) => expect(v).toBeCloseTo([1, 2, 3][i]!, 4));
      expect(value).toBeLessThan(1e-8);
      expect(['gradient', 'value']).toContain(reason);
      expect(valuesOf(x0 as never)).toEqual([0, 0, 0]);
    }
  });

  it('says when it did not get there', () => {
    const valley = (x: Tensor): Tensor => {
      const [a, b] = [sum(mul(x, tensor([1, 0]))), sum(mul(x, tensor([0, 1])))];
      return add(square(sub(1, a)), mul(square(sub(b, square(a))), 100));
    };
    const { converged, iterations, reason } = optim.lbfgs(valley, tensor([-1.2, 1]), { maxIter: 3 });
    expect([converged, iterations, reason]).toEqual([false, 3, 'iterations']);
  });

  it.each([
    [() => optim.lbfgs((x: Tensor) => sum(x), w(), { maxIter: -1 }), /maxIter must be/],
    [() => optim.lbfgs((x: Tensor) => sum(x), w(), { tolerance: 1 } as object), /unknown option 'tolerance'/],
    [() => optim.lbfgs((x: Tensor) => sum(mul(x, Number.NaN)), w()), /f is NaN at x0/],
  ])('refuses %s', (run, message) => {
    expect(run).toThrow(ConfigError);
    expect(run).toThrow(message);
  });
});

it('cosineRestarts falls again and again, each time for longer', () => {
  const rate = optim.cosineRestarts({ initialLearningRate: 2, firstDecaySteps: 2, tMul: 2, mMul: 0.5, alpha: 0.5 });
  // Periods 2, 4, 8; heights 1, ½, ¼: 2·((1 − ½)·½·h(1 + cos πτ) + ½)
  [2, 1.5, 1.5, 1.4267766952966369, 1.25, 1.0732233047033631, 1.25].forEach((r, t) =>
    expect(rate(t)).toBeCloseTo(r, 12),
  );
  const even = optim.cosineRestarts({ initialLearningRate: 1, firstDecaySteps: 3, tMul: 1 });
  expect([even(0), even(3), even(300)]).toEqual([1, 1, 1]);
  expect(even(302)).toBeCloseTo(even(2), 12);
});

it.each([
  [() => optim.accumulate(optim.sgd(), 0), /integer ≥ 1, got 0/],
  [() => optim.sgd({ gradientAccumulationSteps: 1.5 }), /integer ≥ 1, got 1.5/],
  [() => optim.ema(optim.sgd(), { momentum: 1 }), /momentum must be in \[0, 1\)/],
  [() => optim.sgd({ useEma: true, emaOverwriteFrequency: 0 }), /overwriteFrequency/],
  [() => optim.adam({ lossScaleFactor: 0 }), /lossScaleFactor must be a positive number, got 0/],
  [() => optim.gradScaler(optim.adam as never), /give the optimiser/],
  [() => optim.gradScaler(optim.adam(), { growthFactor: 1 }), /growthFactor/],
  [() => optim.lookahead(optim.sgd(), { slowStepSize: 2 }), /slowStepSize/],
  [() => optim.rprop({ learningRate: () => 1 }), /there is no schedule/],
  [() => optim.rprop({ etas: [1, 2] }), /etas/],
  [() => optim.ftrl({ learningRatePower: 1 }), /learningRatePower/],
  [() => optim.ftrl({ learningRate: 0 }), /positive, got 0/],
  [() => optim.ftrl({ l1RegularizationStrength: -1 }), /l1/],
  [() => optim.adafactor({ clipThreshold: 0 }), /clipThreshold/],
  [() => optim.lion({ epsilon: 1 } as object), /lion: unknown option 'epsilon'/],
  [() => optim.asgd({ t0: Number.NaN }), /t0/],
  [() => optim.cosineRestarts({ initialLearningRate: 1, firstDecaySteps: 1, tMul: 0.5 }), /tMul/],
])('refuses %s', (make, message) => {
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});
