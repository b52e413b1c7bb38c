// Scoring payments: frauds are few, and missing one costs more than asking a customer. Boosted trees score, the threshold is
// what costs least on data that the trees have not seen.
import { rng } from 'kompakt';
import { averagePrecisionScore, precisionScore, recallScore, rocAucScore } from 'kompakt/metrics';
import { trainTestSplit } from 'kompakt/model-selection';
import { HistGradientBoostingClassifier } from 'kompakt/trees';
import { choose, say } from './support';

const [MISSED, ASKED] = [120, 4];

/** Payments made up here: amount, hour, distance from home, minutes since the last one, age of the account, kind of shop. */
function payments(count: number, seed: number) {
  const random = rng(seed);
  const X: number[][] = [];
  const y: number[] = [];
  for (let i = 0; i < count; i++) {
    const fraud = random.random() < 0.02;
    const sly = fraud && random.random() < 0.35;
    const odd = fraud && !sly;
    const amount = Math.exp(3.4 + (odd ? 1.1 : 0) + 0.9 * random.gaussian());
    const hour = odd && random.random() < 0.6 ? random.random() * 6 : 7 + 15 * random.random();
    const distance = Math.exp(1 + (odd ? 2.2 : 0) + 1.2 * random.gaussian());
    const since = odd ? 20 * random.random() : -300 * Math.log(1 - random.random());
    const age = fraud ? 300 * random.random() : 2_000 * random.random();
    X.push([amount, hour, distance, random.random() < 0.05 ? Number.NaN : since, age, random.integer(8)]);
    y.push(fraud ? 1 : 0);
  }
  return { X, y };
}

const { X, y } = payments(choose(60_000, 6_000), 5);
const { XTrain: rest, XTest, yTrain: yRest, yTest } = trainTestSplit(X, y, { testSize: 0.25, stratify: true, seed: 1 });
const {
  XTrain,
  XTest: XTune,
  yTrain,
  yTest: yTune,
} = trainTestSplit(rest, yRest, { testSize: 0.25, stratify: true, seed: 2 });
const model = await new HistGradientBoostingClassifier({
  maxIter: choose(150, 30),
  learningRate: 0.08,
  categoricalFeatures: [5],
  classWeight: 'balanced',
  seed: 0,
}).fit(XTrain, yTrain);
const scored = async (rows: number[][]): Promise<number[]> => {
  const p = await model.predictProba(rows).data();
  return rows.map((_, i) => p[2 * i + 1]!);
};

const cost = (truth: readonly number[], scores: readonly number[], threshold: number): number =>
  scores.reduce((sum, s, i) => sum + (s >= threshold ? ASKED : truth[i] === 1 ? MISSED : 0), 0) / truth.length;
const tuning = await scored(XTune);
const thresholds = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
const best = thresholds.reduce((a, b) => (cost(yTune, tuning, b) < cost(yTune, tuning, a) ? b : a));
const scores = await scored(XTest);
const flagged = scores.map((s) => (s >= best ? 1 : 0));
say(
  `ROC-AUC ${rocAucScore(yTest, scores).toFixed(4)}, average precision ${averagePrecisionScore(yTest, scores).toFixed(4)}`,
);
say(
  `threshold ${best.toFixed(2)}: recall ${recallScore(yTest, flagged).toFixed(3)}, precision ${precisionScore(yTest, flagged).toFixed(3)}`,
);
say(
  `cost per payment: asking nobody ${cost(yTest, scores, 2).toFixed(2)}, asking all ${cost(yTest, scores, -1).toFixed(2)}`,
);
say(`cost per payment, by score ${cost(yTest, scores, best).toFixed(4)}`);
