import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { add, mul } from '../../../ops/elementwise';
import { matmul } from '../../../ops/linear';
import { concat, reshape, slice } from '../../../ops/shape-ops';
import type { CallContext, Layer, ManyInputs, Params } from '../../layer';
import { defineManyLayer, expectRank, heldBy, type ManyRule, type WeightSpec } from '../define';
import { dropFactors } from '../drop';
import type { OptionReader } from '../options';
import { block, type Cell, cellWeights } from './cell';
import type { CellConfig, RecurrentConfig } from './options';
import { runCell } from './sequence';

/** A layer that takes a cell through a sequence. */
export function recurrentLayer<C extends RecurrentConfig>(o: OptionReader, config: C, cell: Cell): Layer<C> {
  const { units, stateful, batchSize } = config;
  const carried: Record<string, WeightSpec> = {};
  if (stateful)
    for (const name of cell.states) carried[name] = { shape: [batchSize!, units], initializer: 'zeros', isState: true };
  const rule: ManyRule = {
    arity: { min: 1, max: 1 + cell.states.length },
    outputShapes: (inputs) => {
      checkInputs(inputs, cell, units, o.label);
      const y = config.returnSequences ? [inputs[0]![0]!, units] : [units];
      return config.returnState ? [y, ...cell.states.map(() => [units])] : [y];
    },
    weights: ([input]) => ({ ...cellWeights(cell, config, input![1]!), ...carried }),
    run: (inputs, weights, ctx) => runLayer({ o, config, cell }, inputs, weights, ctx),
    multiplyAdds: ([input]) => input![0]! * cell.gates * units * (input![1]! + units),
    ...(stateful && { carried: { names: cell.states, batchSize: batchSize! } }),
    ...heldBy(config, { kernel: 'kernel', recurrentKernel: 'recurrent', bias: config.useBias && 'bias' }),
  };
  return defineManyLayer<C>(o, config, rule);
}

interface Subject {
  readonly o: OptionReader;
  readonly config: RecurrentConfig;
  readonly cell: Cell;
}

function runLayer({ o, config, cell }: Subject, { xs, masks }: ManyInputs, weights: Params, ctx: CallContext) {
  const [x, ...given] = xs as [Tensor, ...Tensor[]];
  const mask = masks[0] ?? null;
  const initial = given.length > 0 ? given : carriedStates(cell, config, x, weights, o.label);
  const z = projectInputs(cell, config, x, weights, ctx, o.label);
  // Of the shape of a state.
  const like = slice(z, [0, 0, 0], [z.shape[0]!, 1, config.units]);
  const drops = gateDrops(
    cell.gates,
    reshape(like, [z.shape[0]!, config.units]),
    config.recurrentDropout,
    ctx,
    o.label,
  );
  const course = runCell(cell, { z, initial, mask, weights, drops }, config);
  const ys = config.returnState ? [course.y, ...course.states] : [course.y];
  const outMask = config.returnSequences ? mask : null;
  const next = Object.fromEntries(cell.states.map((name, i) => [name, course.states[i]!]));
  return { ys, masks: ys.map((_, i) => (i === 0 ? outMask : null)), ...(config.stateful && { state: next }) };
}

function checkInputs(inputs: readonly Shape[], cell: Cell, units: number, label: string): void {
  const [x, ...states] = inputs as [Shape, ...Shape[]];
  expectRank(x, 2, '[batch, time, features]', label);
  if (x[0] === 0)
    throw new ShapeError(`${label}: the sequences have no steps, shape ${formatShape(x)}. Give at least one.`);
  if (states.length > 0 && states.length !== cell.states.length) {
    throw new ShapeError(
      `${label}: the state is ${cell.states.length} tensors (${cell.states.join(', ')}), but ${states.length} follow the sequences.`,
    );
  }
  for (const shape of states) {
    if (shape.length !== 1 || shape[0] !== units) {
      throw new ShapeError(
        `${label}: an initial state must have shape ${formatShape([units])} (the batch axis left out), got ${formatShape(shape)}.`,
      );
    }
  }
}

/** The state that the last batch left; null where it starts anew. */
function carriedStates(
  cell: Cell,
  { stateful, batchSize }: RecurrentConfig,
  x: Tensor,
  weights: Params,
  label: string,
): Tensor[] | null {
  if (!stateful) return null;
  if (x.shape[0] !== batchSize) {
    throw new ShapeError(
      `${label}: it is stateful with batches of ${batchSize}, got one of ${x.shape[0]}. Leave out incomplete batches.`,
    );
  }
  return cell.states.map((name) => weights[name]!);
}

/** What a tensor is multiplied by as it goes into each gate; null where nothing is dropped. */
export function gateDrops(
  gates: number,
  like: Tensor,
  rate: number,
  ctx: CallContext,
  label: string,
): readonly Tensor[] | null {
  if (!ctx.training || rate === 0) return null;
  return Array.from({ length: gates }, () => dropFactors(like, rate, ctx, label)!);
}

/**
 * x·W + b for all steps in one product. Features are dropped alike at all steps; with recurrent dropout, each gate drops
 * others, as in Keras.
 */
export function projectInputs(
  cell: Cell,
  { units, dropout, recurrentDropout }: CellConfig,
  x: Tensor,
  { kernel, bias }: Params,
  ctx: CallContext,
  label: string,
): Tensor {
  const step = slice(x, [0, 0], [x.shape[0]!, 1]);
  const apart = recurrentDropout > 0 ? cell.gates : 1;
  const drops = gateDrops(apart, step, dropout, ctx, label);
  const columns = (g: number): Tensor => (apart === 1 ? kernel! : block(kernel!, units, g));
  const parts = drops?.map((drop, g) => matmul(mul(x, drop), columns(g))) ?? [matmul(x, kernel!)];
  const z = parts.length === 1 ? parts[0]! : concat(parts, -1);
  return bias === undefined ? z : add(z, cell.inputBias(bias));
}
