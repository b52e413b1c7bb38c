import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/compile';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import { memory, type Tensor } from '../../src/core/tensor';
import { abs, mean, mul, rng as numbers, relu, sub, tensor } from '../../src/index';
import { compiledFrom } from '../../src/nn/compiled';
import * as nn from '../../src/nn/index';
import type { CompileOptions } from '../../src/nn/options';
import { Predictor } from '../../src/nn/predictor';
import type { Compile } from '../../src/nn/runner';
import { Steps } from '../../src/nn/steps';
import type { Batch } from '../../src/nn/train-step';
import * as optim from '../../src/optim/index';
import { counters, recording } from './recorder';

const STEPS = 4;

interface Data {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Draws inputs and targets; by default normal inputs and class numbers below 3. */
  readonly drawX?: (shape: readonly number[], rng: Rng) => Float32Array;
  readonly drawY?: (shape: readonly number[], rng: Rng) => Float32Array;
  readonly weighted?: boolean;
}

const draw = (shape: readonly number[], f: () => number): Float32Array =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, f);

const integers =
  (max: number) =>
  (shape: readonly number[], rng: Rng): Float32Array =>
    draw(shape, () => rng.integer(max));
const normals = (shape: readonly number[], rng: Rng): Float32Array => draw(shape, () => rng.gaussian());
const uniforms = (shape: readonly number[], rng: Rng): Float32Array => draw(shape, () => 0.05 + 0.9 * rng.random());

/** The weights after a few steps, what each step found, and what evaluation finds. */
function train(
  layers: readonly nn.Layer[],
  options: CompileOptions,
  data: Data,
  compile: Compile | null,
  key = 'noise',
) {
  const model = nn.sequential(layers, { inputShape: data.x.slice(1), seed: 1 });
  const steps = new Steps({ network: model.network, compiled: compiledFrom(options) }, compile);
  const { variables } = model;
  const trained = variables.weights.map((w, i) => (model.layers[i]!.trainable ? w.params : {}));
  variables.replace({ optimizerState: variables.keep(() => steps.parts.compiled.optimizer.init(trained)) });
  const rng = new Rng('data');
  const noise = new Rng(key);
  const found: number[][] = [];
  const batch = (): Batch => ({
    xs: [tensor((data.drawX ?? normals)(data.x, rng), { shape: data.x })],
    ys: [tensor((data.drawY ?? integers(3))(data.y, rng), { shape: data.y })],
    weights: [data.weighted === true ? tensor(draw([data.x[0]!], () => rng.random())) : null],
    size: data.x[0]!,
  });
  for (let i = 0; i < STEPS; i++) {
    const { findings, ...next } = variables.keep(() =>
      steps.train(variables, variables.optimizerState!, batch(), noise.split()),
    );
    found.push([...findings.dataSync()]);
    variables.replace(next);
  }
  found.push([...scope(() => steps.test(variables, batch()).findings.dataSync())]);
  return { weights: model.getWeights().map((w) => [...w.dataSync()]), found, isCompiled: steps.isCompiled };
}

/** Expects the bits of uncompiled steps from compiled ones, played back one by one and as plans; they are traced once. */
function expectSame(layers: readonly nn.Layer[], options: CompileOptions, data: Data): void {
  const log = counters();
  const compiled = train(layers, options, data, recording(log));
  expect(compiled.isCompiled).toEqual({ train: true, test: true });
  expect(log.traces).toBe(2);
  expect(log.plays).toBe(STEPS + 1);
  const eager = train(layers, options, data, null);
  const planned = train(layers, options, data, compile);
  expect(planned.isCompiled).toEqual({ train: true, test: true });
  for (const { weights, found } of [compiled, planned]) {
    expect(weights).toEqual(eager.weights);
    // What is counted in a plan and checked on the spot elsewhere: no strangers.
    const same = found.map((f, i) => (f.length === eager.found[i]!.length ? f : f.filter((_, k) => k !== 2)));
    expect(same).toEqual(eager.found);
  }
}

const classifier = [nn.dense({ units: 5, activation: 'tanh' }), nn.dense({ units: 3, activation: 'softmax' })];
const sparse = { loss: 'sparseCategoricalCrossentropy' } as const;
const flat: Data = { x: [6, 4], y: [6] };

