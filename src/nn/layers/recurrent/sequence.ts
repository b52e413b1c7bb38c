import type { Tensor } from '../../../core/tensor';
import { zeros } from '../../../ops/create';
import { where } from '../../../ops/elementwise';
import { hasRecurrence, recurrence } from '../../../ops/recurrence/index';
import { expandDims, flip, slice } from '../../../ops/shape-ops';
import type { Mask, Params } from '../../layer';
import { asBool } from '../mask';
import type { Cell, WholeCell } from './cell';
import type { SequenceConfig } from './options';
import { type Course, columnOf, goThrough } from './steps';

/** What a recurrence begins with and goes by. */
export interface Recurrence {
  /** Projected inputs `[batch, time, gates · units]`. */
  readonly z: Tensor;
  /** The state before the first step; null for zeros. */
  readonly initial: readonly Tensor[] | null;
  /** `[batch, time]`. */
  readonly mask: Mask;
  readonly weights: Params;
  /** See {@link Cell.step}. */
  readonly drops: readonly Tensor[] | null;
}

function zeroStates(cell: Cell, z: Tensor, { recurrentKernel }: Params): Tensor[] {
  const { shape, dtype, backend } = recurrentKernel!;
  return cell.states.map(() => zeros([z.shape[0]!, shape[0]!], { dtype, backend }));
}

/** Whether all operands have one dtype, which the operation wants. */
const isUniform = ({ z, initial, weights }: Recurrence): boolean =>
  [weights.recurrentKernel!, ...(initial ?? [])].every((t) => t.dtype === z.dtype);

/** Goes through a sequence, in one operation where that can be. */
export function runCell(cell: Cell, task: Recurrence, config: SequenceConfig): Course {
  const { whole } = cell;
  const isOne =
    whole !== null && task.drops === null && !config.unroll && isUniform(task) && hasRecurrence(task.z.backend);
  return isOne ? runWhole(whole, cell.states.length, task, config) : runSteps(cell, task, config);
}

function runWhole(
  whole: WholeCell,
  count: number,
  { z, initial, mask, weights }: Recurrence,
  config: SequenceConfig,
): Course {
  const { goBackwards, returnSequences } = config;
  const counts = mask === null ? null : asBool(mask);
  const kernel = whole.kernel(weights);
  const [time, units] = [z.shape[1]!, kernel.shape[0]!];
  const carry = count === 2 && (config.returnState || config.stateful);
  const out = recurrence(whole.kind, z, kernel, {
    bias: whole.bias(weights),
    initial: initial ?? [],
    mask: counts,
    backwards: goBackwards,
    carry,
  });
  // c comes first, where it comes.
  const parts = carry ? [slice(out, [0, 0, units]), slice(out, [0, 0, 0], [out.shape[0]!, time, units])] : [out];
  const states = parts.map((part) => columnOf(part, time - 1));
  const ordered = counts !== null && goBackwards ? flip(counts, 1) : counts;
  const shown = config.zeroOutputForMask ? ordered : null;
  const h = parts[0]!;
  if (returnSequences) return { y: shown === null ? h : where(expandDims(shown, 2), h, 0), states };
  const last = states[0]!;
  return { y: shown === null ? last : where(slice(shown, [0, time - 1]), last, 0), states };
}

function runSteps(cell: Cell, { z, initial, mask, weights, drops }: Recurrence, config: SequenceConfig): Course {
  return goThrough(
    {
      time: z.shape[1]!,
      initial: initial ?? zeroStates(cell, z, weights),
      mask,
      outputState: 0,
      step: (t, before) => {
        const states = cell.step(columnOf(z, t), before, weights, drops);
        return { y: states[0]!, states };
      },
    },
    config,
  );
}
