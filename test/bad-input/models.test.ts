import { AbortError, ConfigError, DisposedError, NonFiniteError, ones, ShapeError, tensor, zeros } from 'kompakt';
import * as nn from 'kompakt/nn';
import { adam, cosine, sgd } from 'kompakt/optim';
import { describe, expect, it } from 'vitest';
import { js, loose, type Refusal, refuses } from './refusals';

const { dense, sequential } = nn;
const X = Array.from({ length: 12 }, (_, i) => [i, 12 - i, i % 3, 1]);
const y = X.map((_, i) => i % 3);

function classifier(): nn.Sequential {
  const model = sequential([dense({ units: 3, activation: 'softmax' })], { inputShape: [4], seed: 1 });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  return model;
}

const bare = (): nn.Sequential => sequential([dense({ units: 3 })], { inputShape: [4], seed: 1 });

function disposedModel(): nn.Sequential {
  const model = classifier();
  model.dispose();
  return model;
}

describe('layers refuse', () => {
  const rows: Refusal[] = [
    ['no options', () => loose(dense)(), ConfigError, /dense: the options/],
    ['no units', () => dense({ units: 0 }), ConfigError, /positive integer, got 0/],
    ['units as text', () => dense({ units: js('3') }), ConfigError, /"3"/],
    ['misspelt activations', () => dense({ units: 1, activation: js('rleu') }), ConfigError, /"rleu".*relu/],
    ['options they don’t have', () => dense(js({ units: 1, unit: 3 })), ConfigError, /'unit'.*units/],
    ['unknown initialisers', () => dense({ units: 1, kernelInitializer: js('glorot') }), ConfigError, /glorotUniform/],
    ['windows without a size', () => nn.conv2d(js({ filters: 1 })), ConfigError, /kernelSize/],
    ['padding in capitals', () => nn.conv2d({ filters: 1, kernelSize: 3, padding: js('SAME') }), ConfigError, /"SAME"/],
    ['dropping −1', () => nn.dropout({ rate: -1 }), ConfigError, /\[0, 1\], got -1/],
    ['negative regularisation', () => nn.l2(-1), ConfigError, /-1/],
    ['names that are paths', () => dense({ units: 1, name: 'a/b' }), ConfigError, /"a\/b"/],
    [
      'kernels larger than images',
      () => sequential([nn.conv2d({ filters: 1, kernelSize: 9 })], { inputShape: [4, 4, 1] }),
      ShapeError,
      /\[9, 9\]/,
    ],
    [
      'images they can’t see',
      () => sequential([nn.conv2d({ filters: 1, kernelSize: 3 })], { inputShape: [4] }),
      ShapeError,
      /conv2d.*\[4\]/,
    ],
  ];
  refuses(rows);
});

