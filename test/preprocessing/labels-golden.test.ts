import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CsrMatrix, iris } from '../../src/data/index';
import { FunctionTransformer, LabelBinarizer, LabelEncoder, MultiLabelBinarizer } from '../../src/preprocessing/index';
import { closeTo, type Nested, plain } from './nested';

interface Golden {
  readonly encoders: { y: string[]; classes: string[]; codes: number[]; back: string[] }[];
  readonly binarizers: {
    readonly y: string[];
    readonly options: { readonly sparseOutput: boolean };
    readonly classes: string[];
    readonly out: number[][];
    readonly soft?: number[][];
    readonly decided?: string[];
  }[];
  readonly multi: { y: string[][]; classes: string[]; out: number[][]; back: string[][] };
  readonly function: { out: number[][]; back: number[][]; names: string[] };
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../fixtures/preprocessing/labels.json', import.meta.url), 'utf8'),
);

describe('as scikit-learn', () => {
  it.each(golden.encoders)('LabelEncoder of $classes', async ({ y, classes, codes, back }) => {
    const fitted = await new LabelEncoder().fit(y);
    expect(fitted.classes).toEqual(classes);
    expect(Array.from(fitted.transform(y.toReversed()))).toEqual(codes);
    expect(fitted.inverseTransform(codes)).toEqual(back);
  });

  it.each(golden.binarizers)('LabelBinarizer $options of $classes', async (row) => {
    const fitted = await new LabelBinarizer(row.options).fit(row.y);
    expect(fitted.classes).toEqual(row.classes);
    const out = fitted.transform(row.y);
    expect(out instanceof CsrMatrix).toBe(row.options.sparseOutput);
    expect(plain(out)).toEqual(row.out);
    if (row.soft) expect(fitted.inverseTransform(row.soft)).toEqual(row.decided);
  });

  it('MultiLabelBinarizer', async () => {
    const { y, classes, out, back } = golden.multi;
    const fitted = await new MultiLabelBinarizer().fit(y);
    expect(fitted.classes).toEqual(classes);
    expect(fitted.transform(y)).toEqual(out);
    expect(fitted.inverseTransform(out)).toEqual(back);
  });

  it('FunctionTransformer', async () => {
    const each = (f: (v: number) => number) => (X: unknown) => (plain(X) as number[][]).map((row) => row.map(f));
    const { X, featureNames } = iris();
    const transformer = new FunctionTransformer({
      func: each(Math.log1p),
      inverseFunc: each(Math.expm1),
      featureNamesOut: 'oneToOne',
    });
    const fitted = await transformer.fit(X as never);
    const logs = fitted.transform(X as never);
    const some = (plain(logs) as Nested[]).filter((_, r) => r % 10 === 0);
    closeTo(some, golden.function.out, 'transform');
    closeTo(plain(fitted.inverseTransform!(some as never)), golden.function.back, 'inverseTransform');
    expect(fitted.featureNamesOut()).toEqual(golden.function.names);
    expect(fitted.featureNamesOut(featureNames)).toEqual([...featureNames]);
  });
});
