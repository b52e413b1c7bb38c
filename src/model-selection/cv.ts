import { ConfigError, ShapeError } from '../core/errors';
import { shown } from '../core/shown';
import type { Splitter } from '../data/estimator';
import { checkSameLength, type Labels } from '../data/labels';
import { countRows, type Rows } from '../data/rows';
import { type ClassTargets, isIndicator } from '../metrics/indicator';
import { KFold, StratifiedKFold } from './splits/k-fold';
import type { TrainTest } from './stratify';

/** A number of parts, a splitter, or the parts themselves. */
export type CrossValidation =
  | number
  | Splitter
  | Iterable<{ readonly train: ArrayLike<number>; readonly test: ArrayLike<number> }>;

/**
 * The parts that a `cv` option means, all at once, so that several models can be judged on the same ones.
 *
 * @param kind - of the estimator: a number means stratified parts for classifiers of one label per sample.
 * @throws ConfigError for what is none of these or has no parts; ShapeError for positions outside the samples.
 */
export function partsOf(
  cv: CrossValidation | undefined,
  kind: string | undefined,
  X: Rows,
  y: ClassTargets,
  groups: Labels | undefined,
  what: string,
): readonly TrainTest[] {
  const n = countRows(X, `${what}: X`);
  checkSameLength(n, countRows(y as Rows, `${what}: y`), what);
  const ofClasses = kind === 'classifier' && !isIndicator(y);
  const splitter = typeof (cv ?? 5) === 'number' ? defaultSplitter((cv ?? 5) as number, ofClasses) : cv;
  const parts: TrainTest[] = [];
  for (const part of iterate(splitter as Exclude<CrossValidation, number>, X, y as Labels, groups, what)) {
    const { train, test } = part ?? {};
    parts.push(compact(positions(train, n, what), positions(test, n, what), n));
  }
  if (parts.length === 0) throw new ConfigError(`${what}: cv has no parts. Give at least one { train, test }.`);
  return parts;
}

/** The splitter that a number of parts means. */
function defaultSplitter(nSplits: number, ofClasses: boolean): KFold | StratifiedKFold {
  return ofClasses ? new StratifiedKFold({ nSplits }) : new KFold({ nSplits });
}

function iterate(
  cv: Exclude<CrossValidation, number>,
  X: Rows,
  y: Labels,
  groups: Labels | undefined,
  what: string,
): Iterable<{ readonly train: ArrayLike<number>; readonly test: ArrayLike<number> }> {
  if (typeof cv === 'object' && cv !== null) {
    if ('split' in cv) return cv.split(X, y, groups);
    if (Symbol.iterator in cv) return cv;
  }
  throw new ConfigError(
    `${what}: cv must be a number of parts, a splitter or a list of { train, test }, got ${shown(cv)}.`,
  );
}

function positions(list: ArrayLike<number> | undefined, n: number, what: string): Int32Array {
  if (list === undefined || !(list.length > 0))
    throw new ConfigError(`${what}: cv has a part without training or test samples. Each part needs { train, test }.`);
  const out = list instanceof Int32Array ? list : Int32Array.from(list);
  const at = Array.prototype.findIndex.call(
    list,
    (i: unknown) => !Number.isInteger(i) || Number(i) < 0 || Number(i) >= n,
  );
  if (at >= 0)
    throw new ShapeError(`${what}: cv has the position ${shown(list[at])}, and X has ${n} samples. Use 0 to ${n - 1}.`);
  return out;
}

/** A part whose training samples are worked out when they are asked for: those that are not tested, ascending. */
class Rest implements TrainTest {
  constructor(
    readonly test: Int32Array,
    readonly samples: number,
  ) {}

  get train(): Int32Array {
    return restOf(this.test, this.samples);
  }
}

function restOf(test: Int32Array, n: number): Int32Array {
  const tested = new Uint8Array(n);
  for (const i of test) tested[i] = 1;
  const rest = new Int32Array(n - tested.reduce((sum, t) => sum + t, 0));
  for (let i = 0, at = 0; i < n; i++) if (tested[i] === 0) rest[at++] = i;
  return rest;
}

/** Keeps only the positions that are needed: n parts that leave one sample out would otherwise hold n² of them. */
function compact(train: Int32Array, test: Int32Array, n: number): TrainTest {
  if (train.length + test.length !== n) return { train, test };
  const rest = restOf(test, n);
  return rest.length === train.length && rest.every((v, i) => v === train[i]) ? new Rest(test, n) : { train, test };
}
