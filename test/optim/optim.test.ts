import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import type { Backend } from '../../src/core/backend';
import { ConfigError } from '../../src/core/errors';
import { flattenNest, mapNest } from '../../src/core/nest';
import { scope } from '../../src/core/scope';
import { memory, Tensor } from '../../src/core/tensor';
import { tensor } from '../../src/ops/create';
import { mul, square, sub } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import * as optim from '../../src/optim/index';

const w = (): Tensor => tensor([1, -2, 3]);
const first = (nest: optim.TensorNest): number[] => [...(nest as Tensor[])[0]!.dataSync()];

describe('schedules', () => {
  it.each([
    // Keras: initial · ((1 − α)·½(1 + cos π t/T) + α)
    [
      'cosine',
      optim.cosine({ initialLearningRate: 2, decaySteps: 4, alpha: 0.5 }),
      [2, 1.8535533905932737, 1.5, 1.1464466094067263, 1, 1],
    ],
    [
      'cosine, warm-up',
      optim.cosine({ initialLearningRate: 0, decaySteps: 2, warmupTarget: 1, warmupSteps: 2 }),
      [0, 0.5, 1, 0.5, 0, 0],
    ],
    [
      'exponential',
      optim.exponential({ initialLearningRate: 1, decaySteps: 2, decayRate: 0.25 }),
      [1, 0.5, 0.25, 0.125],
    ],
    [
      'exponential, stairs',
      optim.exponential({ initialLearningRate: 1, decaySteps: 2, decayRate: 0.25, staircase: true }),
      [1, 1, 0.25, 0.25],
    ],
    ['inverseTime', optim.inverseTime({ initialLearningRate: 1, decaySteps: 2, decayRate: 2 }), [1, 0.5, 1 / 3, 0.25]],
    [
      'inverseTime, stairs',
      optim.inverseTime({ initialLearningRate: 1, decaySteps: 2, decayRate: 2, staircase: true }),
      [1, 1, 1 / 3, 1 / 3],
    ],
    [
      'polynomial',
      optim.polynomial({ initialLearningRate: 1, decaySteps: 4, endLearningRate: 0, power: 2 }),
      [1, 0.5625, 0.25, 0.0625, 0, 0],
    ],
    [
      'polynomial, cycles',
      optim.polynomial({ initialLearningRate: 1, decaySteps: 2, endLearningRate: 0, cycle: true }),
      [1, 0.5, 0, 0.25, 0, 1 / 6],
    ],
    ['piecewise', optim.piecewise({ boundaries: [1, 3], values: [3, 2, 1] }), [3, 3, 2, 2, 1, 1]],
    ['step', optim.step({ initialLearningRate: 1, stepSize: 2, gamma: 0.5 }), [1, 1, 0.5, 0.5, 0.25]],
    [
      'warmup',
      optim.warmup({
        learningRate: optim.step({ initialLearningRate: 1, stepSize: 1, gamma: 0.5 }),
        warmupSteps: 2,
        initialLearningRate: 0.5,
      }),
      [0.5, 0.75, 1, 0.5, 0.25],
    ],
  ] as const)('%s', (_, schedule, expected) => {
    expected.forEach((rate, step) => expect(schedule(step)).toBeCloseTo(rate, 12));
  });

  it.each([
    () => optim.cosine({ initialLearningRate: -1, decaySteps: 2 }),
    () => optim.cosine({ initialLearningRate: 1, decaySteps: 0 }),
    () => optim.exponential({ initialLearningRate: 1, decaySteps: 1, decayRate: Number.NaN }),
    () => optim.polynomial({ initialLearningRate: 1, decaySteps: Number.NaN }),
    () => optim.piecewise({ boundaries: [2, 1], values: [1, 2, 3] }),
    () => optim.piecewise({ boundaries: [1], values: [1] }),
    () => optim.step({ initialLearningRate: 1, stepSize: 0 }),
    () => optim.warmup({ learningRate: 1, warmupSteps: -1 }),
  ])('refuse what makes no sense: %s', (make) => {
    expect(make).toThrow(ConfigError);
  });
});

