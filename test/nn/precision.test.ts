import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import type { Backend } from '../../src/core/backend';
import { ConfigError, NonFiniteError } from '../../src/core/errors';
import { flattenNest } from '../../src/core/nest';
import { abs, mean, mul, sqrt, type Tensor, tensor } from '../../src/index';
import {
  type BatchLike,
  backup,
  batchNorm,
  type Callback,
  type CompileOptions,
  dense,
  loadModel,
  maxNorm,
  type Sequential,
  sequential,
} from '../../src/nn/index';
import { adam, gradScaler, lossScaleOf, type Optimizer, type OptimizerState, sgd } from '../../src/optim/index';
import { halfBackend, toHalf } from './half';

/** They round to 16 bits, as far as `fit` knows. */
const mixed = (): Backend => ({ ...reference(), mixed: true });
const mixedPlans = (): Backend => Object.defineProperty(wasm({ threads: 1 }), 'mixed', { value: true });

const product = (yTrue: Tensor, yPred: Tensor): Tensor => mean(mul(yTrue, yPred), { axis: -1 });
const stateOf = (m: Sequential): OptimizerState => m.variables.optimizerState!;
const scaleOf = (m: Sequential): number => (lossScaleOf(stateOf(m)) as Tensor).item();
const weightsOf = (m: Sequential): number[] => m.getWeights().flatMap((t) => [...(t.dataSync() as Float32Array)]);
const valuesOf = (s: OptimizerState): number[] =>
  flattenNest(s as never).leaves.flatMap((t) => [...((t as Tensor).dataSync() as Float32Array)]);

function linear(optimizer: Optimizer | 'sgd', backend: Backend, options: Partial<CompileOptions> = {}): Sequential {
  const m = sequential([dense({ units: 1, useBias: false })], { inputShape: [1], seed: 1, backend });
  m.setWeights([tensor([[0.5]], { backend })]);
  m.compile({ optimizer, loss: product, ...options });
  return m;
}

describe('the scale of the loss in fit', () => {
  const golden = JSON.parse(readFileSync(new URL('../fixtures/nn/loss-scale.json', import.meta.url), 'utf8')) as Record<
    'adam' | 'momentum',
    { scales: [number, number][]; weights: [number, number][] }
  > & {
    small: number[];
    overflows: number[];
    batches: number;
  };

  it.each([
    ['adam', () => adam({ learningRate: 0.01 })],
    ['momentum', () => sgd({ learningRate: 0.001, momentum: 0.9, useEma: true, emaMomentum: 0.9 })],
  ] as const)('goes as that of Keras, and so do the weights (%s)', { timeout: 60_000 }, async (name, make) => {
    const { small, overflows, batches } = golden;
    const m = linear(make(), mixedPlans());
    const scales: number[] = [];
    const weights: number[] = [];
    const data = function* (): Iterable<BatchLike> {
      for (let i = 0; i < batches; i++) yield [[[overflows.includes(i) ? 1e37 : small[i % 7]!]], [[1]]];
    };
    const record: Callback = {
      onBatchEnd: () => {
        scales.push(scaleOf(m));
        weights.push(weightsOf(m)[0]!);
      },
    };
    await m.fit(data, undefined, { callbacks: [record], verbose: 0 });
    const changes = scales.flatMap((s, i) => (i === 0 || s !== scales[i - 1] ? [[i, s]] : []));
    expect(changes).toEqual(golden[name].scales);
    for (const [i, wanted] of golden[name].weights) {
      expect(Math.abs(weights[i]! - wanted) / Math.max(1, Math.abs(wanted)), `batch ${i}`).toBeLessThan(2e-5);
    }
  });
});