describe('compiled steps have the bits of uncompiled ones', () => {
  const { adam, adamW, sgd, rmsprop, adagrad, chain, clipByGlobalNorm, weightDecay, cosine } = optim;
  it.each<[string, optim.OptimizerSpec]>([
    ['sgd', 'sgd'],
    ['sgd with momentum', sgd({ momentum: 0.9, nesterov: true })],
    ['adam', 'adam'],
    ['torch’s adam with amsgrad', adam({ epsilonMode: 'corrected', amsgrad: true })],
    ['adamW with a filter', adamW({ weightDecayFilter: (path) => path.endsWith('kernel') })],
    ['rmsprop', rmsprop({ centered: true, momentum: 0.5 })],
    ['adagrad', adagrad()],
    ['a schedule', adam({ learningRate: cosine({ initialLearningRate: 0.1, decaySteps: 3 }) })],
    ['a chain', chain(clipByGlobalNorm(0.1), weightDecay(0.1), adam({ clipnorm: 0.05, weightDecay: 0.01 }))],
  ])('under %s', (_, optimizer) => {
    expectSame(classifier, { ...sparse, optimizer, metrics: ['accuracy'] }, flat);
  });

  const images: Data = { x: [4, 8, 8, 3], y: [4] };
  const head = [nn.flatten(), nn.dense({ units: 3, activation: 'softmax' })];
  it.each<[string, nn.Layer[], Data]>([
    [
      'dropout and batch norm',
      [nn.dense({ units: 4 }), nn.dropout(0.5), nn.batchNorm(), nn.dropout(0.2), ...classifier],
      flat,
    ],
    ['layer norm', [nn.layerNorm(), ...classifier], flat],
    ['convolutions', [nn.conv2d({ filters: 4, kernelSize: 3, strides: 2 }), nn.maxPool2d(), ...head], images],
    [
      'frozen and regularised weights',
      [
        nn.conv2d({ filters: 2, kernelSize: 3, kernelRegularizer: nn.l2(0.1) }),
        nn.depthwiseConv2d({ kernelSize: 3, trainable: false }),
        nn.batchNorm({ trainable: false }),
        nn.globalAvgPool2d(),
        ...classifier,
      ],
      images,
    ],
    [
      'an embedding',
      [nn.embedding({ inputDim: 7, outputDim: 3 }), ...head],
      { x: [4, 5], y: [4], drawX: integers(7), weighted: true },
    ],
  ])('with %s', (_, layers, data) => {
    expectSame(layers, { ...sparse, optimizer: 'adam', metrics: ['accuracy'] }, data);
  });

  const steps: Data = { x: [4, 5, 3], y: [4] };
  const { rnn, lstmCell, gruCell, stackedRNNCells } = nn;
  const cell = stackedRNNCells({
    cells: [lstmCell({ units: 3, dropout: 0.4 }), gruCell({ units: 2, recurrentDropout: 0.4 })],
  });
  const shorter = nn.globalAvgPool1d();
  it.each<[string, nn.Layer[], Data]>([
    ['gaussianNoise', [nn.gaussianNoise({ stddev: 0.5 }), ...classifier], flat],
    ['gaussianDropout', [nn.gaussianDropout({ rate: 0.4 }), ...classifier], flat],
    ['alphaDropout', [nn.alphaDropout({ rate: 0.4 }), ...classifier], flat],
    ['spatialDropout1d', [nn.spatialDropout1d({ rate: 0.4 }), ...head], steps],
    ['spatialDropout2d', [nn.spatialDropout2d({ rate: 0.4 }), ...head], images],
    ['lstm', [nn.lstm({ units: 3, dropout: 0.3, recurrentDropout: 0.3 }), ...classifier], steps],
    ['gru', [nn.gru({ units: 3, dropout: 0.4 }), ...classifier], steps],
    ['bidirectional', [nn.bidirectional({ layer: nn.simpleRNN({ units: 2, dropout: 0.4 }) }), ...classifier], steps],
    ['rnn of cells', [nn.dropout(0.2), rnn({ cell }), nn.dropout(0.2), ...classifier], steps],
    [
      'convLSTM1d',
      [nn.convLSTM1d({ filters: 2, kernelSize: 2, dropout: 0.3, recurrentDropout: 0.3 }), ...head],
      { x: [4, 3, 5, 2], y: [4] },
    ],
    ['attention', [nn.multiHeadAttention({ numHeads: 2, keyDim: 2, dropout: 0.4 }), ...head], steps],
    [
      'a transformer',
      [nn.transformerEncoder({ intermediateDim: 4, numHeads: 1, dropout: 0.3 }), shorter, ...classifier],
      steps,
    ],
    ['randomFlip', [nn.randomFlip(), ...head], images],
    ['randomRotation', [nn.randomRotation({ factor: 0.2 }), ...head], images],
    ['randomTranslation', [nn.randomTranslation({ heightFactor: 0.2, widthFactor: 0.2 }), ...head], images],
    ['randomZoom', [nn.randomZoom({ heightFactor: 0.3 }), ...head], images],
    ['randomCrop', [nn.randomCrop({ height: 6, width: 6 }), ...head], images],
    ['randomContrast', [nn.randomContrast({ factor: 0.5 }), ...head], images],
    ['randomBrightness', [nn.randomBrightness({ factor: 0.5, valueRange: [0, 1] }), ...head], images],
  ])('with %s, which draws numbers: from the same key the same, from another others', (_, layers, data) => {
    const options: CompileOptions = { ...sparse, optimizer: 'sgd' };
    expectSame(layers, options, data);
    const [a, b] = ['noise', 'other'].map((key) => train(layers, options, data, compile, key).weights);
    expect(a).not.toEqual(b);
  });

  it.each<[nn.LossOption, Data, string[]]>([
    ['meanSquaredError', { x: [6, 4], y: [6, 3], drawY: normals }, ['mae', 'meanSquaredError']],
    ['meanAbsoluteError', { x: [6, 4], y: [6, 3], drawY: normals, weighted: true }, ['mse', 'huber']],
    ['binaryCrossentropy', { x: [6, 4], y: [6, 3], drawY: integers(2) }, ['accuracy', 'binaryAccuracy']],
    ['categoricalCrossentropy', { x: [6, 4], y: [6, 3], drawY: uniforms }, ['accuracy', 'topKCategoricalAccuracy']],
    ['klDivergence', { x: [6, 4], y: [6, 3], drawY: uniforms, weighted: true }, ['categoricalAccuracy']],
    ['sparseCategoricalCrossentropy', { ...flat, weighted: true }, ['accuracy', 'sparseTopKCategoricalAccuracy']],
    ['hinge', { x: [6, 4], y: [6, 3], drawY: integers(2), weighted: true }, ['accuracy']],
  ])('for %s', (loss, data, metrics) => {
    expectSame(classifier, { loss: loss as 'hinge', optimizer: 'adam', metrics, weightedMetrics: metrics }, data);
  });

  it('for functions of the user', () => {
    const loss = (t: Tensor, p: Tensor): Tensor => mean(abs(sub(t, p)), { axis: -1 });
    const positive = (_: Tensor, p: Tensor): Tensor => mean(relu(p));
    const answer = (): number => 42;
    expectSame(classifier, { loss, optimizer: 'sgd', metrics: [positive, answer, 'mae'] }, { ...flat, y: [6, 3] });
  });
});

