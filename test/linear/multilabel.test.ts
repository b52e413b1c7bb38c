import { readFileSync } from 'node:fs';
import { tensor } from 'kompakt';
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { ColumnTable, CsrMatrix } from '../../src/data/index';
import { fromJSON, fromState, type ModelState, type Restorable } from '../../src/estimator/state';
import {
  FittedLogisticRegression,
  FittedMultilabelOneVsRest,
  LogisticRegression,
  OneVsRestClassifier,
} from '../../src/linear/index';
import { f1Score } from '../../src/metrics/index';
import { KNeighborsClassifier } from '../../src/neighbors/index';

interface Golden {
  readonly X: number[][];
  readonly Y: number[][];
  readonly test: number[][];
  readonly proba: number[][];
  readonly decision: number[][];
  readonly predict: number[][];
  readonly score: number;
  readonly scoreWeighted: number;
  readonly classes: number[];
  readonly near: { proba: number[][]; predict: number[][]; score: number };
}

const golden = JSON.parse(
  readFileSync(new URL('../fixtures/linear/multilabel.json', import.meta.url), 'utf8'),
) as Golden;
const { X, Y, test } = golden;
const make = (): OneVsRestClassifier =>
  new OneVsRestClassifier({ estimator: new LogisticRegression({ solver: 'newton-cg', tol: 1e-10, maxIter: 500 }) });

function close(got: ArrayLike<number>, expected: readonly number[][]): void {
  expect(got.length).toBe(expected.flat().length);
  expected.flat().forEach((v, i) => {
    expect(Math.abs(got[i]! - v)).toBeLessThan(1e-6 * (1 + Math.abs(v)));
  });
}

describe('OneVsRestClassifier of several labels per sample', () => {
  it('is scikit-learn’s', async () => {
    const model = await make().fit(X, Y);
    expect(model).toBeInstanceOf(FittedMultilabelOneVsRest);
    close(model.predictProba!(test).dataSync(), golden.proba);
    close(model.decisionFunction!(test).dataSync(), golden.decision);
    expect(model.predict(test)).toEqual(golden.predict);
    expect(model.score(X, Y)).toBeCloseTo(golden.score, 14);
    const sampleWeight = X.map((_, i) => (i % 4) + 0.5);
    expect(model.score(X, Y, { sampleWeight })).toBeCloseTo(golden.scoreWeighted, 14);
    expect(model.classes).toEqual(golden.classes);
    expect(model.estimators.slice(3, 5)).toEqual([1, 0]);
    expect(model.warnings.map(({ message }) => message)).toEqual([
      'OneVsRestClassifier.fit: all samples have label 3; it is always predicted.',
      'OneVsRestClassifier.fit: no sample has label 4; it is never predicted.',
    ]);
    expect(f1Score(Y, model.predict(X), { average: 'samples' })).toBeGreaterThan(0.8);
  });

  it('goes by probabilities without decisions, and by predictions without either', async () => {
    const some = Y.map((row) => row.slice(0, 3));
    const estimator = new KNeighborsClassifier({ nNeighbors: 5 });
    const model = await new OneVsRestClassifier({ estimator }).fit(X, some);
    expect(model.decisionFunction).toBeUndefined();
    close(model.predictProba!(test).dataSync(), golden.near.proba);
    expect(model.predict(test)).toEqual(golden.near.predict);
    expect(model.score(X, some)).toBeCloseTo(golden.near.score, 14);
    const bare = {
      kind: 'classifier' as const,
      fit: async (A: never, b: never) => {
        const fitted = await estimator.fit(A, b);
        return { predict: (M: never) => fitted.predict(M), score: () => 0 };
      },
    };
    const plain = await new OneVsRestClassifier({ estimator: bare as never }).fit(X, some);
    expect(plain.predict(test)).toEqual(golden.near.predict);
    expect(plain.predictProba).toBeUndefined();
    expect(() => plain.toState()).toThrow(ConfigError);
  });

  it('predicts in the form that labels had', async () => {
    const flat = { data: Int32Array.from(Y.flat()), shape: [75, 6] };
    const rows = golden.predict;
    const sparse = await make().fit(CsrMatrix.fromDense(X), CsrMatrix.fromDense(Y).toCsc());
    expect(sparse.predict(CsrMatrix.fromDense(test))).toEqual(CsrMatrix.fromDense(rows));
    expect(sparse.score(X, Y)).toBeCloseTo(golden.score, 14);
    expect((await make().fit(X, flat as never)).predict(test)).toEqual({
      data: Int32Array.from(rows.flat()),
      shape: [20, 6],
    });
    const ofTensor = (await make().fit(X, tensor(Y, { dtype: 'int32' }))).predict(test);
    expect([ofTensor.dtype, ofTensor.shape]).toEqual(['int32', [20, 6]]);
    expect(Array.from(ofTensor.dataSync())).toEqual(rows.flat());
    const typed = await make().fit(X, Y.map((row) => Uint8Array.from(row)) as never);
    expect(typed.predict(test)).toEqual(rows.map((row) => Uint8Array.from(row)));
    const booleans = await make().fit(
      X,
      Y.map((row) => row.map(Boolean)),
    );
    expect(booleans.predict(test)).toEqual(rows);
    const columns = new ColumnTable([...'abcdef'].map((name, c) => [name, Y.map((row) => row[c]!)] as const));
    const table = (await make().fit(X, columns)).predict(test) as ColumnTable;
    expect(table.names).toEqual([...'abcdef']);
    expect(Array.from(table.column('a') as Float64Array)).toEqual(rows.map((row) => row[0]));
  });

  it('weighs samples, and is restored from its state', async () => {
    const sampleWeight = X.map((_, i) => Number(i % 5 !== 0));
    const model = await make().fit(X, Y, { sampleWeight });
    const kept = [...X.keys()].filter((i) => i % 5 !== 0);
    const fewer = await make().fit(
      kept.map((i) => X[i]!),
      kept.map((i) => Y[i]!),
    );
    close(model.decisionFunction!(test).dataSync(), [Array.from(fewer.decisionFunction!(test).dataSync())]);
    const classes = [FittedMultilabelOneVsRest, FittedLogisticRegression] as never as Restorable<typeof model>[];
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    const restored = fromState(state, classes);
    expect(restored.predict(test)).toEqual(model.predict(test));
    expect(restored.predictProba!(test).dataSync()).toEqual(model.predictProba!(test).dataSync());
    const sparse = await make().fit(X, CsrMatrix.fromDense(Y));
    expect(fromState(sparse.toState(), classes as never as Restorable<typeof sparse>[]).predict(test)).toEqual(
      sparse.predict(test),
    );
  });

  it('refuses what does not fit', async () => {
    await expect(make().fit(X, Y.slice(1))).rejects.toThrow(ShapeError);
    await expect(
      make().fit(
        X,
        Y.map((row) => row.map((v) => v + 1)),
      ),
    ).rejects.toThrow(/found 2 at row 0/);
    await expect(make().fit(X, Y, { sampleWeight: [1] })).rejects.toThrow(ShapeError);
    const model = await make().fit(X, Y);
    expect(() => model.predict([[1]])).toThrow(/1 features.*fitted with 4/);
    expect(() => model.score(X, X.map(() => 1) as never)).toThrow(/yPred is a table/);
  });
});
