import { FormatError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import type { H5Array, H5Reader } from './hdf5';
import { isRecord, type Json, own } from './json';
import type { KerasLayer } from './keras-layer';

/** A weight of a file, read when it is wanted. */
export interface FileWeight {
  /** As the file calls it: `dense_1/kernel:0`. */
  readonly name: string;
  readonly shape: Shape;
  read(): H5Array;
}

/** The weights of one layer of a file, or of a model within the model. */
export interface LayerGroup {
  readonly name: string;
  readonly weights: readonly FileWeight[];
}

/** What wrote the weights: conventions depended on it. */
export interface Origin {
  /** Of Keras: 1, 2 or 3. */
  readonly major: number;
  readonly backend: string | null;
}

/** A version's first number; files of before there were versions are Keras 1's, and those of tfjs are like Keras 2's. */
export function majorOf(version: string | null): number {
  if (version === null) return 1;
  if (version.startsWith('tfjs')) return 2;
  const major = Number.parseInt(version, 10);
  return major >= 1 && major <= 99 ? Math.min(major, 3) : 2;
}

const MAX_WEIGHTS = 100_000;

const arrayAt = (file: H5Reader, path: string, name: string): FileWeight => ({ name, ...file.array(path) });

/**
 * The weights of a file of Keras 1 or 2, or an `.h5` of Keras 3: a group for each layer, in order, that lists its weights.
 * Null where the file is none of these.
 */
export function layerGroups(file: H5Reader, base: string, what: string): LayerGroup[] | null {
  const names = file.texts(base, 'layer_names');
  if (names === null) return null;
  const seen = new Set<string>();
  let total = 0;
  return names.map((name) => {
    if (seen.has(name)) throw new FormatError(`${what}: the file has two layers '${name}'.`);
    seen.add(name);
    const path = base === '' ? name : `${base}/${name}`;
    const listed = file.texts(path, 'weight_names') ?? [];
    total += listed.length;
    if (total > MAX_WEIGHTS) throw new FormatError(`${what}: the file lists more than ${MAX_WEIGHTS} weights.`);
    // Layers that are not wanted may have what no weight is, texts say.
    let weights: FileWeight[] | undefined;
    return {
      name,
      get weights() {
        weights ??= listed.map((weight) => arrayAt(file, `${path}/${weight}`, weight));
        return weights;
      },
    };
  });
}

/** Parts of layers whose weights come in another order than that of the alphabet. */
const PARTS = [
  'cell',
  'forward_layer',
  'backward_layer',
  'layer',
  'query_dense',
  'key_dense',
  'value_dense',
  'output_dense',
];
/** Layers nest a few deep and have a few parts; a group of a file may hold itself. */
const MAX_DEPTH = 8;
const MAX_GROUPS = 500;

function orderOf(part: string, cells: readonly string[]): number {
  const at = [...PARTS, ...cells].indexOf(part.replace(/^_+/, ''));
  return at < 0 ? PARTS.length + cells.length : at;
}

/** The names that files give the cells of a stack, which are numbered by class; none where the layer has no stack. */
function cellsWithin(config: Json): string[] {
  for (const key of ['cell', 'layer']) {
    const inner = own(config, key);
    if (isRecord(inner)) return cellsWithin(asRecord(own(inner, 'config')));
  }
  const cells = own(config, 'cells');
  const seen = new Map<string, number>();
  return (Array.isArray(cells) ? cells : []).map((cell) => {
    const name = snake(String(own(asRecord(cell), 'class_name')));
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

const asRecord = (value: unknown): Json => (isRecord(value) ? value : {});

/** A walk through the groups of one layer. */
interface Walk {
  readonly file: H5Reader;
  readonly cells: readonly string[];
  groups: number;
}

/** All weights in a group of a `.keras` file, those of parts of the layer included. */
function weightsWithin(walk: Walk, path: string, depth = 0): FileWeight[] {
  const { file, cells } = walk;
  if (++walk.groups > MAX_GROUPS)
    throw new FormatError(
      `${file.what}: the group '${path}' of the file is one of more than ${MAX_GROUPS} of one layer. It is damaged.`,
    );
  const vars = `${path}/vars`;
  const own = file
    .keys(vars)
    .filter((key) => /^\d+$/.test(key))
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => arrayAt(file, `${vars}/${key}`, `${path}/${key}`));
  if (depth >= MAX_DEPTH) return own;
  const parts = file
    .keys(path)
    .filter((key) => key !== 'vars' && !/seed_generator|^layers$/.test(key) && file.hasGroup(`${path}/${key}`));
  parts.sort((a, b) => orderOf(a, cells) - orderOf(b, cells) || (a < b ? -1 : 1));
  return [...own, ...parts.flatMap((part) => weightsWithin(walk, `${path}/${part}`, depth + 1))];
}

/** A class's name as `.keras` files write it: `MaxPooling2D` as `max_pooling2d`. */
export function snake(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Where `.keras` files keep the layers of a model; Keras 2.12 and later called it otherwise. */
const CONTAINERS = ['layers', '_layer_checkpoint_dependencies'];

export const hasContainer = (file: H5Reader, base: string): boolean =>
  CONTAINERS.some((c) => file.hasGroup(join(base, c)));

const join = (base: string, name: string): string => (base === '' ? name : `${base}/${name}`);

/**
 * The groups of layers with weights in a model of a `.keras` file, by class, in order. The file numbers the layers of each
 * class instead of naming them.
 */
export class NumberedGroups {
  readonly #file: H5Reader;
  readonly #byClass = new Map<string, { readonly number: number; readonly path: string }[]>();

  constructor(file: H5Reader, base: string) {
    this.#file = file;
    const container = CONTAINERS.map((c) => join(base, c)).find((path) => file.hasGroup(path));
    if (container === undefined) return;
    for (const key of file.keys(container)) {
      // Names of classes may end in numbers themselves: conv2d has none, conv2d_1 is its second.
      const [, name, number = '0'] = /^(.*?)(?:_(\d+))?$/s.exec(key) as unknown as [string, string, string?];
      const groups = this.#byClass.get(name) ?? [];
      groups.push({ number: Number(number), path: `${container}/${key}` });
      this.#byClass.set(name, groups);
    }
    for (const groups of this.#byClass.values()) groups.sort((a, b) => b.number - a.number);
  }

  /** Takes the next group of a layer's class that holds any weights; null where there is none. */
  next({ className, config }: KerasLayer): { readonly path: string; readonly weights: readonly FileWeight[] } | null {
    const groups = this.#byClass.get(snake(className)) ?? [];
    for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
      const { path } = group;
      const isModel = hasContainer(this.#file, path);
      const walk = { file: this.#file, cells: cellsWithin(config), groups: 0 };
      const weights = isModel ? [] : weightsWithin(walk, path);
      if (isModel || weights.length > 0) return { path, weights };
    }
    return null;
  }
}