describe('compiled predictions', () => {
  const reader = [nn.embedding({ inputDim: 3, outputDim: 2 }), nn.flatten(), nn.dense({ units: 2 })];
  const one = [tensor([[0, 1]])];
  const two = [
    [1, 2, 2, 0],
    [0, 0, 1, 1],
  ].map((tokens) => tensor(tokens, { shape: [2, 2] }));

  /** `compile`, with the calls of what it returns and the traces counted. */
  const counting =
    (log: { traces: number; plays: number; freed: number }): Compile =>
    (f) => {
      const run = compile((args: never) => {
        log.traces++;
        return f(args);
      });
      const call = (args: unknown) => {
        log.plays++;
        return run(args as never);
      };
      const dispose = (): void => {
        log.freed += run.plans;
        run.dispose();
      };
      return Object.assign(call, { dispose }) as never;
    };
  const zero = () => ({ traces: 0, plays: 0, freed: 0 });

  it('have the bits of uncompiled ones, from the second of a shape on', () => {
    const log = zero();
    const { variables, network } = nn.sequential(reader, { inputShape: [2], seed: 1 });
    const [compiled, eager] = [new Predictor(network, counting(log)), new Predictor(network, null)];
    for (const input of [...one, ...two, ...one, ...two]) {
      expect(compiled.run(variables.weights, [input]).ys[0]!.dataSync()).toEqual(
        eager.run(variables.weights, [input]).ys[0]!.dataSync(),
      );
    }
    expect(log).toMatchObject({ traces: 2, plays: 4 });
    expect(compiled.isCompiled).toBe(true);
  });

  it('take weights for constant only while they stay, and later the more often they change', () => {
    const log = zero();
    const model = nn.sequential(reader, { inputShape: [2], seed: 1 });
    const { variables, network } = model;
    const [compiled, eager] = [new Predictor(network, counting(log)), new Predictor(network, null)];
    variables.beforeNewWeights(() => compiled.release());
    const before = memory();
    const traces: number[] = [];
    for (const calls of [3, 1, 1, 4, 4, 9]) {
      for (let i = 0; i < calls; i++) {
        const [y, expected] = [compiled, eager].map((p) =>
          scope(() => [...p.run(variables.weights, [one[0]!]).ys[0]!.dataSync()]),
        );
        expect(y).toEqual(expected);
      }
      traces.push(log.traces);
      scope(() => model.setWeights(model.weights.map(({ value }) => mul(value, 1.5))));
    }
    // Fixed; then open, once; fixed from the third call on, from the fifth, and from the fifth again.
    expect(traces).toEqual([1, 2, 2, 3, 3, 4]);
    compiled.dispose();
    expect(log.freed).toBe(4);
    expect(memory()).toMatchObject(before);
  });

  it('refuse tokens out of range, and stay compiled', () => {
    const log = zero();
    const { variables, network } = nn.sequential(reader, { inputShape: [2], seed: 1 });
    const predictor = new Predictor(network, counting(log));
    for (const wrong of [1, -1, 0.5]) {
      predictor.run(variables.weights, [tensor([[0, 2]])]);
      expect(() => predictor.run(variables.weights, [tensor([[wrong, 2.5]])])).toThrow(
        /embedding: tokens must be integers/,
      );
    }
    expect(predictor.isCompiled).toBe(true);
    expect(log.traces).toBe(1);
  });
});

