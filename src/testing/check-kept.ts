import { KompaktError } from '../core/errors';
import type { Estimator, FittedEstimator } from '../data/estimator';
import type { Labels } from '../data/labels';
import { CsrMatrix } from '../data/sparse';
import { type Configured, withParams } from '../estimator/params';
import { fromJSON, type ModelState, type Restorable, type Stateful, toJSON } from '../estimator/state';
import { type Fail, numbersOf, sameList } from './samples';

interface Problem {
  readonly X: number[][];
  readonly y: Labels;
}

/** What a model predicts, probabilities included where it has them. */
function saysOf(model: FittedEstimator, X: number[][]): number[] {
  return [...numbersOf(model.predict(X)), ...(model.predictProba ? Array.from(model.predictProba(X).dataSync()) : [])];
}

/**
 * A model with a `toState` is the same again after a journey as JSON text. Models made of others need `classes` for these.
 */
export async function checkState(
  make: () => Estimator,
  { X, y }: Problem,
  classes: readonly Restorable<unknown>[],
  fail: Fail,
): Promise<void> {
  const model = await make().fit(X, y);
  if (typeof (model as Partial<Stateful>).toState !== 'function') return;
  const own = model.constructor as unknown as Restorable<FittedEstimator>;
  if (typeof own.fromState !== 'function' || typeof own.type !== 'string')
    fail('a fitted model with toState needs a static type and a static fromState.');
  const text = JSON.stringify(toJSON((model as unknown as Stateful).toState()));
  const state = fromJSON(JSON.parse(text)) as ModelState;
  if (state.type !== own.type) fail(`its state says it is of type ${String(state.type)}, its class ${own.type}.`);
  const restore = (inner: ModelState): never => {
    const found = [own, ...classes].find((c) => c.type === inner.type);
    if (found === undefined) return fail(`its state holds a ${inner.type}; name its class in 'classes'.`);
    return found.fromState(inner, restore) as never;
  };
  const again = own.fromState(state, restore);
  if (!sameList(saysOf(again, X), saysOf(model, X))) fail('it predicts otherwise after being kept as JSON.');
}

/** A copy with the same parameters learns the same; an unknown option is refused, by name. */
export async function checkParams(make: () => Estimator, { X, y }: Problem, fail: Fail): Promise<void> {
  const estimator = make();
  if ((estimator as Configured).options === undefined && (estimator as Configured).withParams === undefined) return;
  const copy = withParams(estimator, {});
  if (!sameList(saysOf(await copy.fit(X, y), X), saysOf(await make().fit(X, y), X)))
    fail('a copy made by withParams learns another model.');
  if ((estimator as Configured).withParams !== undefined) return;
  const message = await withParams(estimator, { noSuchOption: 1 })
    .fit(X, y)
    .then(
      () => null,
      (error: unknown) => (error instanceof KompaktError ? error.message : null),
    );
  if (message === null || !message.includes('noSuchOption'))
    fail('it does not refuse an unknown option by its name. Use checkOptions in fit.');
}

/** Sparse samples give what dense ones give, or are refused. */
export async function checkSparse(
  make: () => Estimator,
  { X, y }: Problem,
  tolerance: number,
  fail: Fail,
): Promise<void> {
  const holes = X.map((row, i) => row.map((v, c) => ((i + c) % 3 === 0 ? 0 : v)));
  const sparse = CsrMatrix.fromDense(holes);
  let model: FittedEstimator;
  try {
    model = await make().fit(sparse, y);
  } catch (error) {
    if (error instanceof KompaktError) return;
    return fail(`sparse samples end in ${String(error)}; take them, or refuse them with a KompaktError.`);
  }
  const dense = await make().fit(holes, y);
  const [a, b] = [saysOf(model, holes), saysOf(dense, holes)];
  const isClose = a.every((v, i) => Math.abs(v - b[i]!) <= Math.max(tolerance, 1e-6) * (1 + Math.abs(b[i]!)));
  if (!isClose) fail('sparse samples teach it something else than the same samples dense.');
  if (!sameList(numbersOf(model.predict(sparse)), numbersOf(model.predict(holes))))
    fail('it predicts otherwise for sparse samples than for the same samples dense.');
}
