import { breastCancer } from '../../data/index';
import { SMOTE } from '../../imbalanced/index';
import { LogisticRegression } from '../../linear/index';
import { f1Score, precisionScore, recallScore, rocAucScore } from '../../metrics/index';
import { trainTestSplit } from '../../model-selection/index';

export interface TabularRow {
  readonly method: string;
  readonly recall: number;
  readonly precision: number;
  readonly f1: number;
  readonly rocAuc: number;
}

export interface TabularResult {
  readonly trainCounts: readonly [benign: number, malignant: number];
  readonly testCounts: readonly [benign: number, malignant: number];
  readonly rows: readonly TabularRow[];
}

const MALIGNANT = 1;

/** The breast cancer set with all benign cases and few malignant ones: rare is what screening data looks like. */
function imbalanced(malignantCases: number): { X: number[][]; y: number[] } {
  const { X, y } = breastCancer();
  const features = X.shape[1]!;
  const rows: number[][] = [];
  const labels: number[] = [];
  let malignant = 0;
  for (let i = 0; i < y.length; i++) {
    // In the original data 0 is malignant; here it is the positive class.
    const label = y[i] === 0 ? MALIGNANT : 0;
    if (label === MALIGNANT && malignant++ >= malignantCases) continue;
    rows.push(Array.from(X.data.subarray(i * features, (i + 1) * features)));
    labels.push(label);
  }
  return { X: rows, y: labels };
}

/** Columns to mean 0 and deviation 1, as the training rows have it. */
function standardised(train: number[][], test: number[][]): [number[][], number[][]] {
  const columns = train[0]!.map((_, c) => train.map((r) => r[c]!));
  const means = columns.map((v) => v.reduce((a, b) => a + b, 0) / v.length);
  const deviations = columns.map((v, c) => Math.sqrt(v.reduce((a, b) => a + (b - means[c]!) ** 2, 0) / v.length) || 1);
  const scale = (rows: number[][]): number[][] => rows.map((r) => r.map((x, c) => (x - means[c]!) / deviations[c]!));
  return [scale(train), scale(test)];
}

const count = (y: readonly number[], label: number): number => y.filter((v) => v === label).length;

/** Logistic regression on rare cases: as is, with SMOTE, and with class weights, measured on held-out rows. */
export async function tabularDemo(): Promise<TabularResult> {
  const { X, y } = imbalanced(40);
  const split = trainTestSplit(X, y, { testSize: 0.5, stratify: true, seed: 7 });
  const { yTrain, yTest } = split;
  const [train, test] = standardised(split.XTrain, split.XTest);
  const over = await new SMOTE({ seed: 1 }).fitResample(train, yTrain);
  const cases = [
    { method: 'as it is', X: train, y: yTrain, options: {} },
    { method: 'with SMOTE', X: over.X, y: over.y, options: {} },
    { method: 'with class weights', X: train, y: yTrain, options: { classWeight: 'balanced' } as const },
  ];
  const rows: TabularRow[] = [];
  for (const { method, X: rowsIn, y: labels, options } of cases) {
    const fitted = await new LogisticRegression({ C: 0.01, maxIter: 1000, ...options }).fit(rowsIn, labels);
    const predicted = fitted.predict(test);
    rows.push({
      method,
      recall: recallScore(yTest, predicted),
      precision: precisionScore(yTest, predicted),
      f1: f1Score(yTest, predicted),
      rocAuc: rocAucScore(yTest, fitted.decisionFunction(test)),
    });
  }
  return {
    trainCounts: [count(yTrain, 0), count(yTrain, MALIGNANT)],
    testCounts: [count(yTest, 0), count(yTest, MALIGNANT)],
    rows,
  };
}
