import type { Resampled, Resampler } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { countRows, isTensor, isTyped, type Rows } from '../data/rows';
import { CsrMatrix, isSparse } from '../data/sparse';
import { readHost } from '../data/vector';
import { tensor } from '../ops/create';
import { blobs, type Fail, failure, formsOf, freeze, mustRefuse, mustWork, numbersOf, sameList } from './samples';

export interface CheckResamplerOptions {
  /** Whether it takes NaN and infinity as data, as methods do that only pick samples; false by default. */
  readonly allowNonFinite?: boolean | undefined;
  /** Whether it takes sparse samples: they must then come back sparse; else they must be refused. Not checked by default. */
  readonly sparse?: boolean | undefined;
}

/**
 * Checks that a resampler keeps the contract of all resamplers: `fitResample` changes neither it nor the data, gives the
 * same every time, as many labels as samples, known labels only, everything in the form it came in and the same for every
 * form; `indices`, if there, say where samples came from; and one class, NaN or data that does not fit is refused with a
 * `KompaktError`. Uses no test framework: it throws where the contract is broken.
 *
 * @param make - makes a new resampler with the same options, a fixed `seed` among them.
 * @param options - `allowNonFinite = false`, `sparse`.
 * @throws KompaktError that names the broken rule.
 *
 * @example
 * ```ts
 * import { SMOTE } from 'kompakt/imbalanced';
 * import { checkResampler } from 'kompakt/testing';
 * await checkResampler(() => new SMOTE({ seed: 1 }));
 * ```
 */
export async function checkResampler(make: () => Resampler, options: CheckResamplerOptions = {}): Promise<void> {
  const fail = failure('checkResampler');
  const { X, classes: y } = blobs([24, 9, 13]);
  await checkResult(make, X, y, fail);
  await checkForms(make, X, y, fail);
  await checkRefusals(make, X, y, options, fail);
  if (options.sparse !== undefined) await checkSparse(make, X, y, options.sparse, fail);
}

async function checkSparse(
  make: () => Resampler,
  X: number[][],
  y: number[],
  takes: boolean,
  fail: Fail,
): Promise<void> {
  // The features as they are, among others that are 0.
  const wide = X.map((row) => [0, ...row, 0]);
  const forms = {
    'a sparse matrix by rows': CsrMatrix.fromDense(wide),
    'one by columns': CsrMatrix.fromDense(wide).toCsc(),
  };
  const expected = await make().fitResample(wide, y);
  for (const [name, form] of Object.entries(forms)) {
    if (!takes) {
      await mustRefuse(name, () => make().fitResample(form, y), fail);
      continue;
    }
    const before = form.data.slice();
    const out = await mustWork(name, () => make().fitResample(form as Matrix, y), fail);
    if (!isSparse(out.X) || out.X.constructor !== form.constructor) fail(`${name} comes back in another form.`);
    if (out.y.length !== expected.y.length || out.X.shape[0] !== expected.X.length)
      fail(`${name} comes back with another number of samples than when given dense.`);
    if (!sameList(form.data, before)) fail(`${name} is changed.`);
  }
}

async function checkResult(make: () => Resampler, X: number[][], y: number[], fail: Fail): Promise<void> {
  const resampler = make();
  const frozen = freeze(X);
  let out: Resampled<number[][], number[]>;
  try {
    out = await resampler.fitResample(frozen, Object.freeze([...y]) as number[]);
  } catch (error) {
    return fail(
      `fitResample fails on arrays that can't be written to: ${String(error)}. It must not change its input.`,
    );
  }
  const again = await resampler.fitResample(X, y);
  if (!sameList(out.X.flat(), again.X.flat()) || !sameList(out.y, again.y))
    fail('resampling twice gives different samples. Restart random streams from the seed.');
  if (out.X.length !== out.y.length) fail(`it returns ${out.X.length} samples and ${out.y.length} labels.`);
  const strange = out.y.find((label) => !y.includes(label));
  if (strange !== undefined) fail(`it returns the label ${strange}, which it was not given.`);
  if (out.X.some((row) => row.length !== X[0]!.length))
    fail('it returns samples with other features than it was given.');
  const { indices } = out;
  if (indices === undefined) return;
  if (indices.length !== out.X.length) fail(`it returns ${indices.length} indices for ${out.X.length} samples.`);
  out.X.forEach((row, i) => {
    const from = indices[i]!;
    if (!sameList(row, X[from] ?? []) || out.y[i] !== y[from])
      fail(`indices say that sample ${i} is sample ${from} of the input, and it is not.`);
  });
}

async function checkForms(make: () => Resampler, X: number[][], y: number[], fail: Fail): Promise<void> {
  const expected = await make().fitResample(X, y);
  for (const [name, form] of Object.entries(formsOf(X))) {
    const before = numbersOf(form);
    const out = await mustWork(`X as ${name}`, () => make().fitResample(form as Matrix, y as Labels), fail);
    if (Array.isArray(out.X) !== Array.isArray(form) || isTensor(out.X) !== isTensor(form))
      fail(`X as ${name} comes back in another form.`);
    if (!sameList(numbersOf(out.X), expected.X.flat()))
      fail(`the result differs between X as ${name} and as an array of rows.`);
    if (countRows(out.X as Rows, 'fitResample') !== expected.X.length)
      fail(`X as ${name} comes back with another number of samples.`);
    if (!sameList(numbersOf(form), before)) fail(`X as ${name} is changed.`);
  }
  const text = await make().fitResample(
    X,
    y.map((c) => 'abc'[c]!),
  );
  if (
    !sameList(
      text.y,
      expected.y.map((c) => 'abc'[c]!),
    )
  )
    fail('labels given as text come back as others, or in another order.');
  const typed = await make().fitResample(X, Uint8Array.from(y));
  if (!(typed.y instanceof Uint8Array) || !sameList(typed.y, expected.y))
    fail('labels given as a Uint8Array come back in another form.');
  const asTensor: unknown = (await make().fitResample(X, tensor(y, { dtype: 'int32' }))).y;
  if (!isTensor(asTensor) || asTensor.dtype !== 'int32' || !sameList(readHost(asTensor, 'y').data, expected.y)) {
    fail('labels given as an int32 tensor come back in another form.');
  }
  const single = await make().fitResample({ data: Float32Array.from(X.flat()), shape: [X.length, 3] }, y);
  if (!isTyped(single.X.data) || !((single.X.data as unknown) instanceof Float32Array))
    fail('float32 data comes back as another type.');
}

async function checkRefusals(
  make: () => Resampler,
  X: number[][],
  y: number[],
  options: CheckResamplerOptions,
  fail: Fail,
): Promise<void> {
  const spoilt = X.map((row, i) => (i === 2 ? [Number.NaN, row[1]!, row[2]!] : row));
  if (options.allowNonFinite !== true) await mustRefuse('NaN', () => make().fitResample(spoilt, y), fail);
  await mustRefuse(
    'labels of one class',
    () =>
      make().fitResample(
        X,
        y.map(() => 4),
      ),
    fail,
  );
  await mustRefuse('fewer labels than samples', () => make().fitResample(X, y.slice(1)), fail);
  await mustRefuse('ragged rows', () => make().fitResample([[1], ...X], [0, ...y]), fail);
  await mustRefuse('no samples', () => make().fitResample([] as number[][], [] as number[]), fail);
}
