import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import type { SymbolicTensor } from '../layer';
import type { OutputForm } from '../topology';
import type { Network } from './network';
import { NetworkModel } from './network-model';
import type { ModelChanges, ModelOptions, ModelParts } from './parts';
import { SymbolicValue } from './symbolic';
import { type NamedValues, traceNetwork } from './trace';

/** One value of a graph, several, or several by name. */
export type SymbolicNest = SymbolicTensor | readonly SymbolicTensor[] | { readonly [name: string]: SymbolicTensor };

/** What {@link model} is made of. */
export interface GraphOptions<O extends SymbolicNest = SymbolicNest> extends ModelOptions {
  readonly inputs: SymbolicNest;
  readonly outputs: O;
}

/** What a model with those outputs predicts: a tensor, an array of them, or a record by name. */
export type Predicted<O extends SymbolicNest> = O extends SymbolicTensor
  ? Tensor
  : O extends readonly SymbolicTensor[]
    ? Tensor[]
    : { readonly [K in keyof O]: Tensor };

/** All parts of a graph model; see {@link Model.from}. */
export interface GraphParts extends ModelParts {
  readonly network: Network;
  readonly outputForm?: OutputForm | undefined;
}

/** A model whose layers form a graph without cycles. Made by {@link model}. */
export class Model<Y = Tensor> extends NetworkModel<Y> {
  readonly #form: OutputForm;

  constructor(network: Network, options: ModelOptions, outputForm: OutputForm, parts: ModelParts | null = null) {
    super('model', network, options);
    this.#form = outputForm;
    if (parts === null) this.buildAsDescribed();
    else
      this.adopt(
        network.inputs.map((input) => input.shape!),
        parts,
      );
  }

  /**
   * A model of a given network and weights. Takes copies of all tensors.
   *
   * @throws ConfigError when there is not one set of weights for each layer.
   */
  static from<Y = Tensor>(parts: GraphParts): Model<Y> {
    const { network, outputForm = network.outputs.length === 1 ? 'one' : 'array' } = parts;
    return new Model<Y>(network, parts, outputForm, parts);
  }

  override get outputForm(): OutputForm {
    return this.#form;
  }

  override rebuilt(changes: ModelChanges): this {
    const network = { ...this.network, layers: changes.layers ?? this.network.layers };
    return Model.from({ ...this.partsWith(changes, 'model'), network, outputForm: this.#form }) as this;
  }

  protected override packed(ys: readonly Tensor[]): Y {
    if (this.#form === 'one') return ys[0] as Y;
    if (this.#form === 'array') return [...ys] as Y;
    return Object.fromEntries(this.outputNames.map((name, k) => [name, ys[k]])) as Y;
  }
}

/**
 * A model whose layers form a graph: with several inputs or outputs, branches that meet again, layers that are used more
 * than once and then have the same weights everywhere, and models as layers.
 *
 * Weights are made at once. The layers of a model that is applied as a layer start from its weights; the model itself stays
 * as it is.
 *
 * @param options - `inputs` and `outputs`: one value, an array, or a record by name; `name`, `seed` for initial weights,
 * shuffling and dropout, `backend`.
 * @returns a model that takes samples, and predicts, as `inputs` and `outputs` are nested.
 * @throws ConfigError when inputs are missing, unused or named alike; ShapeError where layers don't fit each other.
 *
 * @example
 * ```ts
 * import { concatenate, dense, input, model } from 'kompakt/nn';
 * const [a, b] = [input([3], { name: 'a' }), input([2], { name: 'b' })];
 * const hidden = dense({ units: 8, activation: 'relu' }).apply(concatenate().apply([a, b]));
 * const m = model({
 *   inputs: [a, b],
 *   outputs: { sign: dense({ units: 1, activation: 'sigmoid' }).apply(hidden), size: dense({ units: 1 }).apply(hidden) },
 *   seed: 0,
 * });
 * m.compile({ optimizer: 'adam', loss: { sign: 'binaryCrossentropy', size: 'meanSquaredError' } });
 * const data = { a: [[1, 2, 3], [4, 5, 6]], b: [[0, 1], [1, 0]] };
 * const { history } = await m.fit(data, { sign: [0, 1], size: [1.5, 2] });
 * console.log(Object.keys(history), m.predict(data).size.shape); // → [ 'loss', 'signLoss', 'sizeLoss' ] [ 2, 1 ]
 * ```
 */
export function model<O extends SymbolicNest>(options: GraphOptions<O>): Model<Predicted<O>> {
  checkOptions(options, ['inputs', 'outputs', 'name', 'seed', 'backend'], 'model');
  const inputs = named(options.inputs, 'inputs');
  const outputs = named(options.outputs, 'outputs');
  const network = traceNetwork(inputs, outputs);
  const form = outputs.names !== null ? 'record' : options.outputs instanceof SymbolicValue ? 'one' : 'array';
  return new Model<Predicted<O>>(network, options, form);
}

function named(nest: SymbolicNest, what: 'inputs' | 'outputs'): NamedValues {
  if (nest instanceof SymbolicValue) return { values: [nest], names: null };
  const isList = Array.isArray(nest);
  const values: unknown[] = typeof nest === 'object' && nest !== null ? Object.values(nest) : [];
  const wrong = values.findIndex((x) => !(x instanceof SymbolicValue));
  if (values.length === 0 || wrong >= 0) {
    throw new ConfigError(
      `model: ${what} must be what input(shape) or the apply of a layer returned, an array or a record of those; ` +
        `${wrong >= 0 ? `item ${isList ? wrong : `'${Object.keys(nest)[wrong]}'`} is not` : `got ${values.length === 0 && typeof nest === 'object' ? 'none' : String(nest)}`}.`,
    );
  }
  if (new Set(values).size !== values.length && what === 'inputs')
    throw new ConfigError('model: the same input is given twice. Give each once.');
  return { values: values as SymbolicTensor[], names: isList ? null : Object.keys(nest) };
}
