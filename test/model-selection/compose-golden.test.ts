import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GaussianNB } from '../../src/bayes/index';
import { breastCancer, iris, wine } from '../../src/data/index';
import { LogisticRegression, Ridge } from '../../src/linear/index';
import {
  crossValScore,
  FeatureUnion,
  FixedThresholdClassifier,
  TransformedTargetRegressor,
  TunedThresholdClassifierCV,
} from '../../src/model-selection/index';
import { MinMaxScaler, PowerTransformer, SelectKBest, StandardScaler } from '../../src/preprocessing/index';
import { closeTo, plain } from '../preprocessing/nested';

interface Golden {
  readonly union: { rows: number[][] };
  readonly targets: {
    readonly name: 'log' | 'standard' | 'power';
    readonly coef: number[];
    readonly predicted: number[];
    readonly score: number;
    readonly scores: number[];
  }[];
  readonly fixed: { model: Name; options: object; predicted: number[] }[];
  readonly tuned: {
    readonly model: Name;
    readonly options: object;
    readonly threshold: number;
    readonly score: number;
    readonly scores: number[];
    readonly positives: number;
  }[];
}

interface Linear {
  readonly coef: { dataSync(): ArrayLike<number> };
}

type Name = 'GaussianNB' | 'LogisticRegression';

const golden: Golden = JSON.parse(
  readFileSync(new URL('../fixtures/model-selection/compose.json', import.meta.url), 'utf8'),
);

const rowsOf = ({ X }: { readonly X: unknown }): number[][] => plain(X) as number[][];
const CHANGES = {
  log: () => ({ func: Math.log, inverseFunc: Math.exp }),
  standard: () => ({ transformer: new StandardScaler() }),
  power: () => ({ transformer: new PowerTransformer() }),
};

/** Two measurements of a tumour, and the model that judges them. */
async function judged(name: Name) {
  const set = breastCancer();
  const X = rowsOf(set).map((row) => row.slice(0, 2));
  const y = Array.from(set.y as ArrayLike<number>);
  if (name === 'GaussianNB') return { X, y, model: new GaussianNB(), close: 1e-8 };
  const scaled = plain((await new StandardScaler().fitTransform(X)).X) as number[][];
  return { X: scaled, y, model: new LogisticRegression({ solver: 'newton-cholesky', tol: 1e-12 }), close: 1e-8 };
}

describe('as scikit-learn', () => {
  it('FeatureUnion', async () => {
    const union = new FeatureUnion(
      [
        ['scaled', new StandardScaler()],
        ['best', new SelectKBest({ k: 2 })],
        ['range', new MinMaxScaler()],
        ['raw', 'passthrough'],
        ['none', 'drop'],
      ],
      { transformerWeights: { scaled: 2.5, range: -1 } },
    );
    const X = rowsOf(iris());
    const fitted = await union.fit(X, iris().y);
    const made = plain(fitted.transform(X)) as number[][];
    closeTo(
      made.filter((_, r) => r % 15 === 0),
      golden.union.rows,
      'rows',
    );
  });

  it.each(golden.targets)('TransformedTargetRegressor $name', async ({ name, coef, predicted, score, scores }) => {
    const all = rowsOf(wine());
    const X = all.map((row) => row.slice(0, -1));
    const y = all.map((row) => row.at(-1)!);
    const model = new TransformedTargetRegressor({ regressor: new Ridge({ alpha: 0.5 }), ...CHANGES[name]() });
    const fitted = await model.fit(X, y);
    // The power is found by a search along a line, to a few digits.
    const close = name === 'power' ? 1e-5 : 1e-9;
    closeTo(plain((fitted.regressor as never as Linear).coef.dataSync()), coef, 'coef', close);
    const some = X.filter((_, r) => r % 9 === 0);
    closeTo(plain(fitted.predict(some)), predicted, 'predict', close);
    closeTo(fitted.score(X, y), score, 'score', close);
    closeTo(plain(await crossValScore(model, X, y, { cv: 4 })), scores, 'cross-validation', close);
  });

  it.each(golden.fixed)('FixedThresholdClassifier $model $options', async ({ model: name, options, predicted }) => {
    const { X, y, model } = await judged(name);
    const fitted = await new FixedThresholdClassifier(model, options).fit(X, y);
    expect(Array.from(fitted.predict(X) as ArrayLike<number>)).toEqual(predicted);
  });

  it.each(golden.tuned)('TunedThresholdClassifierCV $model $options', async (row) => {
    const { X, y, model, close } = await judged(row.model);
    const tuned = new TunedThresholdClassifierCV(model, { ...row.options, storeCvResults: true });
    const fitted = await tuned.fit(X, y);
    closeTo(plain(fitted.cvResults!.scores), row.scores, 'scores', close);
    closeTo(fitted.bestThreshold, row.threshold, 'bestThreshold', close);
    closeTo(fitted.bestScore!, row.score, 'bestScore', close);
    const positives = Array.from(fitted.predict(X) as ArrayLike<number>).filter((v) => v === 1);
    expect(positives.length).toBe(row.positives);
  });
});
