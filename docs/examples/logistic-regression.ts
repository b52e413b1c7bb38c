// Fighting overfitting with L2 and L1: a linear classifier on real measurements of tumours.
import { breastCancer } from 'kompakt/data';
import { LogisticRegression } from 'kompakt/linear';
import { accuracyScore, rocAucScore } from 'kompakt/metrics';
import { crossValScore, Pipeline, StratifiedKFold, trainTestSplit } from 'kompakt/model-selection';
import { StandardScaler } from 'kompakt/preprocessing';
import { percent, say } from './support';

const { X, y } = breastCancer();
const { XTrain, XTest, yTrain, yTest } = trainTestSplit(X, y, { testSize: 0.25, stratify: true, seed: 42 });

say('penalty  C      cross-validated  test   ROC-AUC  weights left');
let best = { mean: 0, test: 0 };
for (const penalty of ['l2', 'l1'] as const) {
  for (const C of [0.01, 0.1, 1, 100]) {
    const pipeline = new Pipeline([
      ['scale', new StandardScaler()],
      [
        'classify',
        new LogisticRegression({ penalty, C, solver: penalty === 'l1' ? 'liblinear' : 'lbfgs', maxIter: 1000 }),
      ],
    ]);
    const scores = await crossValScore(pipeline, XTrain, yTrain, {
      cv: new StratifiedKFold({ nSplits: 5, shuffle: true, seed: 0 }),
    });
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    const fitted = await pipeline.fit(XTrain, yTrain);
    const test = accuracyScore(yTest, fitted.predict(XTest));
    const area = rocAucScore(yTest, Array.from(await fitted.decisionFunction(XTest).data()));
    const weights = (fitted.steps.at(-1)![1] as unknown as { coef: { dataSync(): Float64Array } }).coef.dataSync();
    const left = weights.filter((w) => w !== 0).length;
    say(
      `${penalty}       ${String(C).padEnd(5)}  ${percent(mean).padEnd(15)}  ${percent(test)}  ${area.toFixed(4)}  ${left} of ${weights.length}`,
    );
    if (mean > best.mean) best = { mean, test };
  }
}
say(`\nchosen by cross-validation: test accuracy ${best.test.toFixed(4)}`);
