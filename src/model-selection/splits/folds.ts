import { ConfigError, KompaktError } from '../../core/errors';
import { type Rng, type Seed, toRng } from '../../core/rng';
import { shown } from '../../core/shown';
import {
  checkAreClasses,
  checkSameLength,
  type Encoded,
  encodeLabels,
  type Labels,
  readLabels,
} from '../../data/labels';
import { countRows, type Rows } from '../../data/rows';
import type { OnWarning } from '../../metrics/warning';
import type { TrainTest } from '../stratify';

/** The stream that a splitter draws from: that of its seed, from the beginning. */
export function stream(seed: Seed | undefined): Rng {
  return seed === undefined ? toRng(undefined) : toRng(seed).restart();
}

export function checkCount(value: unknown, least: number, name: string, what: string): number {
  if (!Number.isInteger(value) || (value as number) < least)
    throw new ConfigError(`${what}: ${name} must be an integer ≥ ${least}, got ${shown(value)}.`);
  return value as number;
}

/** Checks a number of parts, and that samples are dealt at random where there is a seed. */
export function checkFolds(
  {
    nSplits = 5,
    shuffle = false,
    seed,
  }: { nSplits?: number | undefined; shuffle?: boolean | undefined; seed?: unknown },
  what: string,
): number {
  checkCount(nSplits, 2, 'nSplits', what);
  if (typeof shuffle !== 'boolean')
    throw new ConfigError(`${what}: shuffle must be true or false, got ${shown(shuffle)}.`);
  if (!shuffle && seed !== undefined)
    throw new ConfigError(`${what}: seed has no effect without shuffle. Set shuffle: true, or leave seed out.`);
  return nSplits;
}

export function checkEnough(nSplits: number, samples: number, what: string): void {
  if (nSplits > samples)
    throw new ConfigError(`${what}: ${samples} samples can't be dealt into ${nSplits} parts. Lower nSplits.`);
}

/** Every sample is in the test part of the fold it belongs to, and in the training part of all others. */
export function* byFold(folds: Int32Array, nSplits: number): Generator<TrainTest> {
  for (let f = 0; f < nSplits; f++) yield partBy(folds, (fold) => fold === f);
}

/** Samples whose fold is tested, and all others, both ascending. */
export function partBy(folds: Int32Array, isTested: (fold: number) => boolean): TrainTest {
  let size = 0;
  for (let i = 0; i < folds.length; i++) if (isTested(folds[i]!)) size++;
  const test = new Int32Array(size);
  const train = new Int32Array(folds.length - size);
  for (let i = 0, a = 0, b = 0; i < folds.length; i++) {
    if (isTested(folds[i]!)) test[a++] = i;
    else train[b++] = i;
  }
  return { train, test };
}

/** The fold of each sample: `k` runs of equal length, the first longer by one where it does not come out even. */
export function plainFolds(n: number, k: number, rng: Rng | null): Int32Array {
  const order = rng?.permutation(n);
  const folds = new Int32Array(n);
  for (let f = 0, at = 0; f < k; f++) {
    const size = Math.floor(n / k) + Number(f < n % k);
    for (let i = 0; i < size; i++, at++) folds[order === undefined ? at : order[at]!] = f;
  }
  return folds;
}

/** The fold of each sample, so that each fold has its share of each class. */
export function stratifiedFolds({ codes, counts }: Encoded, k: number, rng: Rng | null): Int32Array {
  const folds = new Int32Array(codes.length);
  // Classes in order of first appearance; dealing the sorted labels round gives each part its share of each class.
  let dealt = 0;
  for (const c of new Set(codes)) {
    const share = new Int32Array(k);
    for (let i = 0; i < counts[c]!; i++) share[dealt++ % k]!++;
    const blocks = Array.from(share).flatMap((size, f) => new Array<number>(size).fill(f));
    const order = rng?.permutation(blocks.length);
    let at = 0;
    codes.forEach((code, i) => {
      if (code !== c) return;
      folds[i] = blocks[order === undefined ? at : order[at]!]!;
      at++;
    });
  }
  return folds;
}

/** The labels a splitter keeps proportions of, checked against the samples. */
export function readClasses(X: Rows, y: Labels | undefined, what: string): Encoded {
  const n = countRows(X, `${what}: X`);
  if (y === undefined) throw new ConfigError(`${what}: needs the labels: split(X, y).`);
  const labels = readLabels(y, `${what}: y`);
  checkSameLength(n, labels.length, what);
  checkAreClasses(labels, `${what}: y`, 'Use KFold for measurements.');
  return encodeLabels(labels);
}

/** Throws when no class has a sample for each part, and tells of one that has too few. */
export function checkShares(counts: Int32Array, k: number, onWarning: OnWarning | undefined, what: string): void {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most < k) throw new ConfigError(`${what}: no class has ${k} samples, the largest ${most}. Lower nSplits.`);
  if (least < k)
    onWarning?.(new KompaktError(`${what}: the smallest class has only ${least} samples, fewer than nSplits ${k}.`));
}

/** The groups a splitter keeps together, checked against the samples. */
export function readGroups(X: Rows, groups: Labels | undefined, what: string): Encoded {
  const n = countRows(X, `${what}: X`);
  if (groups === undefined || groups === null)
    throw new ConfigError(`${what}: needs the group of each sample: split(X, y, groups), or the option groups.`);
  const labels = readLabels(groups, `${what}: groups`);
  if (labels.length !== n)
    throw new ConfigError(`${what}: X has ${n} samples and groups ${labels.length}. Give one group per sample.`);
  return encodeLabels(labels);
}
