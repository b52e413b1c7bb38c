import type { Dense } from '../../data/matrix';
import type { ModelState, StateValue } from '../../estimator/state';
import type { Boosted } from './boosted';
import { addTrees, type HistTree } from './tree';

/** Raw predictions of all trees, output by output. */
export function rawPredictions({ trees, outputs, start, known }: Boosted, X: Dense): Float64Array {
  const raw = startingFrom(start, X.rows);
  addTrees(trees, outputs, X, raw, known);
  return raw;
}

/** Raw predictions after each iteration; each time the same array. */
export function* stagedRaw({ trees, outputs, start, known }: Boosted, X: Dense): Generator<Float64Array> {
  const raw = startingFrom(start, X.rows);
  for (let t = 0; t < trees.length; t += outputs) {
    addTrees(trees.slice(t, t + outputs), outputs, X, raw, known);
    yield raw;
  }
}

function startingFrom(start: Float64Array, rows: number): Float64Array {
  const raw = new Float64Array(start.length * rows);
  for (let k = 0; k < start.length; k++) raw.fill(start[k]!, k * rows, (k + 1) * rows);
  return raw;
}

/** From output by output to row by row. */
export function byRows(values: Float64Array, outputs: number): Float64Array {
  if (outputs === 1) return values;
  const rows = values.length / outputs;
  const out = new Float64Array(values.length);
  for (let k = 0; k < outputs; k++) for (let i = 0; i < rows; i++) out[i * outputs + k] = values[k * rows + i]!;
  return out;
}

/** What boosting has learned, as data. */
export function boostedState(boosted: Boosted): StateValue {
  return { ...boosted, trees: boosted.trees.map((tree): StateValue => ({ ...tree })) };
}

/** What {@link boostedState} made into data. */
export function boostedFrom(state: ModelState): Boosted {
  const { boosted } = state as unknown as { readonly boosted: Boosted };
  return { ...boosted, trees: boosted.trees.map((tree: HistTree) => ({ ...tree })) };
}
