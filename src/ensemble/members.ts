import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import type { Estimator, FittedEstimator } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { describe } from '../data/rows';
import { checkMember, memberState } from '../estimator/members';
import { Nested, nestParams, withParams } from '../estimator/params';
import type { ModelState } from '../estimator/state';

/** Estimators with their names; `'drop'` leaves one out. */
export type NamedEstimators = readonly (readonly [name: string, estimator: Estimator | 'drop'])[];

/** Fitted models with the names of their estimators. */
export type NamedModels = readonly (readonly [name: string, model: FittedEstimator])[];

/** The estimators that are not left out, after checking names and kinds. */
export function checkMembers(
  estimators: unknown,
  kind: 'classifier' | 'regressor',
  options: readonly string[],
  what: string,
): (readonly [string, Estimator])[] {
  if (!Array.isArray(estimators) || estimators.length === 0)
    throw new ConfigError(
      `${what}: estimators must be a list such as [['a', new LogisticRegression()]], got ${describe(estimators)}.`,
    );
  const seen = new Set<string>();
  for (const entry of estimators as readonly unknown[]) {
    const [name, estimator] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof name !== 'string' || name === '' || name.includes('__') || options.includes(name))
      throw new ConfigError(
        `${what}: each estimator needs a name without '__' that is no option: ['a', estimator]; got ${shown(name)}.`,
      );
    if (seen.has(name)) throw new ConfigError(`${what}: two estimators are named '${name}'. Names must be distinct.`);
    seen.add(name);
    if (estimator !== 'drop') checkMember(estimator, kind, `the estimator '${name}'`, what);
  }
  const members = (estimators as NamedEstimators).filter(([, estimator]) => estimator !== 'drop');
  if (members.length === 0) throw new ConfigError(`${what}: all estimators are dropped. At least one is needed.`);
  return members as (readonly [string, Estimator])[];
}

/** An ensemble with some parameters changed: a member by its name, its parameters by `'name__parameter'`, or an option. */
export function ensembleWithParams<T extends { readonly options: { readonly estimators: NamedEstimators } }>(
  ensemble: T,
  params: Readonly<Record<string, unknown>>,
): T {
  const names = ensemble.options.estimators.map(([name]) => name);
  const changes = nestParams(params);
  const own: Record<string, unknown> = {};
  for (const [name, change] of Object.entries(changes)) if (!names.includes(name)) own[name] = change;
  const estimators = ensemble.options.estimators.map(([name, estimator]) => {
    const change = changes[name];
    if (!(change instanceof Nested)) return [name, Object.hasOwn(changes, name) ? change : estimator];
    if (estimator === 'drop') throw new ConfigError(`withParams: '${name}' is dropped and has no parameters.`);
    return [name, withParams(estimator, change.params)];
  });
  const options: Record<string, unknown> = { ...ensemble.options, estimators };
  for (const [name, change] of Object.entries(own)) {
    options[name] = change instanceof Nested ? withParams(innerOf(options, name, names), change.params) : change;
  }
  return new (ensemble.constructor as new (options: object) => T)(options);
}

function innerOf(options: Record<string, unknown>, name: string, names: readonly string[]): object {
  const inner = options[name];
  if (typeof inner === 'object' && inner !== null) return inner;
  throw new ConfigError(
    `withParams: there is no estimator or option '${name}' to reach into. Estimators are ${names.join(', ')}.`,
  );
}

/** States of members with their names. */
export function membersState(models: NamedModels, what: string): readonly (readonly [string, ModelState])[] {
  return models.map(([name, model]) => [name, memberState(model, name, what)]);
}

/** The members that {@link membersState} described. */
export function membersFrom(state: unknown, restore: (state: ModelState) => unknown): NamedModels {
  return (state as readonly (readonly [string, ModelState])[]).map(([name, inner]) => [
    name,
    restore(inner) as FittedEstimator,
  ]);
}

/** Fits members, one after the other. */
export async function fitMembers(
  members: readonly (readonly [string, Estimator])[],
  X: Matrix,
  y: Labels,
  sampleWeight: Float64Array | null,
): Promise<NamedModels> {
  const models: (readonly [string, FittedEstimator])[] = [];
  for (const [name, estimator] of members)
    models.push([name, await estimator.fit(X, y, sampleWeight === null ? {} : { sampleWeight })]);
  return models;
}
