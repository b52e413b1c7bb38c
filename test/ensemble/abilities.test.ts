import { expect, it } from 'vitest';
import { GaussianNB } from '../../src/bayes/index';
import { BaggingClassifier } from '../../src/ensemble/index';
import { abilitiesOf } from '../../src/estimator/abilities';
import { DecisionTreeClassifier } from '../../src/trees/index';

const X = [[0], [1], [2], [5], [6], [7]];
const y = [0, 0, 0, 1, 1, 1];

it('an estimator that checks weights before its options is not given a seed', async () => {
  expect(await abilitiesOf(new GaussianNB(), X, y, 6)).toEqual({ seed: false, weights: true });
  expect(await abilitiesOf(new DecisionTreeClassifier(), X, y, 6)).toEqual({ seed: true, weights: true });
  const model = await new BaggingClassifier({ estimator: new GaussianNB(), nEstimators: 5, seed: 1 }).fit(X, y);
  expect(model.predict([[1], [6]])).toEqual([0, 1]);
});
