import { flattenNest, mapNest, type Nest } from '../core/nest';
import type { Tensor } from '../core/tensor';
import { isFinite, logicalAnd, where } from '../ops/elementwise';
import { all } from '../ops/reduce';
import { isRecord, mapTensors } from './nest';
import type { OptimizerState, TensorNest } from './optimizer';
import { asScalar } from './scalars';

/** `a` where a scalar of booleans is true, else `b`: two nests of one structure, of which `b` may hold host numbers. */
export function chooseNest<N>(isA: Tensor, a: N, b: N, like: TensorNest): N {
  const scalars = (nest: N): Nest<Tensor> => mapNest(nest as Nest<Tensor | number>, (x) => asScalar(x, like));
  const pairs = [
    ['the next state', scalars(a)],
    ['the state', scalars(b)],
  ] as const;
  return mapTensors(pairs, 1, ([x, y]) => [where(isA, x!, y!)])[0] as N;
}

/** Whether every element of every tensor is finite, as a scalar; undefined where there are no tensors. */
export function allFinite(nest: TensorNest): Tensor | undefined {
  const parts = flattenNest<Tensor>(nest as Nest<Tensor>).leaves.map((t) => all(isFinite(t)));
  return parts.length === 0 ? undefined : parts.reduce((a, b) => logicalAnd(a, b));
}

/** What stands under `key` in the first record of a state that has it; states in arrays are looked through. */
export function findInState(state: OptimizerState, key: string): unknown {
  if (Array.isArray(state)) {
    for (const part of state as readonly OptimizerState[]) {
      const found = findInState(part, key);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return isRecord(state) && Object.hasOwn(state, key) ? state[key] : undefined;
}
