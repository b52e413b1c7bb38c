import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { shown } from '../core/shown';
import type { ClassWeight } from '../data/class-weight';
import { checkOption } from '../metrics/warning';

export type LogisticSolver = 'lbfgs' | 'newton-cg' | 'newton-cholesky' | 'liblinear' | 'sag' | 'saga';
export type LogisticPenalty = 'l2' | 'l1' | 'elasticnet' | 'none';
export type MultiClass = 'auto' | 'multinomial' | 'ovr';

/** What each solver can minimise. */
const PENALTIES: Readonly<Record<LogisticSolver, readonly LogisticPenalty[]>> = {
  lbfgs: ['l2', 'none'],
  'newton-cg': ['l2', 'none'],
  'newton-cholesky': ['l2', 'none'],
  liblinear: ['l2', 'l1'],
  sag: ['l2', 'none'],
  saga: ['l2', 'l1', 'elasticnet', 'none'],
};
const SOLVERS = /* @__PURE__ */ Object.keys(PENALTIES) as readonly LogisticSolver[];

/** Options that logistic regressions share, whatever chooses their strength. */
export interface LogisticOptions {
  /** How it is minimised; `'lbfgs'` by default. See {@link LogisticRegression} for which has which penalties. */
  readonly solver?: LogisticSolver | undefined;
  /** Several classes by one softmax (`'multinomial'`), or each against the rest (`'ovr'`); `'auto'` (default): a softmax, unless the solver is liblinear. */
  readonly multiClass?: MultiClass | undefined;
  /** When it has converged; 1e-4 by default. */
  readonly tol?: number | undefined;
  /** 100 by default. */
  readonly maxIter?: number | undefined;
  /** Weights of the classes: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
  /** Whether there is an intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
  /** For liblinear, whose intercept is penalised: the value of the feature that it is the coefficient of; 1 by default. */
  readonly interceptScaling?: number | undefined;
  /** For sag and saga, which draw samples at random. */
  readonly seed?: Seed | undefined;
}

/** The options of {@link LogisticOptions} with their defaults. */
export interface LogisticSettings {
  readonly solver: LogisticSolver;
  readonly multiClass: MultiClass;
  readonly tol: number;
  readonly maxIter: number;
  readonly classWeight: ClassWeight;
  readonly fitIntercept: boolean;
  /** Null where the intercept has no penalty. */
  readonly interceptScaling: number | null;
  readonly seed: Seed | undefined;
}

/** What is penalised, and how much. */
export interface Strength {
  /** Infinite for no penalty. */
  readonly C: number;
  /** The share of the L1 penalty. */
  readonly l1Ratio: number;
}

export const LOGISTIC_OPTIONS = [
  'solver',
  'multiClass',
  'tol',
  'maxIter',
  'classWeight',
  'fitIntercept',
  'interceptScaling',
  'seed',
] as const;

/** Checks the options that logistic regressions share; `known` are all that the estimator has. */
export function checkLogistic(options: LogisticOptions, known: readonly string[], what: string): LogisticSettings {
  checkOptions(options, known, what);
  const { tol = 1e-4, maxIter = 100, interceptScaling = 1, seed } = options;
  const solver = checkOption(options.solver ?? 'lbfgs', SOLVERS, 'solver', what);
  const multiClass = checkOption<MultiClass>(
    options.multiClass ?? 'auto',
    ['auto', 'multinomial', 'ovr'],
    'multiClass',
    what,
  );
  if (solver === 'liblinear' && multiClass === 'multinomial') {
    throw new ConfigError(
      `${what}: solver 'liblinear' has no multinomial loss. Use multiClass 'ovr', or another solver such as 'lbfgs'.`,
    );
  }
  if (!(typeof tol === 'number' && tol > 0)) throw new ConfigError(`${what}: tol must be > 0, got ${shown(tol)}.`);
  if (!Number.isInteger(maxIter) || maxIter < 0)
    throw new ConfigError(`${what}: maxIter must be an integer ≥ 0, got ${shown(maxIter)}.`);
  if (!(typeof interceptScaling === 'number' && interceptScaling > 0) || !Number.isFinite(interceptScaling))
    throw new ConfigError(`${what}: interceptScaling must be a finite number > 0, got ${shown(interceptScaling)}.`);
  return {
    solver,
    multiClass,
    tol,
    maxIter,
    classWeight: options.classWeight ?? null,
    fitIntercept: checkFlag(options.fitIntercept ?? true, 'fitIntercept', what),
    interceptScaling: solver === 'liblinear' ? interceptScaling : null,
    seed,
  };
}

/** Throws unless `value` is a boolean. */
export function checkFlag(value: unknown, name: string, what: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new ConfigError(`${what}: ${name} must be true or false, got ${shown(value)}.`);
}

/** Checks a penalty against what the solver can do. */
export function checkPenalty(
  penalty: LogisticPenalty | null | undefined,
  solver: LogisticSolver,
  what: string,
): LogisticPenalty {
  const wanted = penalty === undefined ? 'l2' : (penalty ?? 'none');
  checkOption(wanted, PENALTIES.saga, 'penalty', what);
  if (PENALTIES[solver].includes(wanted)) return wanted;
  const able = SOLVERS.filter((s) => PENALTIES[s].includes(wanted)).map((s) => `'${s}'`);
  throw new ConfigError(
    `${what}: penalty '${wanted}' is not supported by solver '${solver}', which has ${PENALTIES[solver].map((p) => `'${p}'`).join(', ')}. ` +
      `Use solver ${able.join(', ').replace(/, ([^,]*)$/, ' or $1')}.`,
  );
}

/** The strength that a penalty, C and the share of L1 mean together. */
export function checkStrength(
  penalty: LogisticPenalty,
  C: number,
  l1Ratio: number | null | undefined,
  what: string,
): Strength {
  if (typeof C !== 'number' || !(C > 0))
    throw new ConfigError(`${what}: C is the inverse of the penalty's strength and must be > 0, got ${shown(C)}.`);
  const ratio = l1Ratio ?? 0;
  if (!(typeof ratio === 'number' && ratio >= 0 && ratio <= 1))
    throw new ConfigError(`${what}: l1Ratio is the share of the L1 penalty, from 0 to 1; got ${shown(l1Ratio)}.`);
  if (penalty === 'elasticnet') {
    if (l1Ratio === undefined || l1Ratio === null)
      throw new ConfigError(`${what}: penalty 'elasticnet' needs l1Ratio, the share of L1, from 0 to 1.`);
    return { C, l1Ratio: ratio };
  }
  if (ratio !== 0 && ratio !== Number(penalty === 'l1'))
    throw new ConfigError(
      `${what}: l1Ratio ${ratio} has no effect with penalty '${penalty}'. Use penalty 'elasticnet' with solver 'saga', or leave l1Ratio out.`,
    );
  return { C: penalty === 'none' ? Number.POSITIVE_INFINITY : C, l1Ratio: Number(penalty === 'l1') };
}
