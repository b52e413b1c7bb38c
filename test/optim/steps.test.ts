import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import type { DType } from '../../src/core/dtype';
import { scope } from '../../src/core/scope';
import type { Tensor } from '../../src/core/tensor';
import { tensor } from '../../src/ops/create';
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamW,
  applyUpdates,
  asgd,
  averagedParams,
  chain,
  clipByGlobalNorm,
  cosine,
  ftrl,
  lion,
  lookahead,
  nadam,
  type Optimizer,
  radam,
  rmsprop,
  rprop,
  scaleByAdam,
  scaleByLearningRate,
  sgd,
  weightDecay,
} from '../../src/optim/index';
import golden from '../fixtures/optim/steps.json';
import { expectValues } from '../ops/close';

type Values = { kernel: number[]; bias: number[] };

const learningRate = 0.05;
const schedule = cosine({ initialLearningRate: 0.1, decaySteps: 10, alpha: 0.2 });
const torchAdam = { learningRate, epsilon: 1e-8, epsilonMode: 'corrected' } as const;

const OPTIMIZERS: Record<keyof typeof golden.cases, Optimizer> = {
  'torch sgd': sgd({ learningRate }),
  'torch sgd momentum': sgd({ learningRate, momentum: 0.9 }),
  'torch sgd nesterov, weight decay': chain(weightDecay(0.1), sgd({ learningRate, momentum: 0.9, nesterov: true })),
  'torch adam': adam(torchAdam),
  'torch adam amsgrad': adam({ ...torchAdam, beta1: 0.8, beta2: 0.9, epsilon: 1e-3, amsgrad: true }),
  'torch adamW': adamW({ ...torchAdam, weightDecay: 0.1 }),
  'keras sgd momentum, schedule': sgd({ learningRate: schedule, momentum: 0.9 }),
  'keras sgd nesterov, schedule': sgd({ learningRate: schedule, momentum: 0.9, nesterov: true }),
  'keras adam': adam({ learningRate }),
  'keras adam, large epsilon': adam({ learningRate, beta1: 0.8, beta2: 0.9, epsilon: 1e-2 }),
  'keras adam amsgrad': adam({ learningRate, amsgrad: true }),
  'keras adam, global clipnorm': adam({ learningRate, globalClipnorm: 1.5 }),
  'keras adam, schedule': adam({ learningRate: schedule }),
  'keras adamW': adamW({ learningRate }),
  'keras sgd momentum, weight decay': sgd({ learningRate, momentum: 0.9, weightDecay: 0.1 }),
  'keras sgd, clipnorm': sgd({ learningRate, clipnorm: 1 }),
  'keras sgd, clipvalue': sgd({ learningRate, clipvalue: 0.5 }),
  'keras rmsprop': rmsprop({ learningRate }),
  'keras rmsprop momentum, centered': rmsprop({ learningRate, rho: 0.8, momentum: 0.9, epsilon: 1e-3, centered: true }),
  'keras adagrad': adagrad({ learningRate }),
  'torch adadelta': adadelta({ learningRate: 0.5, rho: 0.9, epsilon: 1e-4 }),
  'torch nadam': nadam({ learningRate, epsilon: 1e-8 }),
  'torch adamax': adamax({ learningRate, epsilon: 0 }),
  'torch radam': radam({ learningRate, beta2: 0.99 }),
  'torch radam, defaults': radam(),
  'torch rprop': rprop({ etas: [0.5, 1.25] }),
  'torch rprop, bounds': rprop({ learningRate: 0.1, etas: [0.25, 1.5], stepSizes: [0.05, 0.2] }),
  'torch asgd': asgd({ learningRate, lambd: 0.1, t0: 4 }),
  'keras adadelta': adadelta({ learningRate }),
  'keras nadam, weight decay': nadam({ learningRate, weightDecay: 0.1 }),
  'keras nadam, large epsilon': nadam({ learningRate, beta1: 0.8, beta2: 0.9, epsilon: 1e-2 }),
  'keras adamax': adamax({ learningRate }),
  'keras adamax, schedule': adamax({ learningRate: schedule, beta1: 0.8, beta2: 0.9, epsilon: 1e-2 }),
  'keras lion': lion({ learningRate }),
  'keras lion, weight decay, schedule': lion({ learningRate: schedule, beta1: 0.8, beta2: 0.95, weightDecay: 0.1 }),
  'keras ftrl': ftrl({ learningRate }),
  'keras ftrl, all options': ftrl({
    learningRate: schedule,
    learningRatePower: -0.7,
    initialAccumulatorValue: 0.2,
    l1RegularizationStrength: 0.3,
    l2RegularizationStrength: 0.1,
    l2ShrinkageRegularizationStrength: 0.05,
    beta: 0.2,
    weightDecay: 0.1,
  }),
  'keras adafactor': adafactor({ learningRate: 0.5 }),
  'keras adafactor, weight decay': adafactor({
    learningRate: 0.2,
    beta2Decay: -0.5,
    epsilon1: 1e-3,
    epsilon2: 0.1,
    clipThreshold: 0.8,
    weightDecay: 0.1,
  }),
  'keras adam, accumulation': adam({
    learningRate,
    globalClipnorm: 1.5,
    weightDecay: 0.1,
    gradientAccumulationSteps: 4,
  }),
  'keras sgd, ema': sgd({ learningRate, momentum: 0.9, useEma: true, emaMomentum: 0.8 }),
  'keras sgd, ema overwrites': sgd({
    learningRate,
    momentum: 0.9,
    useEma: true,
    emaMomentum: 0.8,
    emaOverwriteFrequency: 3,
  }),
  'keras adam, accumulation and ema': adam({
    learningRate,
    gradientAccumulationSteps: 2,
    useEma: true,
    emaMomentum: 0.8,
    emaOverwriteFrequency: 2,
  }),
  'lookahead sgd': lookahead(sgd({ learningRate, momentum: 0.9 }), { syncPeriod: 4, slowStepSize: 0.3 }),
};

