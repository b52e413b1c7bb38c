import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { scope, tensor, to, zeros } from '../../src/index';
import { batchNorm, dense, dropout, flatten, Sequential, sequential } from '../../src/nn/index';

const net = (seed: number | string = 1): Sequential =>
  sequential([dense({ units: 4, activation: 'relu' }), dropout({ rate: 0.5 }), batchNorm(), dense({ units: 2 })], {
    inputShape: [3],
    seed,
  });

const values = (m: Sequential): number[] => m.getWeights().flatMap((t) => Array.from(t.dataSync()));

describe('sequential', () => {
  it('names layers as Keras does', () => {
    const m = sequential([dense({ units: 1 }), dense({ units: 1, name: 'dense_1' }), dense({ units: 1 }), flatten()]);
    expect(m.layerNames).toEqual(['dense', 'dense_1', 'dense_2', 'flatten']);
    expect(() => sequential([dense({ units: 1, name: 'a' }), dense({ units: 1, name: 'a' })])).toThrow(
      /two layers are named 'a'/,
    );
  });

  it('knows its shapes and weights, in Keras order', () => {
    const m = net();
    expect([m.inputShape, m.outputShape, m.isBuilt]).toEqual([[3], [2], true]);
    expect(m.weights.map((w) => [w.path, w.shape, w.trainable])).toEqual([
      ['dense/kernel', [3, 4], true],
      ['dense/bias', [4], true],
      ['batchNorm/gamma', [4], true],
      ['batchNorm/beta', [4], true],
      ['batchNorm/movingMean', [4], false],
      ['batchNorm/movingVariance', [4], false],
      ['dense_1/kernel', [4, 2], true],
      ['dense_1/bias', [2], true],
    ]);
    expect(m.countParams()).toBe(42);
    expect(m.summary()).toBe(
      [
        'Layer (type)            Output shape   Param #',
        '──────────────────────────────────────────────',
        'dense (dense)           [batch, 4]          16',
        'dropout (dropout)       [batch, 4]           0',
        'batchNorm (batchNorm)   [batch, 4]          16',
        'dense_1 (dense)         [batch, 2]          10',
        '──────────────────────────────────────────────',
        'Total params: 42 (168 B)',
        'Trainable params: 34 (136 B)',
        'Non-trainable params: 8 (32 B)',
      ].join('\n'),
    );
  });

  it('takes its input shape from the first data', () => {
    const m = sequential([dense({ units: 2 })], { seed: 1 });
    expect([m.isBuilt, m.inputShape]).toEqual([false, null]);
    expect(m.summary()).toContain('0 (unbuilt)');
    for (const use of [
      () => m.outputShape,
      () => m.weights,
      () => m.getWeights(),
      () => m.countParams(),
      () => m.clone(),
    ]) {
      expect(use).toThrow(/input shape is unknown/);
    }
    expect(m.predict([[1, 2, 3]]).shape).toEqual([1, 2]);
    expect(m.inputShape).toEqual([3]);
  });

  it('takes its input shape from the first layer', () => {
    const m = sequential([dense({ units: 2, inputShape: [5] })]);
    expect([m.isBuilt, m.inputShape, m.outputShape]).toEqual([true, [5], [2]]);
  });

  it('starts the same for the same seed', () => {
    expect(values(net(5))).toEqual(values(net(5)));
    expect(values(net(5))).not.toEqual(values(net(6)));
    const kernels = sequential([dense({ units: 3 }), dense({ units: 3 })], { inputShape: [3], seed: 1 }).weights;
    expect(kernels[0]!.value.toArraySync()).not.toEqual(kernels[2]!.value.toArraySync());
  });

  it('predicts in batches of any size alike', () => {
    const m = net();
    const x = Array.from({ length: 7 }, (_, i) => [i, -i, i / 2]);
    const whole = m.predict(x, { batchSize: 100 }).toArraySync();
    expect(m.predict(x, { batchSize: 3 }).toArraySync()).toEqual(whole);
    expect(m.predict(tensor(x), { batchSize: 2 }).toArraySync()).toEqual(whole);
    expect(m.predict(zeros([0, 3])).shape).toEqual([0, 2]);
  });

  it('says what is wrong with inputs', () => {
    const m = net();
    expect(() => m.predict([1, 2, 3])).toThrow(ShapeError);
    expect(() => m.predict([[1, 2]])).toThrow(/takes inputs \[batch, 3\], got \[batch, 2\]/);
    expect(() => m.predict([1, 2, 3])).toThrow(/add the batch axis/);
    expect(() => m.predict(3)).toThrow(ShapeError);
    expect(() => m.predict([[1, 2, 3]], { batchSize: 0 })).toThrow(/batchSize/);
    expect(() => sequential([])).toThrow(ConfigError);
    expect(() => sequential([dense as never])).toThrow(/item 0 is not a layer/);
    expect(() => sequential([dense({ units: 2 })], { inputShape: [] })).toThrow(ShapeError);
  });

  it('replaces weights, checking their shapes', () => {
    const m = net();
    const other = net(9).getWeights();
    m.setWeights(other);
    expect(values(m)).toEqual(other.flatMap((t) => Array.from(t.dataSync())));
    m.setWeights(other.map((t) => t.toArraySync()));
    expect(() => m.setWeights(other.slice(1))).toThrow(/has 8 weights, got 7/);
    expect(() => m.setWeights([...other.slice(1), other[0]!])).toThrow(/'dense\/kernel' has shape \[3, 4\], got \[4\]/);
    expect(values(m)).toEqual(other.flatMap((t) => Array.from(t.dataSync())));
  });

  it('gives out weights that training and disposal leave alone', async () => {
    const m = net();
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const before = m.getWeights();
    const copy = before.map((t) => t.toArraySync());
    await m.fit([[1, 2, 3]], [[1, 0]], { verbose: 0 });
    m.dispose();
    expect(before.map((t) => t.toArraySync())).toEqual(copy);
  });

  it('clones deeply, names, masks and compile options included', async () => {
    const m = Sequential.from({
      layers: [dense({ units: 2 })],
      names: ['last'],
      inputShape: [2],
      weights: net2weights(),
      masks: new Map([
        [
          'last/kernel',
          tensor([
            [1, 0],
            [1, 1],
          ]),
        ],
      ]),
      compileOptions: { optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['meanAbsoluteError'] },
      seed: 3,
    });
    const c = m.clone();
    expect([c.layerNames, c.compileOptions, c.seed, [...c.masks.keys()]]).toEqual([
      ['last'],
      m.compileOptions,
      3,
      ['last/kernel'],
    ]);
    const before = values(m);
    await c.fit([[1, 2]], [[5, 5]], { verbose: 0 });
    expect(values(m)).toEqual(before);
    expect(values(c)).not.toEqual(before);
    m.dispose();
    expect(c.predict([[1, 1]]).shape).toEqual([1, 2]);
  });

  it('moves to another backend', () => {
    const m = net();
    const backend = reference();
    const moved = to(m, backend);
    expect(moved.backend).toBe(backend);
    const x = [[0.5, 1, -2]];
    const [a, b] = [moved.predict(x), m.predict(x)];
    expect(a.backend).toBe(backend);
    Array.from(a.dataSync()).forEach((v, i) => expect(v).toBeCloseTo(b.dataSync()[i]!, 5));
  });

  it('keeps its tensors when a scope returns it, and loses none to scopes it is trained in', async () => {
    const m = scope(() => net());
    m.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await scope(async () => {
      await m.fit([[1, 2, 3]], [[1, 0]], { verbose: 0 });
    });
    expect(m.predict([[1, 2, 3]]).shape).toEqual([1, 2]);
    const lazy = sequential([dense({ units: 1 })], { seed: 0 });
    scope(() => lazy.predict([[1, 2]]));
    expect(lazy.predict([[1, 2]]).shape).toEqual([1, 1]);
  });
});

