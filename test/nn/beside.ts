import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import type { Backend } from '../../src/core/backend';
import { isFloating } from '../../src/core/dtype';
import { flattenNest } from '../../src/core/nest';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import { type Shape, sizeOf } from '../../src/core/shape';
import { Tensor } from '../../src/core/tensor';
import type { AnyLayer, Layer } from '../../src/nn/layer';
import { layerFromConfig } from '../../src/nn/layers/index';
import { resolveLoss } from '../../src/nn/losses';
import { tensor } from '../../src/ops/create';
import { mul } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import { type OptimizerName, resolveOptimizer } from '../../src/optim/index';
import { packedLayer } from '../../src/testing/packed-layer';
import { expectValues } from '../ops/close';
import { LAYER_CASES, type LayerCase } from './layer.cases';
import { layerOf, SEQUENCE_CASES } from './sequence.cases';

const BATCH = 3;

type Tensors = Record<string, Tensor>;

/** What a step of training computes, by name. */
type Step = (backend: Backend) => Tensors;

/** Fails unless a step gives on `backend` what it gives on the reference, without ever reading at once. */
async function besideReference(step: Step, backend: Backend, tolerance: number): Promise<void> {
  const [got, wanted] = [scope(() => step(backend)), scope(() => step(reference()))];
  expect(Object.keys(got)).toEqual(Object.keys(wanted));
  for (const [name, x] of Object.entries(got)) {
    const truth = wanted[name]!;
    expect(x.shape, name).toEqual(truth.shape);
    expectValues(await x.data(), truth.dataSync(), isFloating(x.dtype) ? tolerance : 0, name);
    x.dispose();
    truth.dispose();
  }
}

function drawn(shape: Shape, seed: string, backend: Backend, draw = (rng: Rng): number => rng.gaussian()): Tensor {
  const rng = new Rng(seed);
  return Tensor.from(
    backend,
    Float32Array.from({ length: sizeOf(shape) }, () => draw(rng)),
    'float32',
    shape,
  );
}

/** Output, next state, and the gradients of a random sum of outputs by the input and all parameters. */
function layerStep(
  make: () => Layer,
  input: Shape,
  { draw, discrete }: LayerCase[3] & object,
  training: boolean,
): Step {
  return (backend) => {
    const layer = make();
    const { params, state } = layer.init(input, new Rng('weights'), backend);
    const x = drawn([BATCH, ...input], 'input', backend, draw);
    const ctx = (): { training: boolean; rng: Rng | null } => ({ training, rng: training ? new Rng('step') : null });
    const { y, state: next } = layer.call(params, state, x, ctx());
    const c = drawn(y.shape, 'cotangent', backend);
    const operands = { ...params, ...(discrete !== true && { 'the input': x }) };
    const gradients =
      Object.keys(operands).length === 0
        ? {}
        : grad(({ 'the input': own, ...weights }: Tensors) =>
            sum(mul(c, layer.call(weights, state, own ?? x, ctx()).y)),
          )(operands);
    const named = Object.entries(gradients).map(([name, g]) => [`gradient by ${name}`, g] as const);
    return { 'the output': y, ...next, ...Object.fromEntries(named) };
  };
}

const isMany = (input: LayerCase[2]): input is readonly (readonly number[])[] =>
  input.length > 0 && input.every((n) => typeof n !== 'number');

/** Layers of sequences; recurrent ones step by step, as whole recurrences are left to CPUs. */
const sequences: readonly [make: () => AnyLayer, ...LayerCase][] = SEQUENCE_CASES.flatMap((c) => {
  const isRecurrent = /^(simpleRNN|lstm|gru)$/.test(c.kind);
  if (c.kind === 'bidirectional' || (c.kind === 'timeDistributed' && c.input.length > 2)) return [];
  const options = isRecurrent ? { ...c.options, unroll: true } : c.options;
  return [[() => layerOf({ ...c, options }), c.kind, options, c.input as LayerCase[2], c.check ?? {}]];
});