describe('options', () => {
  it.each([
    [() => optim.adam({ beta1: 1 }), /beta1 must be in \[0, 1\), got 1/],
    [() => optim.adam({ epsilon: -1 }), /epsilon/],
    [() => optim.adam({ learningRate: Number.NaN }), /adam: learningRate .* got NaN/],
    [() => optim.adam({ rate: 1 } as object), /adam: unknown option 'rate'/],
    [() => optim.adam({ epsilonMode: 'torch' as 'corrected' }), /epsilonMode/],
    [() => optim.sgd({ momentum: -0.1 }), /momentum/],
    [() => optim.sgd({ clipnorm: 1, clipvalue: 1 }), /one of clipnorm/],
    [() => optim.sgd({ weightDecay: -1 }), /rate must be a finite number/],
    [() => optim.clipByValue(0), /limit must be a positive number/],
    [() => optim.clipByGlobalNorm(Number.NaN), /positive/],
    [() => optim.adagrad({ initialAccumulatorValue: -1 }), /initialAccumulatorValue/],
    [() => optim.chain(optim.sgd as never), /piece 0 is not an optimiser/],
    [() => optim.resolveOptimizer('adamw' as never), /"adamw" is not one\. Use sgd, adam, adamW/],
    [() => optim.resolveOptimizer('constructor' as never), /not one/],
    [() => optim.resolveOptimizer(null as never), /not one/],
  ])('%s', (make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('are data, from which the optimiser is made again', () => {
    const optimizer = optim.adamW({ learningRate: 0.1, clipnorm: 2, beta1: 0.5 });
    const again = optim.resolveOptimizer(JSON.parse(JSON.stringify(optimizer.config)));
    const g = [tensor([5, -1, 0.3])];
    const params = [w()];
    const step = (o: optim.Optimizer): number[] => first(o.update(g, o.init(params), params)[0]);
    expect(step(again)).toEqual(step(optimizer));
    expect(again.config).toEqual(optimizer.config);
    expect(optim.resolveOptimizer(optimizer)).toBe(optimizer);
    expect(optim.adam({ learningRate: () => 0.1 }).config).toBeUndefined();
  });
});

describe('state', () => {
  const optimizers = {
    sgd: optim.sgd({ momentum: 0.9 }),
    adam: optim.adam({ amsgrad: true }),
    rmsprop: optim.rmsprop({ centered: true }),
    adagrad: optim.adagrad(),
  };

  it.each(Object.entries(optimizers))('of %s is tensors, and is not changed by a step', (_, optimizer) => {
    const params = [w()];
    const state = optimizer.init(params);
    expect(flattenNest(state).leaves.every((x) => x instanceof Tensor)).toBe(true);
    const print = (): string =>
      JSON.stringify(state, (__, x) => (typeof x?.dataSync === 'function' ? [...x.dataSync()] : x));
    const before = print();
    optimizer.update([tensor([1, 2, 3])], state, params);
    expect(print()).toBe(before);
  });

  it('carries a learning rate that can be set', () => {
    const optimizer = optim.adamW({ learningRate: 0.1 });
    const params = [w()];
    const state = optimizer.init(params);
    expect(optim.learningRateOf(state)).toBe(0.1);
    const g = [tensor([1, 1, 1])];
    const slower = optimizer.update(g, optim.withLearningRate(state, 0.05), params);
    const faster = optimizer.update(g, state, params);
    first(faster[0]).forEach((u, i) => expect(first(slower[0])[i]).toBeCloseTo(u / 2, 7));
    expect(optim.learningRateOf(slower[1])).toBe(0.05);
    expect(optim.learningRateOf(state)).toBe(0.1);
  });

  it('has none to set where a schedule is', () => {
    const state = optim.adam({ learningRate: () => 0.1 }).init([w()]);
    expect(optim.learningRateOf(state)).toBeNull();
    expect(() => optim.withLearningRate(state, 1)).toThrow(/a schedule sets it/);
  });

  it('of a schedule counts steps from 0', () => {
    const asked: number[] = [];
    const optimizer = optim.sgd({ learningRate: (step) => 0.1 / asked.push(step) });
    let state = optimizer.init([w()]);
    for (let i = 0; i < 3; i++) [, state] = optimizer.update([w()], state, [w()]);
    expect(asked).toEqual([0, 1, 2]);
  });

  it.each(Object.entries(optimizers))('of %s may hold host numbers, as after JSON', (_, optimizer) => {
    const params = [w()];
    const g = [tensor([1, 2, 3])];
    const [, state] = optimizer.update(g, optimizer.init(params), params);
    const plain = mapNest(state, (x) => (x instanceof Tensor && x.rank === 0 ? x.item() : x));
    const [[expected, next], [got, after]] = [optimizer.update(g, state, params), optimizer.update(g, plain, params)];
    expect(first(got)).toEqual(first(expected));
    expect(flattenNest(after).leaves.map((x) => (x as Tensor).dtype)).toEqual(
      flattenNest(next).leaves.map((x) => (x as Tensor).dtype),
    );
  });

  it('counts in double precision where the backend has it, else in single', () => {
    const host = reference();
    const single: Backend = Object.create(host, { dtypes: { value: ['float32'] } });
    for (const [backend, dtype] of [
      [host, 'float64'],
      [single, 'float32'],
    ] as const) {
      const params = [tensor([1, -2, 3], { backend })];
      const state = optim.adam({ learningRate: 0.5 }).init(params);
      const scalars = flattenNest(state).leaves.filter((x) => (x as Tensor).rank === 0) as Tensor[];
      expect(scalars.map((x) => [x.dtype, x.backend])).toEqual([
        [dtype, backend],
        [dtype, backend],
        [dtype, backend],
      ]);
      const [updates] = optim.adam({ learningRate: 0.5 }).update([params[0]!], state, params);
      first(updates).forEach((u, i) => {
        expect(u).toBeCloseTo([-0.5, 0.5, -0.5][i]!, 4);
      });
    }
  });

  it('can be freed when the next one is there', () => {
    const optimizer = optim.adamW({ learningRate: 0.1 });
    const params = [w()];
    const state = optimizer.init(params);
    const [, next] = optimizer.update(params, state, params);
    dispose(state);
    expect(optim.learningRateOf(next)).toBe(0.1);
  });

  it('that does not fit is refused', () => {
    const optimizer = optim.adam();
    const state = optimizer.init({ a: w() });
    expect(() => optimizer.update({ b: w() }, state, { b: w() })).toThrow(/state\.m has no tensor at 'b'/);
    expect(() => optimizer.update({ a: w() }, [], { a: w() })).toThrow(/not one for 2 pieces/);
    expect(() => optimizer.update({ a: tensor([1, 2]) }, state, { a: w() })).toThrow(/one shape/);
    expect(() => optim.sgd({ learningRate: () => Number.NaN }).update([w()], [{ step: 3 }], [w()])).toThrow(
      /returned NaN at step 3/,
    );
  });
});

describe('an optimiser', () => {
  it('decays only what the filter says', () => {
    const optimizer = optim.sgd({
      learningRate: 0.5,
      weightDecay: 0.1,
      weightDecayFilter: (path) => path.endsWith('kernel'),
    });
    const params = { dense: { kernel: w(), bias: w() } };
    const zero = { dense: { kernel: tensor([0, 0, 0]), bias: tensor([0, 0, 0]) } };
    const [updates] = optimizer.update(zero, optimizer.init(params), params);
    const { kernel, bias } = (updates as typeof zero).dense;
    expect([...kernel.dataSync()].map((u) => Math.round(u * 1e6) / 1e6)).toEqual([-0.05, 0.1, -0.15]);
    expect([...bias.dataSync()].map(Math.abs)).toEqual([0, 0, 0]);
  });

  it('passes NaN on', () => {
    const [updates] = optim.clipByGlobalNorm(1).update([tensor([1, Number.NaN]), tensor([1])], {}, []);
    expect([...(updates as Tensor[])[1]!.dataSync()]).toEqual([Number.NaN]);
  });

  it('leaves nothing behind but updates and state', () => {
    const params = [w()];
    const optimizer = optim.adamW({ learningRate: 0.1, epsilonMode: 'corrected', globalClipnorm: 1 });
    const state = optimizer.init(params);
    const before = memory().tensors;
    const result = optimizer.update(params, state, params);
    expect(memory().tensors - before).toBe(flattenNest<unknown>(result as never).leaves.length);
  });

  it('can be differentiated through', () => {
    // So large an epsilon makes the first step of Adam depend on the size of the gradient.
    const optimizer = optim.adam({ learningRate: 0.1, epsilon: 1 });
    const target = tensor([0.5, 0.5, 0.5]);
    const loss = (x: Tensor): Tensor => sum(square(sub(x, target)));
    const after = (scale: Tensor): Tensor => {
      const x = w();
      const g = mul(grad(loss)(x), scale);
      const [updates] = optimizer.update(g, optimizer.init(x), x);
      return loss(optim.applyUpdates(x, updates as Tensor));
    };
    const at = (s: number): number => after(tensor(s)).item();
    const slope = grad(after)(tensor(1)).item();
    expect(slope).toBeLessThan(-0.01);
    expect(slope).toBeCloseTo((at(1.05) - at(0.95)) / 0.1, 3);
  });

  it('can be differentiated by its learning rate', () => {
    const optimizer = optim.chain(optim.adamW({ learningRate: 0.1, weightDecay: 0.1 }));
    const x = w();
    const g = tensor([0.5, -0.25, 2]);
    const energyAt = (rate: Tensor): Tensor => {
      const state = mapRates(optimizer.init(x), rate);
      return sum(square(optim.applyUpdates(x, optimizer.update(g, state, x)[0] as Tensor)));
    };
    const rate = (value: number): Tensor => tensor(value, { dtype: 'float64' });
    const slope = grad(energyAt)(rate(0.1)).item();
    expect(slope).toBeCloseTo((energyAt(rate(0.11)).item() - energyAt(rate(0.09)).item()) / 0.02, 3);
  });

  it('leaks nothing over many steps', () => {
    const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.adamW({ learningRate: 0.01 }));
    let params: optim.TensorNest = { a: w(), b: [w()] };
    let state = optimizer.init(params);
    const before = memory().tensors;
    for (let i = 0; i < 200; i++) {
      const old = [params, state];
      [params, state] = scope(() => {
        const [updates, next] = optimizer.update(params, state, params);
        return [optim.applyUpdates(params, updates), next];
      });
      dispose(old);
    }
    expect(memory().tensors).toBe(before);
  });
});

/** The state with a traced learning rate in the place of every one. */
function mapRates(state: unknown, rate: Tensor): optim.OptimizerState {
  if (state instanceof Tensor || typeof state !== 'object' || state === null) return state as Tensor;
  if (Array.isArray(state)) return state.map((part) => mapRates(part, rate));
  return 'learningRate' in state ? { ...state, learningRate: rate } : (state as optim.OptimizerState);
}

function dispose(x: unknown): void {
  if (typeof x !== 'object' || x === null) return;
  if ('dispose' in x) (x as Tensor).dispose();
  else for (const y of Object.values(x)) dispose(y);
}
