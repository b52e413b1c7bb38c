import { FormatError } from '../../core/errors';
import { sameShape } from '../../core/shape';
import type { WeightShapes } from '../../nn/layer';
import type { Entry } from './assembly';
import { type FileWeight, type LayerGroup, NumberedGroups, type Origin } from './file-weights';
import { type Filled, listed, matchWeights } from './fill';
import type { H5Reader } from './hdf5';
import { own } from './json';
import type { KerasLayer } from './keras-layer';
import { todaysWeights } from './old-weights';

/** A layer with weights, and where its weights come from. */
interface Leaf {
  readonly keras: KerasLayer;
  readonly layer: number;
}

/** What assigning needs to know of the model. */
export interface Target {
  readonly what: string;
  readonly entries: readonly Entry[];
  /** By position of the layer; null for layers that are never called. */
  readonly shapes: readonly (WeightShapes | null)[];
}

const labelOf = (target: Target, { className, name }: KerasLayer): string => `${target.what}: ${className} '${name}'`;

/** The layers with weights, those of models within included, in order. */
function leavesOf(entry: Entry, target: Target): Leaf[] {
  if ('entries' in entry) return entry.entries.flatMap((e) => leavesOf(e, target));
  const shapes = target.shapes[entry.layer];
  return shapes && listed(shapes).length > 0 ? [{ keras: entry.keras, layer: entry.layer }] : [];
}

/** Weights of layers by name, as in `.h5` files. */
export function assignNamed(target: Target, groups: readonly LayerGroup[], origin: Origin): Map<number, Filled> {
  const byName = new Map(groups.map((group) => [group.name, group.weights]));
  const filled = new Map<number, Filled>();
  for (const entry of target.entries) {
    const leaves = leavesOf(entry, target);
    if (leaves.length === 0) continue;
    const { keras } = entry;
    const weights = byName.get(keras.name);
    if (weights === undefined)
      throw new FormatError(
        `${labelOf(target, keras)}: the file has no weights for it. It has those of ${[...byName.keys()].slice(0, 20).join(', ')}.`,
      );
    const divided = 'entries' in entry ? divide(leaves, weights, target, keras) : [weights];
    leaves.forEach((leaf, i) => filled.set(leaf.layer, fill(leaf, divided[i]!, target, origin)));
  }
  return filled;
}

function fill(leaf: Leaf, weights: readonly FileWeight[], target: Target, origin: Origin): Filled {
  const today = todaysWeights(leaf.keras, weights, origin);
  return matchWeights(target.shapes[leaf.layer]!, today, labelOf(target, leaf.keras));
}

/** The weights of a model within the model, divided among its layers: by their names where these tell, else by order. */
function divide(
  leaves: readonly Leaf[],
  weights: readonly FileWeight[],
  target: Target,
  keras: KerasLayer,
): readonly (readonly FileWeight[])[] {
  return (
    divideByName(leaves, weights, target) ??
    divideByOrder(leaves, weights, target) ??
    fail(`${labelOf(target, keras)}: the ${weights.length} weights of this model in the file don't fit its layers.`)
  );
}

function fail(message: string): never {
  throw new FormatError(message);
}

function divideByName(leaves: readonly Leaf[], weights: readonly FileWeight[], target: Target): FileWeight[][] | null {
  const byName = new Map<string, FileWeight[]>(leaves.map((leaf) => [leaf.keras.name, []]));
  if (byName.size !== leaves.length) return null;
  for (const weight of weights) {
    const owner = weight.name
      .split('/')
      .slice(0, -1)
      .findLast((part) => byName.has(part));
    if (owner === undefined) return null;
    byName.get(owner)!.push(weight);
  }
  const isWhole = leaves.every(
    (leaf) => byName.get(leaf.keras.name)!.length === listed(target.shapes[leaf.layer]!).length,
  );
  return isWhole ? leaves.map((leaf) => byName.get(leaf.keras.name)!) : null;
}

/** Keras lists what is trained in any of the layers first, then all that is not. */
function divideByOrder(leaves: readonly Leaf[], weights: readonly FileWeight[], target: Target): FileWeight[][] | null {
  const parts = leaves.map((leaf) => {
    const shapes = target.shapes[leaf.layer]!;
    const isTrained = own(leaf.keras.config, 'trainable') !== false;
    const [params, state] = [Object.values(shapes.params), Object.values(shapes.state)];
    return isTrained ? { trained: params, fixed: state } : { trained: [], fixed: [...params, ...state] };
  });
  const divided: FileWeight[][] = leaves.map(() => []);
  let at = 0;
  for (const part of ['trained', 'fixed'] as const) {
    for (const [i, shapes] of parts.entries()) {
      for (const shape of shapes[part]) {
        const weight = weights[at++];
        if (weight === undefined || !sameShape(weight.shape, shape)) return null;
        divided[i]!.push(weight);
      }
    }
  }
  return at === weights.length ? divided : null;
}

/** Weights of layers by class and number, as in `.keras` files. */
export function assignNumbered(target: Target, file: H5Reader, base = ''): Map<number, Filled> {
  const filled = new Map<number, Filled>();
  const groups = new NumberedGroups(file, base);
  for (const entry of target.entries) {
    if (leavesOf(entry, target).length === 0) continue;
    const group = groups.next(entry.keras);
    if (group === null) throw new FormatError(`${labelOf(target, entry.keras)}: the file has no weights for it.`);
    if ('entries' in entry) {
      for (const [layer, own] of assignNumbered({ ...target, entries: entry.entries }, file, group.path))
        filled.set(layer, own);
    } else {
      filled.set(entry.layer, matchWeights(target.shapes[entry.layer]!, group.weights, labelOf(target, entry.keras)));
    }
  }
  return filled;
}
