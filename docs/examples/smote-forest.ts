// Class imbalance: one suspicious spot in 43 (mammography). Resampling, class weights and thresholds, with a random forest.
import { RandomUnderSampler, SMOTE } from 'kompakt/imbalanced';
import { averagePrecisionScore, classificationReport, recallScore, rocAucScore } from 'kompakt/metrics';
import { Pipeline, TunedThresholdClassifier, trainTestSplit } from 'kompakt/model-selection';
import { RandomForestClassifier } from 'kompakt/trees';
import { choose, say, sharedFile } from './support';

const lines = new TextDecoder().decode(sharedFile('tabular/mammography.csv.gz')).trim().split(/\r?\n/);
const rows = lines.filter((line) => /^[-\d]/.test(line)).map((line) => line.split(','));
const X = rows.map((row) => row.slice(0, -1).map(Number));
const y = rows.map((row) => (Number(row.at(-1)!.replace(/['"]/g, '')) === 1 ? 1 : 0));
say(`${y.length} spots, ${y.filter((c) => c === 1).length} of them suspicious`);
const { XTrain, XTest, yTrain, yTest } = trainTestSplit(X, y, { testSize: 0.3, stratify: true, seed: 42 });

const forest = (classWeight?: 'balanced') =>
  new RandomForestClassifier({ nEstimators: choose(100, 20), seed: 0, classWeight });
const contenders = {
  'as it is': forest(),
  'class weights': forest('balanced'),
  SMOTE: new Pipeline([
    ['resample', new SMOTE({ seed: 42 })],
    ['classify', forest()],
  ]),
  'fewer of the many': new Pipeline([
    ['resample', new RandomUnderSampler({ seed: 42 })],
    ['classify', forest()],
  ]),
  'tuned threshold': new TunedThresholdClassifier(forest(), { scoring: 'balancedAccuracy' }),
};

say('\n                    recall  ROC-AUC  average precision');
let found = 0;
for (const [name, estimator] of Object.entries(contenders)) {
  const fitted = await (estimator as ReturnType<typeof forest>).fit(XTrain, yTrain);
  const predicted = fitted.predict(XTest);
  const probabilities = await fitted.predictProba(XTest).data();
  const scores = Array.from({ length: yTest.length }, (_, i) => probabilities[2 * i + 1]!);
  const recall = recallScore(yTest, predicted);
  if (name === 'SMOTE') {
    found = recall;
    say(String(classificationReport(yTest, predicted)));
  }
  say(
    `${name.padEnd(18)}  ${recall.toFixed(3)}   ${rocAucScore(yTest, scores).toFixed(3)}    ${averagePrecisionScore(yTest, scores).toFixed(3)}`,
  );
}
say(`\nSMOTE recall ${found.toFixed(4)}`);
