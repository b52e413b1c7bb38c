import type { Tensor } from '../../../core/tensor';
import { zerosLike } from '../../../ops/create';
import { where } from '../../../ops/elementwise';
import { reshape, slice, stack } from '../../../ops/shape-ops';
import type { Mask, Params } from '../../layer';
import { asBool } from '../mask';
import type { Cell } from './cell';
import type { SequenceConfig } from './options';

/** What a recurrence begins with and goes by. */
export interface Recurrence {
  /** Projected inputs `[batch, time, gates · units]`. */
  readonly z: Tensor;
  /** The state before the first step. */
  readonly states: readonly Tensor[];
  /** `[batch, time]`. */
  readonly mask: Mask;
  readonly weights: Params;
  /** See {@link Cell.step}. */
  readonly drops: readonly Tensor[] | null;
}

/** What it ends with. */
export interface Course {
  /** `[batch, time, units]` in the order of processing, or that of the last step alone. */
  readonly y: Tensor;
  readonly states: readonly Tensor[];
}

/** Column t of `[batch, time, …]`. */
function at(x: Tensor, t: number): Tensor {
  const [batch, , ...rest] = x.shape as [number, number, ...number[]];
  return reshape(slice(x, [0, t], [batch, t + 1]), [batch, ...rest]);
}

/**
 * Goes through a sequence step by step. A masked step changes nothing: the state stays, and the output is that of the step
 * before (zero, where there is none yet, or with `zeroOutputForMask`).
 */
export function runSteps(
  cell: Cell,
  { z, states: initial, mask, weights, drops }: Recurrence,
  config: SequenceConfig,
): Course {
  const time = z.shape[1]!;
  const counts = mask === null ? null : asBool(mask);
  let states = initial;
  let last = zerosLike(initial[0]!);
  const outputs: Tensor[] = [];
  for (let k = 0; k < time; k++) {
    const t = config.goBackwards ? time - 1 - k : k;
    const next = cell.step(at(z, t), states, weights, drops);
    if (counts === null) {
      states = next;
      last = next[0]!;
    } else {
      const here = slice(counts, [0, t], [counts.shape[0]!, t + 1]);
      states = next.map((s, i) => where(here, s, states[i]!));
      last = where(here, next[0]!, config.zeroOutputForMask ? 0 : last);
    }
    if (config.returnSequences) outputs.push(last);
  }
  return { y: config.returnSequences ? stack(outputs, 1) : last, states };
}
