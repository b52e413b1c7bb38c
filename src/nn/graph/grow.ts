import { ConfigError } from '../../core/errors';
import { flattenNest } from '../../core/nest';
import { checkOptions } from '../../core/options';
import { Rng, type Seed, toRng } from '../../core/rng';
import { scope } from '../../core/scope';
import { formatShape, type Shape, sameShape } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { ones } from '../../ops/create';
import { concat, slice } from '../../ops/shape-ops';
import type { OptimizerState } from '../../optim/index';
import { compiledFrom } from '../compiled';
import type { AnyLayer, LayerWeights, Params } from '../layer';
import { type DenseConfig, dense } from '../layers/dense';
import { trainedParams } from '../train-step';
import { weightShapesOf } from '../weight-shapes';
import { firstInputs, type Network, shapesThrough } from './network';
import type { NetworkModel } from './network-model';

export interface MoreClassesOptions {
  /** The name of the dense layer to widen; by default the last one. */
  readonly layer?: string | undefined;
  /** For the weights of the new classes; default: the model's. */
  readonly seed?: Seed | undefined;
}

/**
 * A copy of a classifier that knows more classes: its last dense layer gets further units, and what was learnt stays, the
 * scores of the old classes bit for bit.
 *
 * The kernel of the new units is drawn as the layer draws it, their bias begins as it does there. What the optimiser has
 * kept of the old weights (momentum, second moments, counts) goes on, and begins anew for the new ones, so that the copy
 * can be trained on as if nothing had happened. Weights that pruning removed stay removed.
 *
 * @param model - a model with weights; it stays as it is.
 * @param classes - how many there are from now on; new ones have the last numbers.
 * @param options - `layer`: the name of the dense layer, by default the last one; `seed`: for the new weights.
 * @throws ConfigError where there is no such layer, it has as many units already, or layers behind it would need other
 * weights.
 *
 * @example
 * ```ts
 * import { dense, sequential, withMoreClasses } from 'kompakt/nn';
 * const model = sequential([dense({ units: 8 }), dense({ units: 2, activation: 'softmax' })], { inputShape: [3], seed: 0 });
 * model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
 * await model.partialFit([[1, 0, 0], [0, 1, 0]], [0, 1]);
 * const wider = withMoreClasses(model, 3);
 * await wider.partialFit([[0, 0, 1]], [2]);
 * console.log(wider.outputShape, model.outputShape); // → [ 3 ] [ 2 ]
 * ```
 */
export function withMoreClasses<M extends NetworkModel<unknown>>(
  model: M,
  classes: number,
  options: MoreClassesOptions = {},
): M {
  checkOptions(options, ['layer', 'seed'], 'withMoreClasses');
  if (!model.isBuilt || model.inputShape === null)
    throw new ConfigError(
      'withMoreClasses: the model has no weights yet. Give it an input shape, or fit or predict first.',
    );
  const { network, layerWeights } = model;
  const at = headOf(network, options.layer);
  const old = network.layers[at]! as AnyLayer & { readonly config: DenseConfig };
  const { units } = old.config;
  if (!Number.isInteger(classes) || classes <= units) {
    throw new ConfigError(
      `withMoreClasses: '${network.names[at]}' has ${units} units; give an integer above that, got ${String(classes)}.`,
    );
  }
  const wide = dense({ ...old.config, units: classes, name: old.name });
  const layers = network.layers.map((layer, i) => (i === at ? wide : layer));
  checkOthers(network, { ...network, layers }, at, model.inputShape);
  const rng = toRng(options.seed ?? model.seed).restart();
  return scope(() => {
    const { kernel } = layerWeights[at]!.params;
    const fresh = wide.init([kernel!.shape[0]!], new Rng(rng.random()), kernel!.backend);
    const weights = layerWeights.map(
      (w, i): LayerWeights => (i === at ? { params: widened(w.params, fresh.params), state: w.state } : w),
    );
    const copy = model.rebuilt({ layers, weights, masks: widerMasks(model, at, fresh.params) });
    keepOptimizer(model, copy);
    return copy;
  });
}

