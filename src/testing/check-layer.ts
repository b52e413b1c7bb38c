import { reference } from '../backends/reference/index';
import type { Backend } from '../core/backend';
import type { DType } from '../core/dtype';
import { KompaktError } from '../core/errors';
import { Rng } from '../core/rng';
import { scope } from '../core/scope';
import { formatShape, type Shape, sameShape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { AnyLayer, CallContext, Layer, LayerWeights, Params } from '../nn/layer';
import { tensor } from '../ops/create';
import { mul } from '../ops/elementwise';
import { sum } from '../ops/reduce';
import { slice } from '../ops/shape-ops';
import { gradientError, type Operands, scaleOf } from './gradients';
import { packedLayer } from './packed-layer';

/** Makes the layer that is checked; given a layer's config, one with that config. */
export type LayerFactory = (config?: never) => AnyLayer;

export interface CheckLayerOptions {
  /** Draws one element of the input; by default standard normal. */
  readonly draw?: ((rng: Rng) => number) | undefined;
  /** Whether inputs are tokens, by which there is no derivative; by default false. */
  readonly discrete?: boolean | undefined;
  /** By default 0. */
  readonly seed?: number | undefined;
}

const BATCH = 3;

/** Everything the rules below look at. */
interface Subject {
  readonly layer: Layer;
  readonly factory: (config?: never) => Layer;
  readonly input: Shape;
  readonly backend: Backend;
  readonly options: CheckLayerOptions;
  readonly seed: number;
}

/** Thrown by a rule; becomes the error that names the layer. */
class Violation extends Error {}

function must(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Violation(message);
}

/**
 * Checks that a layer keeps the contract of all layers: its config is JSON and rebuilds it; `outputShape` agrees with what
 * comes out; initial weights follow from the randomness given, and have the names and shapes that `call` wants; calls
 * change nothing they are given, are repeatable, and at inference treat each sample apart from the rest of the batch; and
 * the gradients, compared with differences in float64 on the reference backend, are right in training and at inference.
 * Uses no test framework: it throws where the contract is broken.
 *
 * @param factory - makes the layer, and one like another from its config: `(config = { units: 3 }) => dense(config)`.
 * @param inputShape - of one sample; where the layer takes several inputs, or gives several outputs, a shape for each input.
 * @param options - `draw`: one element of the input, by default standard normal; `discrete = false`; `seed = 0`.
 * @throws KompaktError that names the layer and the broken rule.
 *
 * @example
 * ```ts
 * import { dense, type DenseOptions } from 'kompakt/nn';
 * import { checkLayer } from 'kompakt/testing';
 * checkLayer((config?: DenseOptions) => dense(config ?? { units: 3, activation: 'tanh' }), [4]);
 * ```
 */
export function checkLayer(
  factory: LayerFactory,
  inputShape: Shape | readonly Shape[],
  options: CheckLayerOptions = {},
): void {
  const shapes = inputShape.every((n) => typeof n !== 'number') && inputShape.length > 0 ? inputShape : null;
  if (shapes !== null) {
    const size = shapes.reduce((n, shape) => n + sizeOf(shape), 0);
    checkLayer((config) => packedLayer(factory(config), shapes), [size], options);
    return;
  }
  const layer = factory() as Layer;
  const { seed = 0 } = options;
  const input = inputShape as Shape;
  const subject: Subject = {
    layer,
    factory: factory as Subject['factory'],
    input,
    backend: reference(),
    options,
    seed,
  };
  try {
    scope(() => {
      checkConfig(subject);
      checkShapes(subject);
      checkInit(subject);
      checkCall(subject, { training: false, rng: null });
      checkCall(subject, { training: true, rng: new Rng(seed) });
      checkBatchIndependence(subject);
      checkGradients(subject, false);
      checkGradients(subject, true);
    });
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    throw new KompaktError(`checkLayer: ${String(layer.kind)} with inputs ${formatShape(input)}: ${error.message}.`);
  }
}

/** JSON with the keys of records in order, to compare by. */
function canonical(x: unknown): string {
  return JSON.stringify(x, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v,
  );
}

/** Whether JSON gives back what went in; it drops functions and undefined, and turns NaN and typed arrays into others. */
function survivesJson(x: unknown): boolean {
  if (Array.isArray(x)) return x.every(survivesJson);
  if (typeof x === 'object' && x !== null) {
    const proto: unknown = Object.getPrototypeOf(x);
    return (proto === Object.prototype || proto === null) && Object.values(x).every(survivesJson);
  }
  return x === null || typeof x === 'string' || typeof x === 'boolean' || (typeof x === 'number' && Number.isFinite(x));
}

function checkConfig({ layer, factory, input }: Subject): void {
  must(
    typeof layer.kind === 'string' && layer.kind !== '',
    `kind must be a non-empty string, got ${String(layer.kind)}`,
  );
  must(
    layer.name === null || typeof layer.name === 'string',
    `name must be a string or null, got ${String(layer.name)}`,
  );
  must(typeof layer.trainable === 'boolean', `trainable must be true or false, got ${String(layer.trainable)}`);
  must(survivesJson(layer.config), `config is not plain JSON: ${String(canonical(layer.config))}`);
  const rebuilt = factory(JSON.parse(JSON.stringify(layer.config)) as never);
  must(rebuilt.kind === layer.kind, `its config rebuilds a layer of kind '${rebuilt.kind}'`);
  const [before, after] = [canonical(layer.config), canonical(rebuilt.config)];
  must(before === after, `its config does not rebuild it: ${before} became ${after}`);
  must(rebuilt.trainable === layer.trainable, 'a layer rebuilt from its config has another value of trainable');
  must(
    canonical(rebuilt.regularizers) === canonical(layer.regularizers),
    'a layer rebuilt from its config has other regularizers',
  );
  must(
    sameShape(rebuilt.outputShape(input), layer.outputShape(input)),
    'a layer rebuilt from its config has another outputShape',
  );
}

function checkShapes({ layer, input }: Subject): void {
  const output = layer.outputShape(input);
  must(
    output.every((n) => Number.isInteger(n) && n >= 0),
    `outputShape gives ${formatShape(output)}, which is no shape`,
  );
  const work = layer.multiplyAdds(input);
  must(Number.isInteger(work) && work >= 0, `multiplyAdds gives ${work}, which is no number of operations`);
}

function initial({ layer, input, backend, seed }: Subject): LayerWeights {
  return layer.init(input, new Rng(seed), backend);
}

function checkInit(subject: Subject): void {
  const { layer, factory, input, backend, seed } = subject;
  const weights = initial(subject);
  const names = [...Object.keys(weights.params), ...Object.keys(weights.state)];
  must(new Set(names).size === names.length, 'a name stands for a parameter and for state');
  for (const [name, t] of named(weights)) {
    must(t.backend === backend, `init puts ${name} on backend '${t.backend.name}' instead of the one it was given`);
    must(isFinite(t), `init gives a ${name} that is not finite`);
  }
  for (const name of Object.keys(layer.regularizers ?? {})) {
    must(Object.hasOwn(weights.params, name), `there is a regularizer for '${name}', but no such parameter`);
  }
  expectSameWeights(weights, initial(subject), 'init gives other weights for the same randomness');
  const rebuilt = factory(JSON.parse(JSON.stringify(layer.config)) as never);
  expectSameWeights(
    weights,
    rebuilt.init(input, new Rng(seed), backend),
    'a layer rebuilt from its config starts with other weights',
  );
}

const named = ({ params, state }: LayerWeights): [string, Tensor][] => [
  ...Object.entries(params),
  ...Object.entries(state),
];

const isFinite = (t: Tensor): boolean => t.dataSync().every((v: number) => Number.isFinite(v));

/** Whether two tensors agree, to the last bit or within `tolerance` of the largest magnitude (at least 1). */
function agree(a: Tensor, b: Tensor, tolerance = 0): boolean {
  if (!sameShape(a.shape, b.shape) || a.dtype !== b.dtype) return false;
  const [x, y] = [a.dataSync(), b.dataSync()];
  const scale = scaleOf(x);
  return x.every((v: number, i: number) => Object.is(v, y[i]) || Math.abs(v - y[i]!) <= tolerance * scale);
}

function expectSameWeights(a: LayerWeights, b: LayerWeights, message: string): void {
  const others = new Map(named(b));
  must(named(a).length === others.size, message);
  for (const [name, t] of named(a)) must(others.has(name) && agree(t, others.get(name)!), `${message} (${name})`);
}

/** Initial weights moved at random, so that zeros and ones hide nothing; state only upwards, for variances. */
function movedWeights(subject: Subject, dtype: DType): LayerWeights {
  const { backend, seed } = subject;
  const rng = new Rng(`weights ${seed}`);
  const move = (ts: Params, step: () => number): Params =>
    Object.fromEntries(
      Object.entries(ts).map(([name, t]) => {
        const data = Float64Array.from(t.dataSync(), (v: number) => v + step());
        return [name, tensor({ data, shape: t.shape }, { dtype, backend })];
      }),
    );
  const { params, state } = initial(subject);
  return { params: move(params, () => 0.5 * rng.gaussian()), state: move(state, () => 0.5 * rng.random()) };
}

function randomInput({ input, backend, options, seed }: Subject, dtype: DType, batch = BATCH): Tensor {
  const rng = new Rng(`input ${seed}`);
  const draw = options.draw ?? ((r: Rng): number => r.gaussian());
  const shape = [batch, ...input];
  const data = Float64Array.from({ length: sizeOf(shape) }, () => draw(rng));
  return tensor({ data, shape }, { dtype, backend });
}

const restarted = ({ training, rng }: CallContext): CallContext => ({ training, rng: rng?.restart() ?? null });

function checkCall(subject: Subject, ctx: CallContext): void {
  const { layer, input } = subject;
  const when = ctx.training ? 'in training' : 'at inference';
  const { params, state } = movedWeights(subject, 'float32');
  const x = randomInput(subject, 'float32');
  const before = [x, ...named({ params, state }).map(([, t]) => t)].map((t) => t.dataSync());
  const first = layer.call(params, state, x, restarted(ctx));
  const expected = [BATCH, ...layer.outputShape(input)];
  must(
    sameShape(first.y.shape, expected),
    `outputShape promises ${formatShape(expected)} for a batch of ${BATCH}, but ${formatShape(first.y.shape)} comes out ${when}`,
  );
  must(isFinite(first.y), `the output ${when} is not finite`);
  const second = layer.call(params, state, x, restarted(ctx));
  must(agree(first.y, second.y), `two calls ${when} with the same arguments give different outputs`);
  expectSameWeights(
    { params, state: first.state },
    { params, state: second.state },
    `two calls ${when} give different states`,
  );
  const after = [x, ...named({ params, state }).map(([, t]) => t)].map((t) => t.dataSync());
  const changed = after.some((values, k) => values.some((v: number, i: number) => !Object.is(v, before[k]![i])));
  must(!changed, `a call ${when} changes the input or the weights it is given`);
  if (!ctx.training) {
    expectSameWeights(
      { params: {}, state },
      { params: {}, state: first.state },
      'a call at inference changes the state',
    );
    return;
  }
  for (const [name, t] of Object.entries(state)) {
    const next = first.state[name];
    must(
      next !== undefined && sameShape(next.shape, t.shape),
      `a training call gives a state without '${name}', or in another shape`,
    );
  }
}

function checkBatchIndependence(subject: Subject): void {
  const { params, state } = movedWeights(subject, 'float64');
  const x = randomInput(subject, 'float64');
  const run = (batch: Tensor): Tensor => subject.layer.call(params, state, batch, { training: false, rng: null }).y;
  const whole = run(x);
  for (let i = 0; i < BATCH; i++) {
    must(
      agree(slice(whole, [i], [i + 1]), run(slice(x, [i], [i + 1])), 1e-12),
      `at inference, sample ${i} comes out differently on its own than in a batch`,
    );
  }
}

/** Compares the gradients of ⟨c, y⟩ by the input and all parameters, for a random c, with differences. */
function checkGradients(subject: Subject, training: boolean): void {
  const { layer, backend, options, seed, input } = subject;
  const { params, state } = movedWeights(subject, 'float64');
  const x = randomInput(subject, 'float64');
  const rng = new Rng(`gradients ${seed}`);
  const shape = [BATCH, ...layer.outputShape(input)];
  const c = tensor(
    Float64Array.from({ length: sizeOf(shape) }, () => rng.gaussian()),
    { shape, backend },
  );
  const f = ({ 'the input': own, ...weights }: Operands): Tensor => {
    const ctx = { training, rng: training ? new Rng(seed) : null };
    return sum(mul(c, layer.call(weights, state, own ?? x, ctx).y));
  };
  const operands = { ...params, ...(options.discrete !== true && { 'the input': x }) };
  if (Object.keys(operands).length === 0) return;
  const error = gradientError(f, operands, rng);
  must(error === null, `${training ? 'in training' : 'at inference'}, ${error}`);
}