describe('models refuse', () => {
  const rows: Refusal[] = [
    ['no layers', () => sequential([]), ConfigError, /at least one layer/],
    ['factories for layers', () => sequential([js(dense)]), ConfigError, /Call the factory/],
    [
      'two layers of one name',
      () => sequential([dense({ units: 1, name: 'a' }), dense({ units: 1, name: 'a' })]),
      ConfigError,
      /'a'/,
    ],
    [
      'a number as input shape',
      () => sequential([dense({ units: 1 })], { inputShape: js(4) }),
      ShapeError,
      /inputShape.*got 4/,
    ],
    [
      'a batch axis',
      () => sequential([dense({ units: 1 })], { inputShape: [null, 4] }).predict([[1, 2, 3, 4]]),
      ShapeError,
      /takes inputs \[batch, \?, 4\]/,
    ],
    ['negative sizes', () => sequential([dense({ units: 1 })], { inputShape: [-1] }), ShapeError, /\[-1\]/],
    [
      'misspelt options',
      () => sequential([dense({ units: 1 })], js({ inputshape: [4] })),
      ConfigError,
      /did you mean 'inputShape'/,
    ],
    ['to compile nothing', () => loose(bare().compile.bind(bare()))(), ConfigError, /optimizer: 'adam'/],
    ['unknown optimisers', () => bare().compile({ optimizer: js('adamm'), loss: 'hinge' }), ConfigError, /"adamm"/],
    [
      'unknown losses',
      () => bare().compile({ optimizer: 'adam', loss: js('mse2') }),
      ConfigError,
      /"mse2".*meanSquaredError/,
    ],
    [
      'unknown metrics',
      () => bare().compile({ optimizer: 'adam', loss: 'hinge', metrics: [js('acc2')] }),
      ConfigError,
      /'acc2'/,
    ],
    [
      'unknown compile options',
      () => bare().compile(js({ optimizer: 'adam', loss: 'hinge', metric: [] })),
      ConfigError,
      /did you mean 'metrics'/,
    ],
    ['to train uncompiled', () => bare().fit(X, y), ConfigError, /compile the model first/],
    ['to be judged uncompiled', () => bare().evaluate(X, y), ConfigError, /compile the model first/],
    ['weights of the wrong number', () => classifier().setWeights([]), ConfigError, /2 weights, got 0/],
    [
      'weights of the wrong shape',
      () => classifier().setWeights([ones([4, 3]), ones([4])]),
      ShapeError,
      /'dense\/bias'.*\[3\].*\[4\]/,
    ],
    ['weights of nothing', () => classifier().setWeights(js(null)), ConfigError, /getWeights/],
    [
      'to count before they are built',
      () => sequential([dense({ units: 1 })]).countParams(),
      ConfigError,
      /inputShape/,
    ],
    ['inputs of another width', () => classifier().predict([[1, 2]]), ShapeError, /\[batch, 4\].*\[batch, 2\]/],
    ['one sample alone', () => classifier().predict([1, 2, 3, 4]), ShapeError, /\[x\]/],
    ['no input', () => loose(classifier().predict.bind(classifier()))(), ConfigError, /got undefined/],
    ['batches of none', () => classifier().predict(X, { batchSize: 0 }), ConfigError, /got 0/],
    ['to predict once disposed', () => disposedModel().predict(X), DisposedError, /disposed/],
    ['to train once disposed', () => disposedModel().fit(X, y), DisposedError, /disposed/],
    ['to be saved once disposed', () => disposedModel().toBytes(), DisposedError, /disposed/],
    ['optimisers as numbers', () => sgd(js(0.1)), ConfigError, /options must be an object.*0\.1/],
    ['the short name of the rate', () => adam(js({ lr: 0.1 })), ConfigError, /'lr'.*learningRate/],
    ['names with underscores', () => adam(js({ beta_1: 0.9 })), ConfigError, /did you mean 'beta1'/],
    ['negative rates', () => sgd({ learningRate: -1 }), ConfigError, /-1/],
    ['momentum of 2', () => sgd({ momentum: 2 }), ConfigError, /2/],
    ['schedules of no length', () => cosine({ initialLearningRate: 0.1, decaySteps: 0 }), ConfigError, /decaySteps.*0/],
  ];
  refuses(rows);
});