/** Position of the dense layer that tells the classes. */
function headOf({ layers, names }: Network, name: string | undefined): number {
  const at = name === undefined ? layers.findLastIndex((l) => l.kind === 'dense') : names.indexOf(name);
  if (at >= 0 && layers[at]!.kind === 'dense') return at;
  throw new ConfigError(
    name === undefined
      ? 'withMoreClasses: the model has no dense layer of its own. Where it is in a model within, put that one’s layers into a model themselves.'
      : `withMoreClasses: there is no dense layer '${name}'. There are ${names.join(', ')}.`,
  );
}

/** Throws where layers behind the head would need other weights. */
function checkOthers(before: Network, after: Network, head: number, inputShape: Shape): void {
  const shapesOf = (network: Network): (readonly Shape[])[] => {
    const inputs = network.inputs.map(({ shape }, i) => (i === 0 ? inputShape : shape!));
    const values = shapesThrough(network, inputs);
    return network.layers.map((layer, i) => {
      const own = firstInputs(network, i).map((v) => values[v]!);
      const { params, state } = weightShapesOf(layer, own);
      return [...Object.values(params), ...Object.values(state)];
    });
  };
  const [old, next] = [shapesOf(before), shapesOf(after)];
  old.forEach((shapes, i) => {
    if (i === head) return;
    const odd = shapes.findIndex((s, k) => !sameShape(s, next[i]![k]!));
    if (odd < 0) return;
    throw new ConfigError(
      `withMoreClasses: behind '${before.names[head]}', '${before.names[i]}' would need a weight of shape ${formatShape(next[i]![odd]!)} instead of ${formatShape(shapes[odd]!)}. Name the last layer with units for the classes.`,
    );
  });
}

const widened = (old: Params, fresh: Params): Params =>
  Object.fromEntries(Object.entries(old).map(([name, t]) => [name, extended(t, fresh[name]!)]));

/** `old` with what `fresh` has beyond it along the one axis in which they differ. */
function extended(old: Tensor, fresh: Tensor): Tensor {
  const axis = old.shape.findIndex((n, i) => n !== fresh.shape[i]);
  if (axis < 0) return old;
  const begin = old.shape.map((n, i) => (i === axis ? n : 0));
  return concat([old, slice(fresh, begin, [...fresh.shape])], axis);
}

function widerMasks(model: NetworkModel<unknown>, at: number, fresh: Params): Map<string, Tensor> {
  return new Map(
    [...model.masks].map(([path, mask]) => {
      const own = Object.entries(fresh).find(([name]) => path === `${model.layerNames[at]}/${name}`);
      if (own === undefined) return [path, mask];
      const { shape, backend } = own[1];
      return [path, extended(mask, ones(shape, { dtype: mask.dtype as 'float32', backend }))];
    }),
  );
}

/** Gives the copy what the optimiser knows of the weights they share. */
function keepOptimizer(model: NetworkModel<unknown>, copy: NetworkModel<unknown>): void {
  const { optimizerState } = model.variables;
  const { compileOptions } = model;
  if (optimizerState === null || compileOptions === null) return;
  const { variables, network } = copy;
  const { optimizer } = compiledFrom(compileOptions, copy.outputNames);
  const state = variables.keep(() => {
    const fresh = flattenNest<unknown>(optimizer.init(trainedParams(network.layers, variables.weights)) as never);
    const old = flattenNest<unknown>(optimizerState as never).leaves;
    const leaves = fresh.leaves.map((leaf, i) => {
      const known = old[i];
      if (!(leaf instanceof Tensor) || !(known instanceof Tensor)) return known;
      const own = extended(known, leaf);
      return own === known ? known.view({ shape: known.shape, strides: known.strides, offset: known.offset }) : own;
    });
    return fresh.rebuild(leaves) as unknown as OptimizerState;
  });
  variables.replace({ optimizerState: state });
}