const plain: typeof sequences = LAYER_CASES.map(([kind, config, input, options = {}]) => [
  () => layerFromConfig(kind, config as never),
  kind,
  config,
  input,
  options,
]);

function testLayers(open: () => Promise<Backend>, tolerance: number): void {
  const cases = [...plain, ...sequences];
  it.each(cases.map((c) => [`${c[1]} ${JSON.stringify(c[2])} on ${JSON.stringify(c[3])}`, c] as const))(
    '%s',
    async (_, [makeAny, , , input, options = {}]) => {
      const make = makeAny as () => Layer;
      const shapes = isMany(input) ? input : null;
      const step = (training: boolean): Step =>
        shapes === null
          ? layerStep(make, input as Shape, options, training)
          : layerStep(
              () => packedLayer(make(), shapes),
              [shapes.reduce((n, s) => n + sizeOf(s), 0)],
              options,
              training,
            );
      for (const training of [true, false]) await besideReference(step(training), await open(), tolerance);
    },
  );
}

interface LossFixture {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly yTrue: { shape: number[]; data: number[] };
  readonly yPred: { shape: number[]; data: number[] };
}

/** The losses whose values come from Keras, on the same operands. */
function testLosses(open: () => Promise<Backend>, tolerance: number): void {
  const url = new URL('../fixtures/layers/losses.json', import.meta.url);
  const cases = JSON.parse(readFileSync(url, 'utf8')) as LossFixture[];
  it.each(cases.map((c) => [`${c.name} ${JSON.stringify(c.options)}`, c] as const))('%s', async (_, c) => {
    const loss = resolveLoss({ name: c.name, ...c.options });
    const step: Step = (backend) => {
      const yTrue = tensor(c.yTrue, { dtype: 'float32', backend });
      const yPred = tensor(c.yPred, { dtype: 'float32', backend });
      return { loss: loss(yTrue, yPred), gradient: grad((p: Tensor) => sum(loss(yTrue, p)))(yPred) };
    };
    await besideReference(step, await open(), tolerance);
  });
}

const OPTIMIZERS: readonly { readonly name: OptimizerName; readonly [option: string]: unknown }[] = [
  { name: 'sgd', momentum: 0.9, nesterov: true },
  { name: 'adam', amsgrad: true },
  { name: 'adamW', clipnorm: 0.5 },
  { name: 'rmsprop', centered: true },
  { name: 'adagrad' },
  { name: 'adadelta' },
  { name: 'nadam' },
  { name: 'adamax' },
  { name: 'lion' },
  { name: 'ftrl' },
  { name: 'adafactor' },
  { name: 'radam' },
  { name: 'rprop' },
  { name: 'asgd' },
];

/** Two steps of every built-in optimiser. */
function testOptimizers(open: () => Promise<Backend>, tolerance: number): void {
  it.each(OPTIMIZERS.map((spec) => [spec.name, spec] as const))('%s', async (_, spec) => {
    const step: Step = (backend) => {
      const optimizer = resolveOptimizer(spec);
      const params = [drawn([4, 3], 'kernel', backend), drawn([3], 'bias', backend)];
      let state = optimizer.init(params);
      const made: Tensors = {};
      for (const turn of [1, 2]) {
        const grads = [drawn([4, 3], `kernel ${turn}`, backend), drawn([3], `bias ${turn}`, backend)];
        const [updates, next] = optimizer.update(grads, state, params);
        flattenNest(updates).leaves.forEach((u, i) => {
          made[`update ${turn}, ${i}`] = u as Tensor;
        });
        state = next;
      }
      return made;
    };
    await besideReference(step, await open(), tolerance);
  });
}

/** Compares every layer, loss and optimiser, forward and backward, on a backend with the reference. */
export function testTraining(name: string, open: () => Promise<Backend>, tolerance: number): void {
  describe(`layers on ${name} beside the reference`, () => testLayers(open, tolerance));
  describe(`losses on ${name} beside the reference`, () => testLosses(open, tolerance));
  describe(`optimisers on ${name} beside the reference`, () => testOptimizers(open, tolerance));
}
