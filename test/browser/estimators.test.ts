import { describe, expect, it } from 'vitest';
import { breastCancer, iris, parseCSV } from '../../src/data/index';
import { SMOTE } from '../../src/imbalanced/index';
import { LogisticRegression } from '../../src/linear/index';
import { makePipeline } from '../../src/model-selection/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { OneHotEncoder, StandardScaler } from '../../src/preprocessing/index';
import { TfidfVectorizer } from '../../src/text/index';
import { HistGradientBoostingClassifier, RandomForestClassifier } from '../../src/trees/index';

describe('estimators in a browser', () => {
  it('grow the same forest on threads as without', async () => {
    const { X, y } = breastCancer();
    const grow = (nJobs: number) =>
      new RandomForestClassifier({ nEstimators: 150, maxDepth: 4, nJobs, seed: 2 }).fit(X, y);
    const [one, two] = [await grow(1), await grow(2)];
    expect(two.trees).toEqual(one.trees);
  });

  it('grow scikit-learn’s forest', async () => {
    const { X, y } = iris();
    const forest = await new RandomForestClassifier({ nEstimators: 20, oobScore: true, seed: numpyRandom(0) }).fit(
      X,
      y,
    );
    // scikit-learn 1.2.1, random_state=0; see test/fixtures/trees.
    expect(forest.trees.length).toBe(20);
    expect(forest.oobScore).toBeCloseTo(0.9666666666666667, 12);
  });

  it('go from a table to a score', async () => {
    const { X, y } = iris();
    const pipeline = makePipeline(new StandardScaler(), new SMOTE({ seed: 0 }), new LogisticRegression());
    expect((await pipeline.fit(X, y)).score(X, y)).toBeGreaterThan(0.95);
    expect((await new HistGradientBoostingClassifier({ maxIter: 10 }).fit(X, y)).score(X, y)).toBeGreaterThan(0.95);
    const table = await parseCSV('town,n\nRiga,1\nPau,2\n');
    expect((await new OneHotEncoder().fit(table.select(['town']))).categories[0]).toEqual(['Pau', 'Riga']);
    const { X: tfidf } = await new TfidfVectorizer().fitTransform(['the cat', 'a dog and the cat']);
    expect(tfidf.shape).toEqual([2, 4]);
  });
});
