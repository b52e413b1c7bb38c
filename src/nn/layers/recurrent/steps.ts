import type { Tensor } from '../../../core/tensor';
import { zeros } from '../../../ops/create';
import { where } from '../../../ops/elementwise';
import { expandDims, reshape, slice, stack } from '../../../ops/shape-ops';
import type { Mask } from '../../layer';
import { asBool } from '../mask';
import type { SequenceConfig } from './options';

/** What a sequence ends with. */
export interface Course {
  /** `[batch, time, …]` in the order of processing, or what the last step alone put out. */
  readonly y: Tensor;
  readonly states: readonly Tensor[];
}

/** A sequence to go through. */
export interface Steps {
  readonly time: number;
  /** The state before the first step. */
  readonly initial: readonly Tensor[];
  /** `[batch, time]`. */
  readonly mask: Mask;
  /** What step t puts out, and the state after it. */
  step(t: number, states: readonly Tensor[]): { readonly y: Tensor; readonly states: readonly Tensor[] };
  /** Which of the states the output is, null for none. */
  readonly outputState: number | null;
}

/** Column t of `[batch, time, …]`. */
export function columnOf(x: Tensor, t: number): Tensor {
  const [batch, , ...rest] = x.shape as [number, number, ...number[]];
  return reshape(slice(x, [0, t], [batch, t + 1]), [batch, ...rest]);
}

/**
 * Goes through a sequence step by step. A masked step changes nothing: the state stays, and the output is that of the step
 * before (where there is none yet, the state that the output is of, or zero; with `zeroOutputForMask` always zero).
 */
export function goThrough({ time, initial, mask, step, outputState }: Steps, config: SequenceConfig): Course {
  const counts = mask === null ? null : asBool(mask);
  let states = initial;
  let last = outputState === null ? null : initial[outputState]!;
  const outputs: Tensor[] = [];
  for (let k = 0; k < time; k++) {
    const t = config.goBackwards ? time - 1 - k : k;
    const next = step(t, states);
    if (counts === null) {
      states = next.states;
      last = next.y;
    } else {
      const here = slice(counts, [0, t], [counts.shape[0]!, t + 1]);
      const pick = (a: Tensor, b: Tensor | number): Tensor => where(alongAxes(here, a.rank), a, b);
      states = next.states.map((s, i) => pick(s, states[i]!));
      last = pick(next.y, config.zeroOutputForMask ? 0 : (last ?? zerosLike(next.y)));
    }
    if (config.returnSequences) outputs.push(last);
  }
  return { y: config.returnSequences ? stack(outputs, 1) : last!, states };
}

/** `[batch, 1]` with axes of size 1 behind it. */
const alongAxes = (here: Tensor, rank: number): Tensor =>
  rank === 2 ? here : rank < 2 ? reshape(here, [here.shape[0]!]) : alongAxes(expandDims(here, -1), rank - 1);

const zerosLike = ({ shape, dtype, backend }: Tensor): Tensor => zeros(shape, { dtype, backend });
