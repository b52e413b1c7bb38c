import type { Samples } from '../data/matrix';
import type { Kernel } from './kernel';
import { squaredNorms } from './products';
import { SignedKernel } from './signed-kernel';
import { type DualSolution, solveDual } from './smo';

/** How each two classes are told apart. */
export interface PairSettings {
  readonly kernel: Kernel;
  readonly tol: number;
  readonly maxIter: number;
  readonly shrinking: boolean;
  readonly cacheBytes: number;
}

/** Machines for all pairs of classes over shared support vectors. */
export interface Machines {
  /** Rows of the samples that are support vectors, class by class. */
  readonly support: Int32Array;
  /** How many each class has. */
  readonly nSupport: Int32Array;
  /**
   * α·y `[classes − 1, support vectors]`: of a support vector of class c, its coefficient against class d is in row d,
   * counted without c.
   */
  readonly coef: Float64Array;
  /** −ρ of each pair (0, 1), (0, 2), …, (1, 2), …; a positive decision is for the first of the two. */
  readonly offset: Float64Array;
  /** Steps taken for each pair. */
  readonly iterations: Int32Array;
  readonly converged: boolean;
}

/**
 * Trains a machine for each two classes.
 *
 * @param codes - class of each sample.
 * @param bound - upper bound of each sample's α; samples with 0 are left out.
 */
export function trainPairs(
  X: Samples,
  codes: Int32Array,
  classes: number,
  bound: Float64Array,
  settings: PairSettings,
): Machines {
  const members = Array.from({ length: classes }, (_, c) =>
    Int32Array.from(codes.keys()).filter((i) => codes[i] === c && bound[i]! > 0),
  );
  const squares = squaredNorms(X);
  const solutions: DualSolution[] = [];
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++)
      solutions.push(trainPair(X, squares, members[a]!, members[b]!, bound, settings));
  }
  return gather(members, solutions);
}

function trainPair(
  X: Samples,
  squares: Float64Array,
  first: Int32Array,
  second: Int32Array,
  bound: Float64Array,
  { kernel, cacheBytes, tol, maxIter, shrinking }: PairSettings,
): DualSolution {
  const rows = new Int32Array(first.length + second.length);
  rows.set(first);
  rows.set(second, first.length);
  const y = new Int8Array(rows.length).fill(-1).fill(1, 0, first.length);
  return solveDual({
    Q: new SignedKernel(X, kernel, squares, rows, y, cacheBytes),
    y,
    p: new Float64Array(rows.length).fill(-1),
    C: Float64Array.from(rows, (r) => bound[r]!),
    tol,
    maxIter,
    shrinking,
  });
}

/** The pairs of `classes` classes in order. */
export function pairsOf(classes: number): [number, number][] {
  return Array.from({ length: classes }, (_, a) =>
    Array.from({ length: classes - a - 1 }, (_, k): [number, number] => [a, a + 1 + k]),
  ).flat();
}

function gather(members: readonly Int32Array[], solutions: readonly DualSolution[]): Machines {
  const classes = members.length;
  const pairs = pairsOf(classes);
  const isSupport = members.map((rows) => new Uint8Array(rows.length));
  pairs.forEach(([a, b], s) => {
    solutions[s]!.alpha.forEach((v, k) => {
      const n = members[a]!.length;
      if (v > 0) isSupport[k < n ? a : b]![k < n ? k : k - n] = 1;
    });
  });
  const kept = members.map((rows, c) => Int32Array.from(rows.keys()).filter((k) => isSupport[c]![k] === 1));
  const support = Int32Array.from(kept.flatMap((places, c) => Array.from(places, (k) => members[c]![k]!)));
  const nSupport = Int32Array.from(kept, (places) => places.length);
  const starts = startsOf(nSupport);
  const coef = new Float64Array((classes - 1) * support.length);
  pairs.forEach(([a, b], s) => {
    const { alpha } = solutions[s]!;
    kept[a]!.forEach((k, at) => {
      coef[(b - 1) * support.length + starts[a]! + at] = alpha[k]!;
    });
    kept[b]!.forEach((k, at) => {
      coef[a * support.length + starts[b]! + at] = -alpha[members[a]!.length + k]!;
    });
  });
  return {
    support,
    nSupport,
    coef,
    offset: Float64Array.from(solutions, (s) => -s.rho),
    iterations: Int32Array.from(solutions, (s) => s.iterations),
    converged: solutions.every((s) => s.converged),
  };
}

/** Where the support vectors of each class begin. */
export function startsOf(nSupport: Int32Array): Int32Array {
  const starts = new Int32Array(nSupport.length + 1);
  for (let c = 0; c < nSupport.length; c++) starts[c + 1] = starts[c]! + nSupport[c]!;
  return starts;
}

/**
 * The decision of every pair for one sample.
 *
 * @param k - kernel values of the sample and each support vector.
 * @param starts - see {@link startsOf}.
 * @param out - `[pairs]`.
 */
export function pairDecisions(
  { coef, offset }: Pick<Machines, 'coef' | 'offset'>,
  starts: Int32Array,
  k: Float64Array,
  out: Float64Array,
): void {
  const classes = starts.length - 1;
  const n = k.length;
  let pair = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++) {
      let sum = 0;
      for (let s = starts[a]!; s < starts[a + 1]!; s++) sum += coef[(b - 1) * n + s]! * k[s]!;
      for (let s = starts[b]!; s < starts[b + 1]!; s++) sum += coef[a * n + s]! * k[s]!;
      out[pair] = sum + offset[pair]!;
      pair++;
    }
  }
}
