import { readData } from './work';

/** Does the work once; a figure of its quality that all contenders must agree on. */
export type Run = () => Promise<number>;

type Prepare = (folder: string, threads: number) => Promise<Run>;

const first = <T>(values: ArrayLike<T>, n: number): T[] => Array.from({ length: n }, (_, i) => values[i]!);

function samples(folder: string) {
  const { X, y, rows, columns } = readData(folder);
  const matrix = { data: X, shape: [rows, columns] };
  const few = Math.min(rows, 5000);
  const held = { X: { data: X.subarray(0, few * columns), shape: [few, columns] }, y: first(y, few) };
  return { matrix, y, held, rows, columns };
}

/** kompakt's way to do each work, by its kind. */
export const OURS: Readonly<Record<string, Prepare>> = {
  logistic: async (folder) => {
    const { LogisticRegression } = await import('kompakt/linear');
    const { matrix, y, held } = samples(folder);
    return async () => (await new LogisticRegression({ maxIter: 200 }).fit(matrix, y)).score(held.X, held.y);
  },
  smote: async (folder) => {
    const { SMOTE } = await import('kompakt/imbalanced');
    const { matrix, y } = samples(folder);
    return async () => (await new SMOTE({ seed: 1 }).fitResample(matrix, y)).y.length;
  },
  forest: async (folder, threads) => {
    const { RandomForestClassifier } = await import('kompakt/trees');
    const { matrix, y, held } = samples(folder);
    const options = { nEstimators: 100, nJobs: threads, seed: 1 };
    return async () => (await new RandomForestClassifier(options).fit(matrix, y)).score(held.X, held.y);
  },
  boosting: async (folder) => {
    const { HistGradientBoostingClassifier } = await import('kompakt/trees');
    const { matrix, y, held } = samples(folder);
    const options = { maxIter: 100, earlyStopping: false };
    return async () => (await new HistGradientBoostingClassifier(options).fit(matrix, y)).score(held.X, held.y);
  },
  neighbors: async (folder) => {
    const { NearestNeighbors } = await import('kompakt/neighbors');
    const { matrix } = samples(folder);
    return async () => {
      const fitted = await new NearestNeighbors({ nNeighbors: 5 }).fit(matrix);
      const { distances } = fitted.kneighbors(matrix);
      const values = Float64Array.from(distances.dataSync());
      return values.reduce((a, b) => a + b, 0) / values.length;
    };
  },
  votes: async (folder) => {
    const { KNeighborsClassifier } = await import('kompakt/neighbors');
    const { matrix, y } = samples(folder);
    return async () => (await new KNeighborsClassifier().fit(matrix, y)).score(matrix, y);
  },
  tree: async (folder) => {
    const { DecisionTreeClassifier } = await import('kompakt/trees');
    const { matrix, y, held } = samples(folder);
    return async () =>
      (await new DecisionTreeClassifier({ maxDepth: 5, seed: 1 }).fit(matrix, y)).score(held.X, held.y);
  },
  bayes: async (folder) => {
    const { GaussianNB } = await import('kompakt/bayes');
    const { matrix, y, held } = samples(folder);
    return async () => (await new GaussianNB().fit(matrix, y)).score(held.X, held.y);
  },
  kmeans: async (folder) => {
    const { KMeans } = await import('kompakt/cluster');
    const { numpyRandom } = await import('kompakt');
    const { matrix, rows } = samples(folder);
    const options = { nClusters: 8, nInit: 1, seed: numpyRandom(1) };
    return async () => (await new KMeans(options).fit(matrix)).inertia / rows;
  },
  tfidf: async (folder) => {
    const { TfidfVectorizer } = await import('kompakt/text');
    const texts = readData(folder).texts!;
    return async () => {
      const { X } = await new TfidfVectorizer().fitTransform(texts);
      return X.nnz;
    };
  },
};
