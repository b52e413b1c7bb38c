import { ConfigError } from '../core/errors';
import type { Estimator, FitOptions, FittedEstimator, Resampler } from '../data/estimator';
import { codesOf, type Encoded, type Label, type Labels } from '../data/labels';
import type { Matrix, Samples } from '../data/matrix';
import { describe } from '../data/rows';
import type { BaggingOptions, MemberMaker } from '../ensemble/bag';
import { BaggingClassifier, type BagParts, FittedBaggingClassifier } from '../ensemble/bagging-classifier';
import { takesSeed } from '../estimator/abilities';
import { withParams } from '../estimator/params';
import { checkBoolean } from '../estimator/settings';
import { child, seededBy } from './balanced-member';
import { RandomUnderSampler } from './random';
import type { SamplingStrategy } from './sampling-strategy';

export interface BalancedBaggingClassifierOptions extends BaggingOptions {
  /** What resamples each member's samples; by default a `RandomUnderSampler`. */
  readonly sampler?: Resampler | null | undefined;
  /** How many samples each class keeps, or gets; the sampler's own by default, which is `'auto'` unless it was told. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /** Whether the default sampler keeps samples with replacement; false by default. */
  readonly replacement?: boolean | undefined;
}

/**
 * Bagging whose members are each fitted to resampled samples: a bootstrap sample is drawn, the sampler balances it, and the
 * estimator is fitted to what that gives.
 *
 * With `RandomOverSampler` it is over-bagging, with `SMOTE` SMOTE-bagging. Equal to imbalanced-learn 0.10, draws included
 * (`seed: numpyRandom(n)` for `random_state=n`), but for one thing: a strategy that the sampler was given is kept unless
 * `samplingStrategy` is given here.
 *
 * Reference: Maclin & Opitz 1997, “An Empirical Evaluation of Bagging and Boosting”; Wang & Yao 2009, “Diversity Analysis on
 * Imbalanced Data Sets by Using Ensemble Models”.
 *
 * @example
 * ```ts
 * import { BalancedBaggingClassifier, SMOTE } from 'kompakt/imbalanced';
 * const X = Array.from({ length: 60 }, (_, i) => [i, (i * 7) % 5]);
 * const y = X.map(([x]) => (x! >= 50 ? 'rare' : 'usual'));
 * const under = await new BalancedBaggingClassifier({ seed: 0 }).fit(X, y);
 * const over = await new BalancedBaggingClassifier({ sampler: new SMOTE({ kNeighbors: 2 }), seed: 0 }).fit(X, y);
 * console.log(under.predict([[5, 1], [58, 1]]), over.predict([[5, 1], [58, 1]])); // → [ 'usual', 'rare' ] [ 'usual', 'rare' ]
 * ```
 */
export class BalancedBaggingClassifier extends BaggingClassifier {
  override readonly name = 'BalancedBaggingClassifier';
  declare readonly options: BalancedBaggingClassifierOptions;
  protected override readonly further = ['sampler', 'samplingStrategy', 'replacement'];

  /**
   * @param options - `sampler = null` (a `RandomUnderSampler`), `samplingStrategy`, `replacement = false`, and those of
   * {@link BaggingOptions}; checked by `fit`.
   */
  constructor(options: BalancedBaggingClassifierOptions = {}) {
    super(options);
  }

  /**
   * Fits the members.
   *
   * @param X - `[samples, features]`; NaN and infinity if sampler and estimator take them.
   * @param y - one label per sample, of at least two classes.
   * @param options - nothing; `sampleWeight` is refused, as resampled samples have none.
   * @throws ConfigError for unsupported options, a strategy that does not fit what was drawn; and what samplers and members
   * throw.
   */
  override async fit<L extends Labels>(
    X: Matrix,
    y: L,
    options: FitOptions = {},
  ): Promise<FittedBalancedBaggingClassifier<L>> {
    return super.fit(X, y, options);
  }

  protected override async maker(
    estimator: Estimator,
    _X: Samples,
    { classes }: Encoded,
    what: string,
  ): Promise<MemberMaker> {
    const sampler = readSampler(this.options, what);
    const seed = await takesSeed(estimator);
    const samplerTakes = await samplerTakesSeed(sampler);
    const make = (stream: Parameters<MemberMaker['make']>[0]): Estimator => {
      // The estimator's seed is drawn before the sampler's, as in imbalanced-learn, where names are gone through in order.
      const member = seededBy(estimator, seed, stream);
      return onResampled(member, samplerTakes ? withParams(sampler, { seed: child(stream) }) : sampler, classes);
    };
    return { weights: false, make };
  }

  protected override fitted<L extends Labels>(parts: BagParts<L>): FittedBalancedBaggingClassifier<L> {
    return new FittedBalancedBaggingClassifier(parts);
  }
}

function readSampler(
  { sampler, samplingStrategy, replacement }: BalancedBaggingClassifierOptions,
  what: string,
): Resampler {
  const withReplacement = checkBoolean(replacement ?? false, 'replacement', what);
  if (sampler === null || sampler === undefined)
    return new RandomUnderSampler({ samplingStrategy, replacement: withReplacement });
  if (typeof sampler.fitResample !== 'function')
    throw new ConfigError(`${what}: sampler must be a resampler such as new SMOTE(), got ${describe(sampler)}.`);
  if (replacement !== undefined)
    throw new ConfigError(`${what}: replacement is for the default sampler. Tell the sampler itself, or leave it out.`);
  return samplingStrategy === undefined ? sampler : withParams(sampler, { samplingStrategy });
}

/** Whether a sampler has an option `seed`: told by what it refuses, on next to no data. */
async function samplerTakesSeed(sampler: Resampler): Promise<boolean> {
  if (typeof (sampler as { readonly options?: unknown }).options !== 'object') return false;
  try {
    await withParams(sampler, { seed: 0 }).fitResample([[0], [1]], [0, 1]);
    return true;
  } catch (error) {
    return !String(error).includes("unknown option 'seed'");
  }
}

/** An estimator that is fitted to what the sampler makes of samples; the sampler sees labels, the estimator codes. */
function onResampled(estimator: Estimator, sampler: Resampler, classes: readonly Label[]): Estimator {
  return {
    kind: 'classifier',
    async fit(X: Matrix, codes: Labels): Promise<FittedEstimator> {
      const labels = Array.from(codes as Int32Array, (c) => classes[c]!) as readonly Label[] as Labels;
      const part = await sampler.fitResample(X, labels);
      return estimator.fit(part.X, codesOf(Array.from(part.y as readonly Label[]), classes));
    },
  };
}

/** What `BalancedBaggingClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedBalancedBaggingClassifier<L extends Labels = Labels> extends FittedBaggingClassifier<L> {
  static override readonly type = 'BalancedBaggingClassifier';
}
