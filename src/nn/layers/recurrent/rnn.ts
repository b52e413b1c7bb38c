import { ConfigError, ShapeError } from '../../../core/errors';
import { formatShape, type Shape, sameShape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { zeros } from '../../../ops/create';
import type { Network } from '../../graph/network';
import type { AnyLayer, CallContext, Layer, ManyInputs, ManyOutputLayer, ManyResult, Params } from '../../layer';
import { repeating } from '../../step-rng';
import { defineNested, type InnerConfig, innerConfig, innerLayer, type PartCalls, prefixed } from '../nested';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';
import type { CellLayer } from './cells';
import { type SequenceConfig, type SequenceOptions, sequenceConfig } from './options';
import type { RecurrentLayer } from './recurrent-layer';
import { columnOf, goThrough } from './steps';

/** Options of {@link rnn}. */
export interface RnnOptions extends LayerOptions, SequenceOptions {
  /** What every step goes through: a cell, or a model as a layer of 1 + n inputs and outputs. */
  readonly cell: AnyLayer;
}

export interface RnnConfig extends LayerConfig, SequenceConfig {
  readonly cell: InnerConfig;
}

/** What is the same for all sequences. */
interface Subject {
  readonly label: string;
  readonly config: SequenceConfig;
  readonly cell: AnyLayer;
  readonly count: number;
}

/**
 * A recurrent layer made of a cell: (yₜ, stateₜ) = cell(xₜ, stateₜ₋₁).
 *
 * A mask holds steps back: a masked step leaves the state as it is, and puts out what the step before did. The initial
 * state is zero, or further inputs: `apply([x, …states])`. What a cell drops, it drops alike at all steps.
 *
 * A cell of your own is a model of 1 + n inputs (the input of a step, and n states) and 1 + n outputs (what is put out, and
 * the states after the step), as a layer: `asLayer()`; or any layer of as many that has `stateShapes`, a function from the
 * shape of a step's input to those of the states, as {@link lstmCell} has.
 *
 * @param options - `cell` (required); `returnSequences = false`, `returnState = false`, `goBackwards = false`,
 * `stateful = false` (then `batchSize` is required), `unroll = false`, `zeroOutputForMask = false`, `name`,
 * `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, …]` to what the cell puts out at the last step, or with `returnSequences` at all of
 * them, `[batch, time, …]` (with `goBackwards` the last step first); with `returnState` followed by the last states; with the
 * weights of the cell, under `cell/`. It does what {@link lstm} does, step by step: where there is a layer for it, that is faster.
 * @throws ConfigError where the cell is none; using it, a ShapeError for inputs that do not fit.
 *
 * @example
 * ```ts
 * import { gruCell, lstmCell, rnn, sequential, stackedRNNCells } from 'kompakt/nn';
 * const cell = stackedRNNCells({ cells: [lstmCell({ units: 8 }), gruCell({ units: 4 })] });
 * const model = sequential([rnn({ cell, returnSequences: true })], { inputShape: [20, 3] });
 * console.log(model.outputShape, model.countParams()); // → [ 20, 4 ] 552
 * ```
 */
export function rnn(options: RnnOptions & { readonly returnState: true }): ManyOutputLayer<RnnConfig>;
export function rnn(options: RnnOptions): Layer<RnnConfig>;
export function rnn(options: RnnOptions): Layer<RnnConfig> | ManyOutputLayer<RnnConfig> {
  const o = new OptionReader('rnn', options);
  const { label } = o;
  const cell = innerLayer(o, 'cell');
  const sequence = sequenceConfig(o);
  const common = o.common();
  const config: RnnConfig = {
    cell: innerConfig(cell),
    ...sequence,
    ...common,
    trainable: common.trainable && cell.trainable,
  };
  const shapesOf = stateShapesOf(cell, label);
  const form = cell.many!;
  const stepOf = (input: Shape): Shape => {
    if (input.length >= 2 && input[0] !== 0) return input.slice(1);
    throw new ShapeError(
      `${label}: expected inputs [batch, time, …] of at least one step, got shape ${formatShape(input)} (the batch axis left out).`,
    );
  };
  const cellInputs = (step: Shape): Shape[] => [step, ...shapesOf(step)];
  const count = shapesOf.count;
  const names = Array.from({ length: count }, (_, i) => `state${i}`);
  const subject: Subject = { label, config: sequence, cell, count };
  const layer = defineNested<RnnConfig>(o, config, {
    arity: { min: 1, max: 1 + count },
    parts: ([input]) => ({ cell: { layer: cell, inputs: cellInputs(stepOf(input!)) } }),
    outputShapes: ([input, ...given]) => {
      const inputs = cellInputs(stepOf(input!));
      checkStates(given, inputs.slice(1), label);
      const [y, ...states] = form.outputShapes(inputs) as [Shape, ...Shape[]];
      checkCell(states, inputs.slice(1), label);
      const out = sequence.returnSequences ? [input![0]!, ...y] : y;
      return sequence.returnState ? [out, ...states] : [out];
    },
    ...(sequence.stateful && {
      carries: ([input]: readonly Shape[]) =>
        Object.fromEntries(shapesOf(stepOf(input!)).map((s, i) => [names[i]!, [sequence.batchSize!, ...s]])),
      carried: { names, batchSize: sequence.batchSize! },
    }),
    run: (inputs, parts, ctx) => runCells(subject, names, shapesOf, inputs, parts, ctx),
    multiplyAdds: ([input]) => input![0]! * form.multiplyAdds(cellInputs(stepOf(input!))),
    regularizers: prefixed('cell', cell.regularizers),
    constraints: prefixed('cell', cell.constraints),
  });
  const own: RecurrentLayer = {
    ...layer,
    stateCount: count,
    changed: (change) => rnn({ ...config, cell, name: o.name, ...change }),
  };
  return own as unknown as Layer<RnnConfig>;
}

type StateShapes = ((step: Shape) => readonly Shape[]) & { readonly count: number };

/** How a cell tells of its states. */
function stateShapesOf(cell: AnyLayer, label: string): StateShapes {
  const { stateShapes } = cell as Partial<CellLayer>;
  const { network } = cell as { readonly network?: Network };
  if (cell.many !== undefined && typeof stateShapes === 'function') {
    const of = (step: Shape) => stateShapes.call(cell, step);
    return Object.assign(of, { count: (cell as { readonly states?: number }).states ?? of([1]).length });
  }
  if (cell.many !== undefined && network !== undefined) {
    const states = network.inputs.slice(1).map(({ shape }) => shape!);
    if (network.outputs.length !== network.inputs.length || states.some((s) => s.some((n) => Number.isNaN(n)))) {
      throw new ConfigError(
        `${label}: a model as a cell takes the input of a step and n states of known shapes, and gives the output and n states; this one has ${network.inputs.length} inputs and ${network.outputs.length} outputs.`,
      );
    }
    return Object.assign(() => states, { count: states.length });
  }
  throw new ConfigError(
    `${label}: ${cell.kind} is no cell. Give lstmCell, gruCell, simpleRNNCell or stackedRNNCells, a model of 1 + n inputs and outputs as a layer, or a layer with stateShapes.`,
  );
}

function checkStates(given: readonly Shape[], wanted: readonly Shape[], label: string): void {
  if (given.length === 0) return;
  if (given.length !== wanted.length || given.some((s, i) => !sameShape(s, wanted[i]!))) {
    throw new ShapeError(
      `${label}: the initial state must be ${wanted.length} tensors of shapes ${wanted.map((s) => formatShape(s)).join(' ')} (the batch axis left out), got ${given.map((s) => formatShape(s)).join(' ')}.`,
    );
  }
}

function checkCell(after: readonly Shape[], before: readonly Shape[], label: string): void {
  if (after.length !== before.length || after.some((s, i) => !sameShape(s, before[i]!))) {
    throw new ShapeError(
      `${label}: the cell takes states of shapes ${before.map((s) => formatShape(s)).join(' ')} and gives ${after.map((s) => formatShape(s)).join(' ')}. They must be alike.`,
    );
  }
}

function runCells(
  { label, config, cell }: Subject,
  names: readonly string[],
  shapesOf: StateShapes,
  { xs, masks }: ManyInputs,
  parts: PartCalls,
  ctx: CallContext,
): Pick<ManyResult, 'ys' | 'masks'> & { state?: Params } {
  const [x, ...given] = xs as [Tensor, ...Tensor[]];
  const mask = masks[0] ?? null;
  const [batch, time, ...step] = x.shape as [number, number, ...number[]];
  if (config.stateful && batch !== config.batchSize) {
    throw new ShapeError(
      `${label}: it is stateful with batches of ${config.batchSize}, got one of ${batch}. Leave out incomplete batches.`,
    );
  }
  const fresh = (): Tensor[] =>
    shapesOf(step).map((shape) => zeros([batch, ...shape], { dtype: x.dtype as 'float32', backend: x.backend }));
  const carried = config.stateful ? names.map((name) => parts.state[name]!) : null;
  const roundOf = repeating(ctx.training ? ctx.rng : null);
  const course = goThrough(
    {
      time,
      initial: given.length > 0 ? given : (carried ?? fresh()),
      mask,
      outputState: (cell as Partial<CellLayer>).outputState ?? null,
      step: (t, states) => {
        const inputs = [columnOf(x, t), ...states];
        const { ys } = parts.many('cell', { xs: inputs, masks: inputs.map(() => null) }, { ...ctx, rng: roundOf() });
        return { y: ys[0]!, states: ys.slice(1) };
      },
    },
    config,
  );
  const ys = config.returnState ? [course.y, ...course.states] : [course.y];
  const outMask = config.returnSequences ? mask : null;
  return {
    ys,
    masks: ys.map((_, i) => (i === 0 ? outMask : null)),
    ...(config.stateful && { state: Object.fromEntries(names.map((name, i) => [name, course.states[i]!])) }),
  };
}
