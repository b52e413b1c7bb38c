import { ConfigError } from '../core/errors';
import { roundHalfToEven } from '../core/fixed-point';

/** How many of `size` weights a sparsity removes: rounded to nearest, halves to even. */
export function countToPrune(size: number, sparsity: number): number {
  return Math.min(size, roundHalfToEven(size * sparsity));
}

/** Throws unless `sparsity` is in [0, 1]. */
export function checkSparsity(sparsity: number, what = 'prune'): void {
  if (typeof sparsity !== 'number' || !(sparsity >= 0 && sparsity <= 1)) {
    throw new ConfigError(
      `${what}: sparsity is the share of weights to remove and must be in [0, 1], got ${sparsity}.`,
    );
  }
}

/**
 * Masks that remove the `count` lowest of the scores in all `groups` together: 0 where removed, 1 where kept. Equal
 * scores go by position, earlier ones first.
 */
export function maskLowest(groups: readonly ArrayLike<number>[], count: number): Float32Array[] {
  const masks = groups.map((g) => new Float32Array(g.length).fill(1));
  if (count <= 0) return masks;
  const total = groups.reduce((n, g) => n + g.length, 0);
  const scores = new Float64Array(total);
  let at = 0;
  for (const g of groups) {
    for (let i = 0; i < g.length; i++) scores[at++] = g[i]!;
  }
  const threshold = scores.slice().sort()[Math.min(count, total) - 1]!;
  let below = 0;
  for (let i = 0; i < total; i++) if (scores[i]! < threshold) below++;
  let ties = Math.min(count, total) - below;
  at = 0;
  for (const mask of masks) {
    for (let i = 0; i < mask.length; i++, at++) {
      if (scores[at]! < threshold || (scores[at] === threshold && ties-- > 0)) mask[i] = 0;
    }
  }
  return masks;
}

/** A mask that removes the same share of every output's scores, those of a kernel `[…, in, out]`, the lowest of each. */
export function maskPerOutput(scores: ArrayLike<number>, outputs: number, sparsity: number): Float32Array {
  const inputs = scores.length / outputs;
  const mask = new Float32Array(scores.length);
  for (let c = 0; c < outputs; c++) {
    const own = Float64Array.from({ length: inputs }, (_, i) => scores[i * outputs + c]!);
    maskLowest([own], countToPrune(inputs, sparsity))[0]!.forEach((kept, i) => {
      mask[i * outputs + c] = kept;
    });
  }
  return mask;
}

/** Keep `n` of every `m` along the input axis. */
export interface NofM {
  readonly keep: number;
  readonly of: number;
}

/** Reads `'2:4'`. */
export function parseNofM(granularity: string): NofM {
  const match = /^(\d+):(\d+)$/.exec(granularity);
  const keep = Number(match?.[1]);
  const of = Number(match?.[2]);
  if (match === null || keep < 1 || keep >= of) {
    throw new ConfigError(
      `prune: granularity must be 'unstructured', 'filters' or 'n:m' with 0 < n < m (such as '2:4': 2 of every 4 kept), got '${granularity}'.`,
    );
  }
  return { keep, of };
}

/**
 * A mask that keeps the `keep` highest scores in every run of `of` input channels. The scores are those of a kernel
 * `[…, in, out]`, whose input axis is the last but one; a shorter run at the end keeps at most `keep`.
 */
export function maskNofM(scores: ArrayLike<number>, shape: readonly number[], { keep, of }: NofM): Float32Array {
  const out = shape.at(-1)!;
  const inputs = shape.at(-2)!;
  const mask = new Float32Array(scores.length).fill(1);
  for (let start = 0; start < scores.length; start += inputs * out) {
    for (let first = 0; first < inputs; first += of) {
      const rows = Math.min(of, inputs - first);
      for (let c = 0; c < out; c++) {
        const at = (r: number): number => start + (first + r) * out + c;
        const order = Array.from({ length: rows }, (_, r) => r).sort(
          (a, b) => scores[at(a)]! - scores[at(b)]! || a - b,
        );
        for (const r of order.slice(0, Math.max(0, rows - keep))) mask[at(r)] = 0;
      }
    }
  }
  return mask;
}

/** The indices of the `count` lowest scores removed: the ones kept, ascending. */
export function keepHighest(scores: ArrayLike<number>, remove: number): Int32Array {
  const mask = maskLowest([scores], remove)[0]!;
  const kept: number[] = [];
  mask.forEach((m, i) => {
    if (m === 1) kept.push(i);
  });
  return Int32Array.from(kept);
}
