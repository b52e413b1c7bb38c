import { ConfigError } from '../core/errors';
import type { Rng } from '../core/rng';
import { shown } from '../core/shown';
import type { Encoded } from '../data/labels';

/** Positions of the samples to train and to test on. */
export interface TrainTest {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Draws a split in which every class has its share. */
export function stratifiedSplit(
  { codes, counts, classes }: Encoded,
  sizes: { train: number; test: number },
  rng: Rng,
  what: string,
): TrainTest {
  const rare = counts.findIndex((n) => n < 2);
  if (rare >= 0) {
    throw new ConfigError(
      `${what}: class ${shown(classes[rare])} has only 1 sample; stratifying needs at least 2 of each. Drop it, or don't stratify.`,
    );
  }
  for (const [name, size] of [
    ['training', sizes.train],
    ['test', sizes.test],
  ] as const) {
    if (size < classes.length) {
      throw new ConfigError(
        `${what}: a ${name} part of ${size} samples can't hold all ${classes.length} classes. Make it larger, or don't stratify.`,
      );
    }
  }
  const inTrain = proportionalDraw(counts, sizes.train, rng);
  const inTest = proportionalDraw(
    counts.map((n, c) => n - inTrain[c]!),
    sizes.test,
    rng,
  );
  const members: number[][] = classes.map(() => []);
  codes.forEach((c, i) => {
    members[c]!.push(i);
  });
  const train: number[] = [];
  const test: number[] = [];
  members.forEach((rows, c) => {
    const order = rng.permutation(rows.length);
    for (let i = 0; i < inTrain[c]! + inTest[c]!; i++) (i < inTrain[c]! ? train : test).push(rows[order[i]!]!);
  });
  const shuffled = (rows: readonly number[]): Int32Array => rng.permutation(rows.length).map((i) => rows[i]!);
  return { train: shuffled(train), test: shuffled(test) };
}

/**
 * How many of `draws` samples fall to each class: its share rounded down, and what is then missing to the largest
 * remainders, ties at random.
 */
export function proportionalDraw(counts: Int32Array, draws: number, rng: Rng): Int32Array {
  const total = counts.reduce((a, b) => a + b, 0);
  const share = Float64Array.from(counts, (n) => (n / total) * draws);
  const out = Int32Array.from(share, Math.floor);
  let missing = draws - out.reduce((a, b) => a + b, 0);
  if (missing === 0) return out;
  const remainder = share.map((v, c) => v - out[c]!);
  for (const value of [...new Set(remainder)].sort((a, b) => b - a)) {
    const tied = Array.from(remainder.keys()).filter((c) => remainder[c] === value);
    const add = Math.min(tied.length, missing);
    for (const i of rng.permutation(tied.length).subarray(0, add)) out[tied[i]!]!++;
    missing -= add;
    if (missing === 0) break;
  }
  return out;
}
