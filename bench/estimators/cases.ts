import type { Work } from './work';

/** A piece of work, its bar, and who does it. */
export interface Case extends Work {
  readonly work: string;
  /** × scikit-learn's time. */
  readonly atMost?: number;
  readonly rounds: number;
  /** How far the figures of quality may be apart, relatively: estimators that draw differ. */
  readonly tolerance: number;
  /** Libraries in JavaScript that do it, with samples few enough for them. */
  readonly peers?: readonly ('ml.js' | 'scikitjs')[];
  /** How far their figures may be from kompakt's, relatively. Beyond that they have done something else. */
  readonly peerTolerance?: number;
  /** Only with --full. */
  readonly long?: boolean;
}

/** Small enough for libraries that take seconds for them; without bars beside scikit-learn, whose calls alone cost some. */
const SMALL: readonly Case[] = [
  { work: 'LogisticRegression, 500 × 10', kind: 'logistic', rows: 500, peers: ['ml.js', 'scikitjs'], rounds: 1 },
  { work: 'RandomForest, 100 trees, 300 × 10', kind: 'forest', rows: 300, peers: ['ml.js'] as const, tolerance: 0.02 },
  { work: 'DecisionTree, depth 5, 1e3 × 10', kind: 'tree', rows: 1000, peers: ['ml.js', 'scikitjs'], tolerance: 0.02 },
  { work: 'KNeighborsClassifier, 1e3 × 10, fit and score', kind: 'votes', rows: 1000, peers: ['ml.js', 'scikitjs'] },
  { work: 'GaussianNB, 5e3 × 10', kind: 'bayes', rows: 5000, peers: ['ml.js', 'scikitjs'] },
  // scikitjs's k-means takes ten seconds for 500 samples.
  { work: 'KMeans, 8 clusters, 1 run, 2e3 × 10', kind: 'kmeans', rows: 2000, peers: ['ml.js'] },
].map((one) => ({
  columns: 10,
  rounds: 3,
  tolerance: 1e-3,
  peerTolerance: 0.03,
  ...one,
  peers: one.peers as ('ml.js' | 'scikitjs')[],
}));

/** Largest last within a kind. */
export const CASES: readonly Case[] = [
  {
    work: 'LogisticRegression, 1e5 × 30',
    kind: 'logistic',
    rows: 100_000,
    columns: 30,
    atMost: 1,
    rounds: 9,
    tolerance: 1e-3,
  },
  {
    work: 'LogisticRegression, 1e6 × 10',
    kind: 'logistic',
    rows: 1_000_000,
    columns: 10,
    atMost: 1,
    rounds: 5,
    tolerance: 1e-3,
  },
  {
    work: 'LogisticRegression, 2e4 × 64, 10 classes',
    kind: 'logistic',
    rows: 20_000,
    columns: 64,
    classes: 10,
    atMost: 1,
    rounds: 5,
    tolerance: 1e-2,
  },
  {
    work: 'SMOTE, 5e4 of 1.5e5 × 10',
    kind: 'smote',
    rows: 150_000,
    columns: 10,
    rare: 1 / 3,
    atMost: 0.7,
    rounds: 3,
    tolerance: 0,
  },
  {
    work: 'SMOTE, 5e4 of 1.5e5 × 30',
    kind: 'smote',
    rows: 150_000,
    columns: 30,
    rare: 1 / 3,
    atMost: 0.7,
    rounds: 1,
    tolerance: 0,
    long: true,
  },
  {
    work: 'RandomForest, 100 trees, 2e3 × 10',
    kind: 'forest',
    rows: 2000,
    columns: 10,
    atMost: 1,
    rounds: 5,
    tolerance: 0.02,
  },
  {
    work: 'RandomForest, 100 trees, 2e4 × 30',
    kind: 'forest',
    rows: 20_000,
    columns: 30,
    atMost: 1,
    rounds: 3,
    tolerance: 0.02,
  },
  {
    work: 'RandomForest, 100 trees, 1e5 × 30',
    kind: 'forest',
    rows: 100_000,
    columns: 30,
    atMost: 1,
    rounds: 1,
    tolerance: 0.02,
    long: true,
  },
  {
    work: 'HistGradientBoosting, 1e5 × 30',
    kind: 'boosting',
    rows: 100_000,
    columns: 30,
    atMost: 1.3,
    rounds: 5,
    tolerance: 0.01,
  },
  {
    work: 'HistGradientBoosting, 1e6 × 10',
    kind: 'boosting',
    rows: 1_000_000,
    columns: 10,
    atMost: 1.3,
    rounds: 2,
    tolerance: 0.01,
  },
  {
    work: '5 nearest of 1e3 × 10, each',
    kind: 'neighbors',
    rows: 1000,
    columns: 10,
    atMost: 1,
    rounds: 5,
    tolerance: 1e-9,
  },
  {
    work: '5 nearest of 1e5 × 3, each',
    kind: 'neighbors',
    rows: 100_000,
    columns: 3,
    atMost: 1,
    rounds: 3,
    tolerance: 1e-9,
  },
  {
    work: '5 nearest of 2e4 × 10, each',
    kind: 'neighbors',
    rows: 20_000,
    columns: 10,
    atMost: 1,
    rounds: 3,
    tolerance: 1e-9,
  },
  {
    work: '5 nearest of 1e4 × 64, each',
    kind: 'neighbors',
    rows: 10_000,
    columns: 64,
    atMost: 1,
    rounds: 3,
    // scikit-learn compares all by ‖q‖² + ‖r‖² − 2 q·r, so that a sample is about 1e-7 from itself instead of 0.
    tolerance: 1e-7,
  },
  {
    work: 'TF-IDF of the SMS set',
    kind: 'tfidf',
    rows: 1,
    columns: 5,
    texts: 'text/sms.tsv.gz',
    atMost: 1,
    rounds: 9,
    tolerance: 0,
  },
  ...SMALL,
];
