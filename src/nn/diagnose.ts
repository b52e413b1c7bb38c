import type { Rng } from '../core/rng';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { all, isFinite } from '../ops/index';
import type { LayerWeights, Params } from './layer';
import { type Batch, differentiate, objectiveOf, type StepSpec } from './train-step';

/**
 * Where a step that came out non-finite went wrong: the first layer in forward order whose output or, if all outputs are
 * finite, the last one whose gradient is not: gradients come from the end.
 *
 * @param rng - the randomness of that step, from its beginning.
 */
export async function findNonFinite(
  spec: StepSpec,
  weights: readonly LayerWeights[],
  batch: Batch,
  rng: Rng | null,
): Promise<string> {
  if (!(await areAllFinite(batch.xs))) return 'The input itself holds NaN or infinity; clean the data.';
  if (!(await areAllFinite(batch.ys))) return 'The targets hold NaN or infinity; clean the data.';
  const inForward = await inOutputs(spec, weights, batch, rng?.restart() ?? null);
  if (inForward !== null) return inForward;
  const gradients = scope(() => differentiate(spec, weights, batch, rng?.restart() ?? null).gradients);
  try {
    // Gradients come from the loss: what is wrong in a layer is wrong in those before it, too.
    for (let i = gradients.length - 1; i >= 0; i--) {
      if (!(await areFinite(gradients[i]!)))
        return `On its way back from the loss, the gradient is first non-finite in layer '${spec.network.names[i]}'. ${REMEDY}`;
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
  const { network } = spec;
  const made: (readonly Tensor[])[] = [];
  const loss = scope(() => {
    const run = objectiveOf(spec, weights, batch, { training: true, rng }, ({ ys }) => made.push(ys));
    return { total: run.total, made };
  });
  try {
    for (const [i, ys] of made.entries()) {
      if (await areAllFinite(ys)) continue;
      const at = network.calls[i]!.layer;
      const { params, state } = weights[at]!;
      const cause =
        (await areFinite(params)) && (await areFinite(state))
          ? REMEDY
          : 'Its weights are non-finite already: load or set finite ones.';
      return `The first layer with a non-finite output is '${network.names[at]}' (${network.layers[at]!.kind}). ${cause}`;
    }
    if (await isAllFinite(loss.total)) return null;
    return `All outputs up to the last layer, '${network.names.at(-1)}', are finite; the loss or a regulariser makes it non-finite of them. Check that the loss fits the last activation.`;
  } finally {
    const kept = new Set([...batch.xs, ...batch.ys, ...batch.weights]);
    for (const t of [...made.flat(), loss.total]) if (!kept.has(t)) t.dispose();
  }
}

async function areAllFinite(ts: readonly (Tensor | null)[]): Promise<boolean> {
  for (const t of ts) if (t !== null && !(await isAllFinite(t))) return false;
  return true;
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
