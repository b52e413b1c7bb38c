import type { Estimator, FittedEstimator } from '../data/estimator';
import { distinctLabels, type Label, type Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { isTensor, isTyped } from '../data/rows';
import { readHost } from '../data/vector';
import type { Restorable } from '../estimator/state';
import { accuracyScore } from '../metrics/accuracy';
import { r2Score } from '../metrics/regression';
import { tensor } from '../ops/create';
import { checkParams, checkSparse, checkState } from './check-kept';
import { blobs, type Fail, failure, formsOf, freeze, mustRefuse, mustWork, numbersOf, sameList } from './samples';

export interface CheckEstimatorOptions {
  /** How far results of equal data in different forms may be apart; 0 by default. */
  readonly tolerance?: number | undefined;
  /** The training score it must reach on well separated clouds, or for regressors on a noisy plane; 0.8 by default. */
  readonly minScore?: number | undefined;
  /** Whether `fit` takes `sampleWeight`; true by default. */
  readonly sampleWeight?: boolean | undefined;
  /** Whether it takes NaN and infinity as data; false by default. */
  readonly allowNonFinite?: boolean | undefined;
  /** Whether sparse samples, where it takes them, teach it the same as dense ones; true by default. */
  readonly sparseAlike?: boolean | undefined;
  /** Classes of the fitted models that its fitted model is made of, to make it again from its state. */
  readonly classes?: readonly Restorable<unknown>[] | undefined;
}

interface Problem {
  readonly X: number[][];
  readonly y: number[];
}

/** Data for a classifier of two or three classes, or for a regressor. */
function problemFor(kind: string, classes: number): Problem {
  const { X, classes: codes } = blobs(new Array<number>(classes).fill(12));
  if (kind === 'classifier') return { X, y: codes.map((c) => 2 * c - 1) };
  return { X, y: X.map((row, i) => row[0]! - 2 * row[1]! + 0.5 * row[2]! + 0.01 * (i % 5)) };
}

/**
 * Checks that an estimator keeps the contract of all estimators: the constructor only stores options; `fit` changes
 * neither the estimator nor the data and returns a fitted object, the same every time; every form of the data gives the
 * same model, sparse samples too where they are taken; labels come back as they went in; probabilities, decisions and score
 * agree with predictions; a copy by `withParams` learns the same, and a model is the same again after being kept as JSON;
 * and what can't be learned from, or an unknown option, is refused with a `KompaktError`. Uses no test framework: it throws where the contract is broken.
 *
 * @param make - makes a new estimator with the same options, a fixed `seed` among them if it draws random numbers.
 * @param options - `tolerance = 0`, `minScore = 0.8`, `sampleWeight = true`, `allowNonFinite = false`,
 * `sparseAlike = true`, `classes`.
 * @throws KompaktError that names the broken rule.
 *
 * @example
 * ```ts
 * import { LogisticRegression } from 'kompakt/linear';
 * import { checkEstimator } from 'kompakt/testing';
 * await checkEstimator(() => new LogisticRegression({ C: 10 }));
 * ```
 */
export async function checkEstimator(make: () => Estimator, options: CheckEstimatorOptions = {}): Promise<void> {
  const fail = failure('checkEstimator');
  const kind = make().kind as string;
  if (kind !== 'classifier' && kind !== 'regressor') fail(`kind must be 'classifier' or 'regressor', it is '${kind}'.`);
  for (const classes of kind === 'classifier' ? [2, 3] : [2]) {
    const problem = problemFor(kind, classes);
    await checkFit(make, problem, options, fail);
    await checkForms(make, problem, options, fail);
    if (kind === 'classifier') await checkClassifier(make, problem, fail);
    await checkState(make, problem, options.classes ?? [], fail);
    if (options.sparseAlike !== false) await checkSparse(make, problem, options.tolerance ?? 0, fail);
  }
  await checkParams(make, problemFor(kind, 2), fail);
  if (kind === 'classifier') await checkLabelTypes(make, fail);
  if (options.sampleWeight !== false) await checkWeights(make, problemFor(kind, 2), options, fail);
  await checkRefusals(make, kind, options, fail);
}

function snapshot(x: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify(x, (_key, v: unknown) => {
    if (typeof v === 'function') return String(v);
    if (typeof v !== 'object' || v === null) return typeof v === 'number' ? String(v) : v;
    if (seen.has(v)) return 'seen';
    seen.add(v);
    return v instanceof Map ? [...v] : isTyped(v) ? Array.from(v) : v;
  });
}

async function checkFit(
  make: () => Estimator,
  { X, y }: Problem,
  options: CheckEstimatorOptions,
  fail: Fail,
): Promise<void> {
  const estimator = make();
  const before = snapshot(estimator);
  if ('predict' in estimator)
    fail(
      'the estimator itself has predict; only what fit returns may, so that predicting before fitting does not compile.',
    );
  const frozen = freeze(X);
  const labels = Object.freeze([...y]) as number[];
  let model: FittedEstimator;
  try {
    model = await estimator.fit(frozen, labels);
  } catch (error) {
    return fail(`fit fails on plain arrays that can't be written to: ${String(error)}. Fit must not change its input.`);
  }
  if ((model as unknown) === estimator) fail('fit returns the estimator; it must return a new, fitted object.');
  if (typeof model.predict !== 'function' || typeof model.score !== 'function')
    fail('what fit returns needs predict and score.');
  if (snapshot(estimator) !== before)
    fail('fit changes what the estimator stores; the constructor stores options, and nothing else does.');
  const flat = Float64Array.from(X.flat());
  const kept = flat.slice();
  await estimator.fit({ data: flat, shape: [X.length, X[0]!.length] }, Int32Array.from(y, Math.round));
  model.predict({ data: flat, shape: [X.length, X[0]!.length] });
  if (!sameList(flat, kept)) fail('fit or predict writes into the typed array it is given.');
  const first = numbersOf(model.predict(X));
  const again = numbersOf((await estimator.fit(X, y)).predict(X));
  if (!sameList(first, again))
    fail('fitting the same estimator twice gives different predictions. Restart random streams from the seed.');
  if (!sameList(numbersOf((await make().fit(X, y)).predict(X)), first))
    fail('equal estimators learn different models from equal data.');
  const alone = X.map((row) => numbersOf(model.predict([row]))[0]!);
  if (!closeLists(alone, first, 1e-9)) fail('a sample is predicted differently alone and in company.');
  const score = model.score(X, y);
  const least = options.minScore ?? 0.8;
  if (!(score >= least)) fail(`its score on easy training data is ${score}, below ${least}.`);
  const expected = estimator.kind === 'classifier' ? accuracyScore(y, first) : r2Score(y, first);
  if (!(Math.abs(score - expected) < 1e-9))
    fail(`score is ${score}; accuracy or R² of its own predictions is ${expected}.`);
}

async function checkForms(
  make: () => Estimator,
  { X, y }: Problem,
  options: CheckEstimatorOptions,
  fail: Fail,
): Promise<void> {
  const tolerance = options.tolerance ?? 0;
  const expected = outputs(await make().fit(X, y), X);
  for (const [name, form] of Object.entries(formsOf(X))) {
    const got = await mustWork(`X as ${name}`, async () => outputs(await make().fit(form, y), form), fail);
    for (const [method, values] of Object.entries(expected)) {
      if (!closeLists(got[method]!, values, tolerance))
        fail(`${method} differs between X as ${name} and as an array of rows.`);
    }
  }
}

/** Everything a model says about samples. */
function outputs(model: FittedEstimator, X: Matrix): Record<string, number[]> {
  const out: Record<string, number[]> = { predict: numbersOf(model.predict(X)) };
  if (model.predictProba) out.predictProba = Array.from(model.predictProba(X).dataSync());
  if (model.decisionFunction) out.decisionFunction = Array.from(model.decisionFunction(X).dataSync());
  return out;
}

const closeLists = (a: readonly number[], b: readonly number[], tolerance: number): boolean =>
  a.length === b.length &&
  a.every((v, i) => Object.is(v, b[i]) || Math.abs(v - b[i]!) <= tolerance * (1 + Math.abs(b[i]!)));

async function checkClassifier(make: () => Estimator, { X, y }: Problem, fail: Fail): Promise<void> {
  const model = await make().fit(X, y);
  const expected = distinctLabels(y);
  const classes = model.classes ?? fail('a fitted classifier needs classes.');
  if (!sameList(classes, expected))
    fail(`classes are [${classes.join(', ')}]; they must be the labels, ascending: [${expected.join(', ')}].`);
  const predicted = numbersOf(model.predict(X));
  const k = classes.length;
  if (model.predictProba) {
    const p = model.predictProba(X);
    if (!sameList(p.shape, [X.length, k]))
      fail(`predictProba has shape [${p.shape.join(', ')}]; it must be [${X.length}, ${k}].`);
    const values = p.dataSync();
    for (let i = 0; i < X.length; i++) {
      const row = Array.from(values.subarray(i * k, (i + 1) * k));
      const sum = row.reduce((a, b) => a + b, 0);
      if (!(Math.abs(sum - 1) < 1e-6) || row.some((v) => !(v >= 0)))
        fail(`row ${i} of predictProba is [${row.join(', ')}]; it must be a distribution.`);
      const best = Math.max(...row);
      if (row[classes.indexOf(predicted[i]!)]! < best)
        fail(`sample ${i} is predicted as ${predicted[i]}, but predictProba favours another class.`);
    }
  }
  if (model.decisionFunction) {
    const shape = k === 2 ? [X.length] : [X.length, k];
    const z = model.decisionFunction(X);
    if (!sameList(z.shape, shape))
      fail(`decisionFunction has shape [${z.shape.join(', ')}]; it must be [${shape.join(', ')}].`);
    const values = z.dataSync();
    for (let i = 0; k === 2 && i < X.length; i++) {
      if (values[i]! > 0 !== (predicted[i] === classes[1]))
        fail(`sample ${i} has decision value ${values[i]}, but is predicted as ${predicted[i]}.`);
    }
  }
}

async function checkLabelTypes(make: () => Estimator, fail: Fail): Promise<void> {
  const { X, classes } = blobs([10, 10]);
  const forms: [string, Labels, (y: unknown) => boolean][] = [
    ['numbers', classes, (y) => Array.isArray(y) && typeof y[0] === 'number'],
    ['text', classes.map((c) => (c === 0 ? 'one' : 'two')), (y) => Array.isArray(y) && typeof y[0] === 'string'],
    ['booleans', classes.map((c) => c === 1), (y) => Array.isArray(y) && typeof y[0] === 'boolean'],
    ['an Int8Array', Int8Array.from(classes), (y) => y instanceof Int8Array],
    ['a Float64Array', Float64Array.from(classes), (y) => y instanceof Float64Array],
    ['an int32 tensor', tensor(classes, { dtype: 'int32' }), (y) => isTensor(y) && y.dtype === 'int32' && y.rank === 1],
  ];
  for (const [name, labels, isSame] of forms) {
    const predicted = await mustWork(`labels as ${name}`, async () => (await make().fit(X, labels)).predict(X), fail);
    if (!isSame(predicted)) fail(`labels given as ${name} are predicted in another form.`);
    const known = new Set<Label>(Array.from(readHost(labels as never, 'labels').data as ArrayLike<Label>));
    const strange = Array.from(readHost(predicted as never, 'labels').data as ArrayLike<Label>).find(
      (v) => !known.has(v),
    );
    if (strange !== undefined)
      fail(`it predicts ${String(strange)}, which is none of the labels it was given as ${name}.`);
  }
}

async function checkWeights(
  make: () => Estimator,
  { X, y }: Problem,
  options: CheckEstimatorOptions,
  fail: Fail,
): Promise<void> {
  const plain = outputs(await make().fit(X, y), X);
  const weighted = outputs(await make().fit(X, y, { sampleWeight: X.map(() => 1) }), X);
  for (const [method, values] of Object.entries(plain)) {
    if (!closeLists(weighted[method]!, values, Math.max(options.tolerance ?? 0, 1e-9)))
      fail(`${method} changes when every sample gets the weight 1.`);
  }
  await mustRefuse('a negative sample weight', () => make().fit(X, y, { sampleWeight: X.map((_, i) => i - 1) }), fail);
  await mustRefuse('too few sample weights', () => make().fit(X, y, { sampleWeight: [1] }), fail);
}

async function checkRefusals(
  make: () => Estimator,
  kind: string,
  options: CheckEstimatorOptions,
  fail: Fail,
): Promise<void> {
  const { X, y } = problemFor(kind, 2);
  const fit = (data: unknown, labels: unknown) => (): unknown => make().fit(data as Matrix, labels as Labels);
  const spoilt = (value: number): number[][] => X.map((row, i) => (i === 3 ? [row[0]!, value, row[2]!] : row));
  if (options.allowNonFinite !== true) {
    await mustRefuse('NaN', fit(spoilt(Number.NaN), y), fail);
    await mustRefuse('infinity', fit(spoilt(Number.POSITIVE_INFINITY), y), fail);
  }
  await mustRefuse('ragged rows', fit([[1, 2], ...X], [y[0], ...y]), fail);
  await mustRefuse('a list instead of a matrix', fit(y, y), fail);
  await mustRefuse('no samples', fit([], []), fail);
  await mustRefuse('fewer labels than samples', fit(X, y.slice(1)), fail);
  if (kind === 'classifier')
    await mustRefuse(
      'labels of one class',
      fit(
        X,
        y.map(() => 1),
      ),
      fail,
    );
  const model = await make().fit(X, y);
  await mustRefuse('other features when predicting than when fitting', () => model.predict([[1, 2]]), fail);
  if (options.allowNonFinite !== true)
    await mustRefuse('NaN when predicting', () => model.predict([[1, Number.NaN, 2]]), fail);
}
