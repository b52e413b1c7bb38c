import type { Transformer } from '../data/estimator';
import type { Matrix } from '../data/matrix';
import { countRows, isTensor, type Rows } from '../data/rows';
import { blobs, type Fail, failure, formsOf, freeze, mustRefuse, mustWork, numbersOf, sameList } from './samples';

export interface CheckTransformOptions {
  /** How far results may be apart that should be equal; 1e-9 by default. */
  readonly tolerance?: number | undefined;
  /** Whether it takes NaN and infinity as data; false by default. */
  readonly allowNonFinite?: boolean | undefined;
}

/**
 * Checks that a transformer keeps the contract of all transformers: `fit` changes neither it nor the data and returns a
 * fitted object, the same every time; `transform` maps sample by sample, gives back as many, in the form they came in, and
 * the same for every form; `inverseTransform`, if there, undoes it; and what does not fit is refused with a
 * `KompaktError`. Uses no test framework: it throws where the contract is broken.
 *
 * @param make - makes a new transformer with the same options.
 * @param options - `tolerance = 1e-9`, `allowNonFinite = false`.
 * @throws KompaktError that names the broken rule.
 *
 * @example
 * ```ts
 * import { checkTransform } from 'kompakt/testing';
 * const twice = { fit: async () => ({ transform: (X: number[][]) => X.map((row) => row.map((v) => 2 * v)) }) };
 * await checkTransform(() => twice as never).catch((error) => console.log(error.name)); // → KompaktError
 * ```
 */
export async function checkTransform(make: () => Transformer, options: CheckTransformOptions = {}): Promise<void> {
  const fail = failure('checkTransform');
  const tolerance = options.tolerance ?? 1e-9;
  const { X, classes } = blobs([9, 7]);
  const expected = await checkFit(make, X, classes, tolerance, fail);
  await checkForms(make, X, classes, expected, tolerance, fail);
  await checkRefusals(make, X, classes, options, fail);
}

const close = (a: readonly number[], b: readonly number[], tolerance: number): boolean =>
  a.length === b.length &&
  a.every((v, i) => Object.is(v, b[i]) || Math.abs(v - b[i]!) <= tolerance * (1 + Math.abs(b[i]!)));

async function checkFit(
  make: () => Transformer,
  X: number[][],
  y: number[],
  tolerance: number,
  fail: Fail,
): Promise<number[]> {
  const transformer = make();
  if ('transform' in transformer) fail('the transformer itself has transform; only what fit returns may.');
  const frozen = freeze(X);
  let first: number[] = [];
  try {
    const fitted = await transformer.fit(frozen, Object.freeze([...y]) as number[]);
    first = numbersOf(fitted.transform(frozen));
  } catch (error) {
    fail(
      `fit or transform fails on arrays that can't be written to: ${String(error)}. They must not change their input.`,
    );
  }
  const fitted = await transformer.fit(X, y);
  if ((fitted as unknown) === transformer) fail('fit returns the transformer; it must return a new, fitted object.');
  if (!sameList(numbersOf(fitted.transform(X)), first)) fail('fitting twice gives different results.');
  if (countRows(fitted.transform(X) as Rows, 'transform') !== X.length)
    fail('transform returns another number of samples than it is given.');
  const alone = X.flatMap((row) => numbersOf(fitted.transform([row])));
  if (!close(alone, first, tolerance)) fail('a sample is transformed differently alone and in company.');
  if (fitted.inverseTransform) {
    const back = numbersOf(fitted.inverseTransform(fitted.transform(X)) as Matrix);
    if (!close(back, X.flat(), Math.max(tolerance, 1e-9))) fail('inverseTransform does not undo transform.');
  }
  return first;
}

async function checkForms(
  make: () => Transformer,
  X: number[][],
  y: number[],
  expected: number[],
  tolerance: number,
  fail: Fail,
): Promise<void> {
  for (const [name, form] of Object.entries(formsOf(X))) {
    const before = numbersOf(form);
    const out = await mustWork(`X as ${name}`, async () => (await make().fit(form, y)).transform(form), fail);
    if (!close(numbersOf(out), expected, tolerance))
      fail(`the result differs between X as ${name} and as an array of rows.`);
    if (Array.isArray(out) !== Array.isArray(form) || isTensor(out) !== isTensor(form))
      fail(`X as ${name} comes back in another form.`);
    if (!sameList(numbersOf(form), before)) fail(`X as ${name} is changed.`);
  }
}

async function checkRefusals(
  make: () => Transformer,
  X: number[][],
  y: number[],
  options: CheckTransformOptions,
  fail: Fail,
): Promise<void> {
  const spoilt = X.map((row, i) => (i === 2 ? [Number.NaN, row[1]!, row[2]!] : row));
  if (options.allowNonFinite !== true) await mustRefuse('NaN', () => make().fit(spoilt, y), fail);
  await mustRefuse('ragged rows', () => make().fit([[1], ...X], [0, ...y]), fail);
  await mustRefuse('a list instead of a matrix', () => make().fit(y as unknown as Matrix, y), fail);
  await mustRefuse('no samples', () => make().fit([], []), fail);
  const fitted = await make().fit(X, y);
  await mustRefuse('other features than when fitting', () => fitted.transform([[1, 2]]), fail);
}