const TOLERANCES = { float32: 2e-6, float64: 1e-12 };

describe.each(['float64', 'float32'] as const)('step by step in %s', (dtype) => {
  const cases = Object.entries(OPTIMIZERS) as [keyof typeof golden.cases, Optimizer][];
  it.each(cases)('%s', (name, optimizer) => {
    follow(optimizer, golden.cases[name], dtype);
  });

  it('a chain written by hand, with the pieces in one place or another', () => {
    const pieces = [clipByGlobalNorm(1.5), scaleByAdam(), scaleByLearningRate(learningRate)];
    follow(chain(...pieces), golden.cases['keras adam, global clipnorm'], dtype);
    follow(chain(pieces[0]!, chain(pieces[1]!, pieces[2]!)), golden.cases['keras adam, global clipnorm'], dtype);
    // Here the rate has nothing before it to be folded into.
    follow(chain(chain(pieces[0]!, pieces[1]!), pieces[2]!), golden.cases['keras adam, global clipnorm'], dtype);
  });
});

/** Takes the golden steps, saving and restoring the state as JSON on the way. */
function follow(optimizer: Optimizer, path: readonly Values[], dtype: DType): void {
  const backend = dtype === 'float64' ? reference() : wasm();
  const nest = (values: Values): Record<string, Tensor> => ({
    kernel: tensor(values.kernel, { shape: golden.shapes.kernel, dtype, backend }),
    bias: tensor(values.bias, { dtype, backend }),
  });
  scope(() => {
    let params = nest(golden.start);
    let state = optimizer.init(params);
    const steps = path.slice(0, golden.grads.length);
    steps.forEach((expected, t) => {
      const grads = nest(golden.grads[t]!);
      // Records may come in another order, as they do after loading.
      const { bias, kernel } = grads;
      const [updates, next] = optimizer.update(t % 2 === 0 ? grads : { bias: bias!, kernel: kernel! }, state, params);
      [params, state] = [applyUpdates(params, updates), next];
      for (const key of ['kernel', 'bias'] as const) {
        expect(params[key]!.dtype).toBe(dtype);
        expectValues(params[key]!.dataSync(), expected[key], TOLERANCES[dtype as 'float32'], `step ${t}, ${key}`);
      }
    });
    const average = path[steps.length];
    if (average === undefined) return;
    const got = averagedParams(state) as Record<string, Tensor>;
    for (const key of ['kernel', 'bias'] as const) {
      expectValues(got[key]!.dataSync(), average[key], TOLERANCES[dtype as 'float32'], `average, ${key}`);
    }
  });
}
