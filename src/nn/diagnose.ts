import type { Rng } from '../core/rng';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { all, isFinite } from '../ops/index';
import type { LayerWeights, Params } from './layer';
import { type Batch, differentiate, objectiveOf, type StepSpec, trainedParams } from './train-step';

/**
 * Where a step that came out non-finite went wrong: the first layer in forward order whose output or, if all outputs are
 * finite, whose gradient is not.
 *
 * @param rng - the randomness of that step, from its beginning.
 */
export async function findNonFinite(
  spec: StepSpec,
  weights: readonly LayerWeights[],
  batch: Batch,
  rng: Rng | null,
): Promise<string> {
  if (!(await isAllFinite(batch.x))) return 'The input itself holds NaN or infinity; clean the data.';
  if (!(await isAllFinite(batch.y))) return 'The targets hold NaN or infinity; clean the data.';
  const inForward = await inOutputs(spec, weights, batch, rng?.restart() ?? null);
  if (inForward !== null) return inForward;
  const gradients = scope(() => differentiate(spec, weights, batch, rng?.restart() ?? null).gradients);
  try {
    for (const [i, layer] of gradients.entries()) {
      if (!(await areFinite(layer)))
        return `The first layer with a non-finite gradient is '${spec.names[i]}'. ${REMEDY}`;
    }
  } finally {
    for (const layer of gradients) for (const g of Object.values(layer)) g.dispose();
  }
  return `The optimiser's update is non-finite. ${REMEDY}`;
}

const REMEDY = 'Lower the learning rate, clip gradients (clipByGlobalNorm), or scale the inputs.';

async function inOutputs(
  spec: StepSpec,
  weights: readonly LayerWeights[],
  batch: Batch,
  rng: Rng | null,
): Promise<string | null> {
  let y = batch.x;
  const made: Tensor[] = [];
  try {
    for (const [i, layer] of spec.layers.entries()) {
      const { params, state } = weights[i]!;
      const input = y;
      y = scope(() => layer.call(params, state, input, { training: true, rng }).y);
      made.push(y);
      if (await isAllFinite(y)) continue;
      const cause =
        (await areFinite(params)) && (await areFinite(state))
          ? REMEDY
          : 'Its weights are non-finite already: load or set finite ones.';
      return `The first layer with a non-finite output is '${spec.names[i]}' (${layer.kind}). ${cause}`;
    }
    const output = y;
    const loss = scope(() => objectiveOf(spec, output, trainedParams(spec.layers, weights), batch));
    made.push(loss);
    if (await isAllFinite(loss)) return null;
    return `All outputs up to the last layer, '${spec.names.at(-1)}', are finite; the loss or a regulariser makes it non-finite of them. Check that the loss fits the last activation.`;
  } finally {
    for (const t of made) if (t !== batch.x) t.dispose();
  }
}

async function areFinite(params: Params): Promise<boolean> {
  for (const t of Object.values(params)) if (!(await isAllFinite(t))) return false;
  return true;
}

async function isAllFinite(t: Tensor): Promise<boolean> {
  const flag = scope(() => all(isFinite(t)));
  try {
    return (await flag.data())[0] === 1;
  } finally {
    flag.dispose();
  }
}