describe('a step that overflows', () => {
  it('changes no weight, no moment and no average, not a bit', async () => {
    const backend = mixed();
    const m = sequential([dense({ units: 3, kernelConstraint: maxNorm(0.7) }), dense({ units: 1 })], {
      inputShape: [2],
      seed: 4,
      backend,
    });
    m.compile({ optimizer: adam({ useEma: true, globalClipnorm: 1 }), loss: product });
    await m.fit(
      [
        [1, 2],
        [-1, 0.5],
      ],
      [[1], [2]],
      { epochs: 3, verbose: 0 },
    );
    m.setWeights(m.getWeights().map((t, i) => (i === 1 ? mul(abs(t), -0) : t)));
    const [weights, moments] = [weightsOf(m), valuesOf((stateOf(m) as OptimizerState[])[0]!)];
    expect(weights.some((w) => Object.is(w, -0))).toBe(true);
    const scale = scaleOf(m);
    await m.trainOnBatch([[1e37, 1e37]], [[1]]);
    weightsOf(m).forEach((w, i) => {
      expect(Object.is(w, weights[i])).toBe(true);
    });
    expect(valuesOf((stateOf(m) as OptimizerState[])[0]!)).toEqual(moments);
    expect(scaleOf(m)).toBe(scale / 2);
  });

  it('stops training where no scale would help, and where the loss itself is not finite', async () => {
    const m = linear('sgd', mixed());
    const broken = (_: Tensor, yPred: Tensor): Tensor => mean(sqrt(abs(yPred)), { axis: -1 });
    // Its gradient at weight 0 is NaN whatever the scale is.
    m.setWeights([tensor([[0]], { backend: m.backend })]);
    m.compile({ optimizer: 'sgd', loss: broken });
    const x = Array.from({ length: 60 }, () => [1]);
    const y = x.map(() => [1]);
    const failed = m.fit(x, y, { batchSize: 1, verbose: 0 });
    await expect(failed).rejects.toThrow(NonFiniteError);
    await expect(failed).rejects.toThrow(/batch 40\..*gradient.*'dense'/);
    expect(weightsOf(m)).toEqual([0]);
    const other = linear('sgd', mixed());
    await expect(other.fit([[Number.NaN]], [[1]], { verbose: 0 })).rejects.toThrow(/batch 1.*input itself/);
  });
});

describe('where the loss is scaled', () => {
  const scaleAfter = async (m: Sequential): Promise<Tensor | number | null> => {
    await m.fit([[1]], [[1]], { verbose: 0 });
    return lossScaleOf(stateOf(m));
  };

  it('is on backends that round to 16 bits, unless told otherwise', async () => {
    expect(((await scaleAfter(linear('sgd', mixed()))) as Tensor).item()).toBe(2 ** 15);
    expect(await scaleAfter(linear('sgd', reference()))).toBeNull();
    expect(await scaleAfter(linear('sgd', mixed(), { autoScaleLoss: false }))).toBeNull();
    expect(() => linear('sgd', mixed(), { autoScaleLoss: 1 as never })).toThrow(ConfigError);
  });

  it('is not around an optimiser that does so already', async () => {
    for (const backend of [mixed(), reference()]) {
      const own = linear(gradScaler(sgd(), { initialScale: 8 }), backend);
      expect(((await scaleAfter(own)) as Tensor).item()).toBe(8);
      expect(((await scaleAfter(linear(sgd({ lossScaleFactor: 4 }), backend))) as Tensor).item()).toBe(4);
    }
  });

  it('goes with the backend, not with the file', async () => {
    const m = sequential([dense({ units: 1 })], { inputShape: [1], backend: mixed() });
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError', autoScaleLoss: false });
    const bytes = await m.toBytes();
    const same = await loadModel<Sequential>(bytes, { backend: mixed() });
    expect(same.compileOptions).toMatchObject({ optimizer: 'sgd', autoScaleLoss: false });
    expect(await scaleAfter(same)).toBeNull();
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const again = await m.toBytes();
    expect(await scaleAfter(await loadModel<Sequential>(again, { backend: reference() }))).toBeNull();
    expect(await scaleAfter(await loadModel<Sequential>(again, { backend: mixed() }))).not.toBeNull();
  });
});