const net2weights = () => [
  {
    params: {
      kernel: tensor([
        [1, 0],
        [3, 4],
      ]),
      bias: tensor([0, 0]),
    },
    state: {},
  },
];

describe('compile', () => {
  const m = net();
  it.each<[string, unknown, RegExp]>([
    ['an unknown optimiser', { optimizer: 'adamm', loss: 'meanSquaredError' }, /adamm/],
    ['an unknown loss', { optimizer: 'adam', loss: 'rmse' }, /rmse/],
    [
      'an unknown metric',
      { optimizer: 'adam', loss: 'meanSquaredError', metrics: ['accurate'] },
      /unknown metric 'accurate'/,
    ],
    [
      'metrics that are no array',
      { optimizer: 'adam', loss: 'meanSquaredError', metrics: 'accuracy' },
      /metrics must be an array/,
    ],
    ['a missing loss', { optimizer: 'adam' }, /loss is missing/],
    ['nothing', undefined, /expected options/],
  ])('refuses %s', (_, options, message) => {
    expect(() => m.compile(options as never)).toThrow(ConfigError);
    expect(() => m.compile(options as never)).toThrow(message);
  });

  it('must come before fit and evaluate', async () => {
    await expect(net().fit([[1, 2, 3]], [[0, 1]])).rejects.toThrow(/fit: compile the model first/);
    await expect(net().evaluate([[1, 2, 3]], [[0, 1]])).rejects.toThrow(/evaluate: compile the model first/);
  });
});
