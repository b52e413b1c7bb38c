import { ConfigError } from '../../core/errors';
import { shown } from '../../core/shown';
import type { FittedEstimator } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import type { Matrix } from '../../data/matrix';
import { type ScoringName, scorerByName } from './names';
import type { MultiScorer, Scorer } from './scorer';

/** What `scoring` takes where one figure is meant: its name, or a function; the model's own `score` by default. */
export type SingleScoring = ScoringName | Scorer;

/** What `scoring` takes where there may be several figures: names, a record of them, or a function that gives several. */
export type Scoring =
  | SingleScoring
  | MultiScorer
  | readonly ScoringName[]
  | { readonly [name: string]: ScoringName | Scorer };

/** The name of the only figure. */
export const SINGLE = 'score';

/** Figures to compute, each by itself, so that one may fail without the others. */
export interface Scorers {
  /** Whether figures have names of their own. Null while only a function that has not been called knows. */
  readonly names: readonly string[] | null;
  /** Scores by name; `failed` is told of those that could not be computed. */
  compute(
    model: FittedEstimator,
    X: Matrix,
    y: Labels,
    failed: (name: string | null, error: unknown) => void,
  ): Record<string, number>;
}

const byModel: Scorer = (model, X, y) => model.score(X, y);

/** The scorer of one figure. */
export function toScorer(scoring: SingleScoring | undefined): Scorer {
  if (scoring === undefined || scoring === null) return byModel;
  return typeof scoring === 'function' ? scoring : scorerByName(scoring);
}

/** The scorers that a `scoring` option stands for. */
export function toScorers(scoring: Scoring | undefined, what: string): Scorers {
  if (typeof scoring === 'function') return callable(scoring);
  if (scoring === undefined || scoring === null || typeof scoring === 'string')
    return several({ [SINGLE]: toScorer(scoring) });
  if (Array.isArray(scoring)) {
    if (scoring.length === 0) throw new ConfigError(`${what}: scoring is an empty list. Name at least one figure.`);
    if (new Set(scoring).size !== scoring.length)
      throw new ConfigError(`${what}: scoring names a figure twice: ${scoring.join(', ')}.`);
    return several(Object.fromEntries((scoring as readonly ScoringName[]).map((name) => [name, scorerByName(name)])));
  }
  const entries = typeof scoring === 'object' ? Object.entries(scoring) : [];
  if (entries.length === 0)
    throw new ConfigError(
      `${what}: scoring must be a name, a function, a list of names, or a record of either; got ${shown(scoring)}.`,
    );
  return several(Object.fromEntries(entries.map(([name, s]) => [name, toScorer(s as SingleScoring)])));
}

function several(scorers: Readonly<Record<string, Scorer>>): Scorers {
  return {
    names: Object.keys(scorers),
    compute(model, X, y, failed) {
      const out: Record<string, number> = {};
      for (const [name, score] of Object.entries(scorers)) {
        try {
          out[name] = checked(score(model, X, y), name);
        } catch (error) {
          failed(name, error);
        }
      }
      return out;
    },
  };
}

function callable(score: Scorer | MultiScorer): Scorers {
  return {
    names: null,
    compute(model, X, y, failed) {
      try {
        const got = score(model, X, y);
        if (typeof got !== 'object' || got === null) return { [SINGLE]: checked(got, SINGLE) };
        for (const [name, value] of Object.entries(got)) checked(value, name);
        return { ...got };
      } catch (error) {
        failed(null, error);
        return {};
      }
    },
  };
}

function checked(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  throw new ConfigError(`scoring: the figure '${name}' came out as ${shown(value)}, not a number.`);
}