describe('resuming', () => {
  const dir = mkdtempSync(join(tmpdir(), 'scale-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const x = Array.from({ length: 8 }, (_, i) => [i === 1 || i === 6 ? 1e37 : 1 + i / 8]);
  const y = x.map(() => [1]);
  const stopAt = (at: number): Callback => ({
    onBatchEnd: (b) => {
      if (b === at) throw new Error('the lights went out');
    },
  });

  it('keeps the scale, and goes on to the same bits', async () => {
    const whole = linear('sgd', mixed());
    const how = { batchSize: 1, shuffle: false, epochs: 2, verbose: 0 };
    await whole.fit(x, y, how);
    const own = join(dir, 'same');
    const broken = linear('sgd', mixed());
    await expect(
      broken.fit(x, y, { ...how, callbacks: [backup({ dir: own, every: 1 }), stopAt(3)] }),
    ).rejects.toThrow();
    const again = linear('sgd', mixed());
    await again.fit(x, y, { ...how, callbacks: [backup({ dir: own, every: 1 })] });
    expect(weightsOf(again)).toEqual(weightsOf(whole));
    expect([scaleOf(again), scaleOf(whole)]).toEqual([2 ** 11, 2 ** 11]);
    expect(valuesOf(stateOf(again))).toEqual(valuesOf(stateOf(whole)));
  });

  it('goes on with other precision, too', async () => {
    const calm = x.map(() => [1]);
    for (const [from, to] of [
      [mixed, reference],
      [reference, mixed],
    ] as const) {
      const own = join(dir, from === mixed ? 'down' : 'up');
      const how = { batchSize: 1, shuffle: false, verbose: 0 };
      const begun = linear('sgd', from());
      const callbacks = [backup({ dir: own, every: 1 }), stopAt(3)];
      await expect(begun.fit(calm, y, { ...how, callbacks })).rejects.toThrow('lights');
      const ended = linear('sgd', to());
      await ended.fit(calm, y, { ...how, callbacks: [backup({ dir: own, every: 1 })] });
      expect(weightsOf(ended)[0]).toBeCloseTo(0.5 - 8 * 0.01, 6);
      expect(lossScaleOf(stateOf(ended)) === null).toBe(to === reference);
    }
  });
});

describe('training in 16 bits', () => {
  it('rounds as float16 does', () => {
    const cases = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 1.5 * 2 ** -24, 65519, 65520, -1e9, 0.1];
    const wanted = [
      1,
      1 + 2 ** -9,
      0,
      2 ** -23,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0.0999755859375,
    ];
    expect(cases.map(toHalf)).toEqual(wanted);
  });

  it('learns from gradients that would vanish without the scale, and finds the scale at which none overflows', async () => {
    const run = async (autoScaleLoss: boolean) => {
      const backend = halfBackend();
      const m = sequential(
        [dense({ units: 4, activation: 'tanh' }), batchNorm(), dense({ units: 1, useBias: false })],
        {
          inputShape: [2],
          seed: 3,
          backend,
        },
      );
      const faint = (yTrue: Tensor, yPred: Tensor): Tensor => mul(product(yTrue, yPred), 2 ** -26);
      m.compile({ optimizer: sgd({ learningRate: 2 ** 20 }), loss: faint, autoScaleLoss });
      const before = weightsOf(m);
      await m.fit(
        [
          [1, 2],
          [3, -1],
          [0.5, 1],
          [2, 2],
        ],
        [[1], [2], [-1], [1]],
        { epochs: 3, batchSize: 2, seed: 1, verbose: 0 },
      );
      return weightsOf(m).filter((w, i) => w !== before[i]).length;
    };
    // Only what no product is between can learn: the running statistics.
    expect(await run(false)).toBeLessThan(await run(true));
    const steep = sequential([dense({ units: 1, useBias: false })], {
      inputShape: [1],
      seed: 1,
      backend: halfBackend(),
    });
    steep.compile({ optimizer: sgd({ learningRate: 1e-6 }), loss: (a, b) => mul(product(a, b), 1000) });
    await steep.fit(
      Array.from({ length: 20 }, () => [2]),
      Array.from({ length: 20 }, () => [1]),
      { batchSize: 1, verbose: 0 },
    );
    expect(scaleOf(steep)).toBe(2 ** 6);
  });
});