describe('fit refuses', () => {
  const fit = (options: object) => () => classifier().fit(X, y, options);
  const nan = X.map((row) => row.map(() => Number.NaN));
  const rows: Refusal[] = [
    ['no targets', () => classifier().fit(X), ConfigError, /targets/],
    ['other numbers of targets', () => classifier().fit(X, y.slice(1)), ShapeError, /12.*11/],
    ['no samples', () => classifier().fit([], []), ShapeError, /no samples/],
    ['an empty tensor', () => classifier().fit(zeros([0, 4]), zeros([0])), ShapeError, /no samples/],
    ['samples of another width', () => classifier().fit([[1, 2]], [0]), ShapeError, /\[batch, 4\]/],
    [
      'classes the model has not',
      () =>
        classifier().fit(
          X,
          y.map((v) => v + 1),
        ),
      ConfigError,
      /\[0, 2\].*3/,
    ],
    [
      'classes between classes',
      () =>
        classifier().fit(
          X,
          y.map((v) => v + 0.5),
        ),
      ConfigError,
      /0\.5|1\.5|2\.5/,
    ],
    ['classes as text', () => classifier().fit(X, js(y.map(String))), ConfigError, /'0'/],
    [
      'one-hot rows for class numbers',
      () =>
        classifier().fit(
          X,
          y.map((v) => [0, 1, 2].map((c) => Number(c === v))),
        ),
      ShapeError,
      /categoricalCrossentropy/,
    ],
    ['NaN in the data', () => classifier().fit(nan, y), NonFiniteError, /input itself holds NaN/],
    ['−1 epochs', fit({ epochs: -1 }), ConfigError, /epochs.*-1/],
    ['1.5 epochs', fit({ epochs: 1.5 }), ConfigError, /epochs.*1\.5/],
    ['epochs as text', fit({ epochs: '3' }), ConfigError, /epochs/],
    ['batches of 0', fit({ batchSize: 0 }), ConfigError, /batchSize.*0/],
    ['batches of −1', fit({ batchSize: -1 }), ConfigError, /batchSize.*-1/],
    ['batches of 1.5', fit({ batchSize: 1.5 }), ConfigError, /batchSize.*1\.5/],
    ['batches of null', fit({ batchSize: null }), ConfigError, /batchSize.*null/],
    ['Python’s names', fit({ batch_size: 3 }), ConfigError, /did you mean 'batchSize'/],
    ['a number for options', () => classifier().fit(X, y, js(10)), ConfigError, /options must be an object.*10/],
    ['null for options', () => classifier().fit(X, y, js(null)), ConfigError, /options must be an object.*null/],
    ['to hold all samples back', fit({ validationSplit: 1 }), ConfigError, /validationSplit.*1/],
    ['to leave none to train on', fit({ validationSplit: 0.999 }), ConfigError, /none to train on/],
    ['validation data without targets', fit({ validationData: X }), ConfigError, /\[x, y\]/],
    ['validation data of another width', fit({ validationData: [[[1]], [0]] }), ShapeError, /\[batch, 1\]/],
    ['negative class weights', fit({ classWeight: { 0: -1 } }), ConfigError, /class 0.*-1/],
    ['class weights by name', fit({ classWeight: { cat: 1 } }), ConfigError, /class numbers/],
    ['too few sample weights', fit({ sampleWeight: [1] }), ShapeError, /1 values for 12/],
    ['sample weights of NaN', fit({ sampleWeight: X.map(() => Number.NaN) }), ConfigError, /finite/],
    ['callbacks not called', fit({ callbacks: [nn.earlyStopping] }), ConfigError, /Call the factory/],
    ['hooks there are not', fit({ callbacks: [{ onEpochEn() {} }] }), ConfigError, /'onEpochEn'.*onEpochEnd/],
    [
      'to monitor what is not there',
      fit({ callbacks: [nn.earlyStopping({ monitor: 'valLoss' })] }),
      ConfigError,
      /'valLoss'.*loss/,
    ],
    ['the controller for its signal', fit({ signal: new AbortController() }), ConfigError, /controller\.signal/],
    ['to go on when aborted', fit({ signal: AbortSignal.abort() }), AbortError, /signal/],
    [
      'iterables of something else',
      () =>
        classifier().fit(
          js(function* () {
            yield 3;
          }),
        ),
      ConfigError,
      /yield \[x, y\]/,
    ],
    ['rates that become NaN', fit({ callbacks: [nn.learningRateScheduler(() => Number.NaN)] }), ConfigError, /NaN/],
    ['a number for early stopping', () => nn.earlyStopping(js(3)), ConfigError, /options must be an object.*3/],
    ['misspelt patience', () => nn.earlyStopping(js({ patiens: 3 })), ConfigError, /'patiens'/],
  ];
  refuses(rows);

  it('nothing else while it trains', async () => {
    const model = classifier();
    const first = model.fit(X, y);
    await expect(model.fit(X, y)).rejects.toThrow(ConfigError);
    expect((await first).epochs).toBe(1);
  });

  it('and leaves the model as it was', async () => {
    const model = classifier();
    const before = String(model.predict(X));
    await expect(
      model.fit(
        X,
        y.map((v) => v + 1),
      ),
    ).rejects.toThrow(ConfigError);
    await expect(model.fit(nan, y)).rejects.toThrow(NonFiniteError);
    expect(String(model.predict(X))).toBe(before);
    expect((await model.fit(X, y)).history.loss[0]).toBeGreaterThan(0);
  });
});

describe('what is odd but meant', () => {
  it('is done: no epochs, no samples to predict, disposing twice', async () => {
    const model = classifier();
    expect((await model.fit(X, y, { epochs: 0 })).epochs).toBe(0);
    expect(model.predict(zeros([0, 4])).shape).toEqual([0, 3]);
    const x = tensor([1]);
    x.dispose();
    x.dispose();
    model.dispose();
    model.dispose();
    expect([x.isDisposed, model.isBuilt]).toEqual([true, false]);
  });
});
