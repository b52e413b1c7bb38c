import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';

/** How sparsity grows over the steps of a training run. */
export interface SparsitySchedule {
  /** The sparsity wanted at `step`. */
  (step: number): number;
  /** The same, by name. */
  sparsity(step: number): number;
  /** Whether masks are updated at `step`. */
  prunes(step: number): boolean;
}

export interface PolynomialDecayOptions {
  initialSparsity: number;
  finalSparsity: number;
  beginStep: number;
  endStep: number;
  /** Default 3. */
  power?: number;
  /** Steps between mask updates; default 100. */
  frequency?: number;
}

/**
 * The gradual pruning schedule: s(t) = s_f + (s_i − s_f)·(1 − (t − t₀)/(t₁ − t₀))^power, held before t₀ and after t₁.
 *
 * @throws ConfigError when a sparsity is outside [0, 1) or the steps are out of order.
 *
 * Reference: Zhu and Gupta 2017, “To prune, or not to prune”, arXiv:1710.01878.
 *
 * @example
 * ```ts
 * import { polynomialDecay } from 'kompakt/compress';
 * const s = polynomialDecay({ initialSparsity: 0, finalSparsity: 0.8, beginStep: 0, endStep: 1000 });
 * console.log(s(0), s(500).toFixed(2), s(1000)); // → 0 0.70 0.8
 * console.log(s.prunes(100), s.prunes(101)); // → true false
 * ```
 */
export function polynomialDecay(options: PolynomialDecayOptions): SparsitySchedule {
  checkOptions(
    options,
    ['initialSparsity', 'finalSparsity', 'beginStep', 'endStep', 'power', 'frequency'],
    'polynomialDecay',
  );
  const { initialSparsity, finalSparsity, beginStep, endStep, power = 3, frequency = 100 } = options;
  for (const [name, s] of Object.entries({ initialSparsity, finalSparsity })) {
    if (!(s >= 0 && s < 1)) throw new ConfigError(`polynomialDecay: ${name} must be in [0, 1), got ${s}.`);
  }
  if (!(beginStep >= 0 && endStep > beginStep)) {
    throw new ConfigError(`polynomialDecay: needs 0 ≤ beginStep < endStep, got ${beginStep} and ${endStep}.`);
  }
  if (!Number.isInteger(frequency) || frequency < 1) {
    throw new ConfigError(`polynomialDecay: frequency must be a positive integer, got ${frequency}.`);
  }
  const sparsity = (step: number): number => {
    const p = Math.min(1, Math.max(0, (step - beginStep) / (endStep - beginStep)));
    // Written as a mean of the two, so that it is exactly either at the ends.
    const left = (1 - p) ** power;
    return left * initialSparsity + (1 - left) * finalSparsity;
  };
  const prunes = (step: number): boolean =>
    step >= beginStep && step <= endStep && (step - beginStep) % frequency === 0;
  return Object.assign((step: number) => sparsity(step), { sparsity, prunes });
}