describe('steps that look at values run uncompiled', () => {
  const own = { x: [6, 4], y: [6, 3] };
  const reading = (t: Tensor, p: Tensor): Tensor => {
    const scale = p.dataSync()[0]! > 0.5 ? 1 : 2;
    return mul(mean(abs(sub(t, p)), { axis: -1 }), scale);
  };
  const expectEager = (layers: readonly nn.Layer[], options: CompileOptions): void => {
    const { isCompiled: _, ...eager } = train(layers, options, own, null);
    for (const how of [recording(), compile]) {
      const { isCompiled, ...compiled } = train(layers, options, own, how);
      expect(compiled).toEqual(eager);
      expect(isCompiled.train).toBe(false);
    }
  };

  it('in a loss', () => {
    expectEager(classifier, { loss: reading, optimizer: 'sgd' });
  });

  it('in a metric', () => {
    expectEager(classifier, {
      loss: 'meanSquaredError',
      optimizer: 'sgd',
      metrics: [(t, p) => mean(reading(t, p)).item()],
    });
  });

  it('in a layer that draws numbers of the host', () => {
    const noisy: nn.Layer = {
      ...nn.activation('linear'),
      kind: 'noisy',
      call: (_p, state, x, { rng }) => ({
        y: rng === null ? x : mul(x, numbers(rng.random()).uniform(x.shape)),
        state,
      }),
    };
    expectEager([nn.dense({ units: 3 }), noisy, nn.dropout(0.5)], { loss: 'meanSquaredError', optimizer: 'sgd' });
  });

  it('in an optimiser that counts on the host', () => {
    const counting: optim.Optimizer = {
      init: () => ({ count: 1 }),
      update: (grads, state) => {
        const { count } = state as { count: number };
        const layers = grads as unknown as Record<string, Tensor>[];
        const scaled = layers.map((layer) =>
          Object.fromEntries(Object.entries(layer).map(([name, g]) => [name, mul(g, -0.1 / count)])),
        );
        return [scaled, { count: count + 1 }];
      },
    };
    expectEager(classifier, { loss: 'meanSquaredError', optimizer: counting });
  });
});
