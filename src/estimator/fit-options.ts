import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';

/** What the `fit` of an estimator takes that weighs no samples: nothing. */
export interface NoFitOptions {
  /** It takes none. */
  readonly sampleWeight?: null | undefined;
}

/**
 * Throws where `fit` is given options though it takes none: weights that are not heeded would otherwise be lost in silence.
 *
 * @param options - what `fit` was given.
 * @param what - who asks; begins the message.
 */
export function refuseFitOptions(options: unknown, what: string): void {
  if (options === undefined) return;
  const { sampleWeight, ...rest } = (options ?? {}) as { readonly sampleWeight?: unknown };
  checkOptions(options === null ? null : rest, [], what);
  if (sampleWeight !== undefined && sampleWeight !== null)
    throw new ConfigError(
      `${what}: unknown option 'sampleWeight'. It does not weigh samples: leave sampleWeight out, or use an estimator that does.`,
    );
}
