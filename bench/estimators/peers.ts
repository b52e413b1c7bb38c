import { importPackage } from '../peers/load';
import type { Run } from './ours';
import { readData } from './work';

type Prepare = (folder: string) => Promise<Run>;

interface Predicts {
  predict(rows: readonly number[][]): number[];
}

interface Trains extends Predicts {
  train(X: number[][], y: number[]): void;
}

function nested(folder: string): { X: number[][]; y: number[]; accuracy: (predicted: ArrayLike<number>) => number } {
  const { X, y, rows, columns } = readData(folder);
  const lines = Array.from({ length: rows }, (_, r) => Array.from(X.subarray(r * columns, (r + 1) * columns)));
  return {
    X: lines,
    y: Array.from(y),
    accuracy: (predicted) => Array.from(predicted).filter((v, i) => v === y[i]).length / Math.max(1, predicted.length),
  };
}

/** The first samples, which judge. */
const FEW = 5000;

/** A model with `train` and `predict`. */
const trained =
  (name: string, make: (pkg: Record<string, new (options?: object) => Trains>, columns: number) => Trains): Prepare =>
  async (folder) => {
    const pkg = (await importPackage(name)) as Record<string, new (options?: object) => Trains>;
    const { X, y, accuracy } = nested(folder);
    return async () => {
      const model = make(pkg, X[0]!.length);
      model.train(X, y);
      return accuracy(model.predict(X.slice(0, FEW)));
    };
  };

interface MatrixClass {
  new (rows: number[][]): object;
  columnVector(values: number[]): object;
}

/** ml.js's way, where it has one. */
export const ML: Readonly<Record<string, Prepare>> = {
  forest: trained(
    'ml-random-forest',
    ({ RandomForestClassifier }, columns) =>
      new RandomForestClassifier!({ nEstimators: 100, maxFeatures: Math.floor(Math.sqrt(columns)), seed: 1 }),
  ),
  tree: trained('ml-cart', ({ DecisionTreeClassifier }) => new DecisionTreeClassifier!({ maxDepth: 5 })),
  bayes: trained('ml-naivebayes', ({ GaussianNB }) => new GaussianNB!()),
  votes: async (folder) => {
    const { default: KNN } = (await importPackage('ml-knn')) as {
      default: new (X: number[][], y: number[], options: object) => Predicts;
    };
    const { X, y, accuracy } = nested(folder);
    return async () => accuracy(new KNN(X, y, { k: 5 }).predict(X));
  },
  logistic: async (folder) => {
    const { Matrix } = (await importPackage('ml-matrix')) as { Matrix: MatrixClass };
    const found = (await importPackage('ml-logistic-regression')) as Record<string, unknown>;
    const Model = (found.LogisticRegression ?? found.default) as new (
      options: object,
    ) => { train(X: object, y: object): void; predict(X: object): ArrayLike<number> };
    const { X, y, accuracy } = nested(folder);
    const [samples, labels] = [new Matrix(X), Matrix.columnVector(y)];
    return async () => {
      const model = new Model({ numSteps: 1000, learningRate: 5e-3 });
      model.train(samples, labels);
      return accuracy(model.predict(samples));
    };
  },
  kmeans: async (folder) => {
    const { kmeans } = (await importPackage('ml-kmeans')) as {
      kmeans(
        X: number[][],
        k: number,
        options: object,
      ): { computeInformation(X: number[][]): { error: number; size: number }[] };
    };
    const { X } = nested(folder);
    const options = { initialization: 'kmeans++', seed: 1, maxIterations: 300 };
    return async () => {
      const parts = kmeans(X, 8, options).computeInformation(X);
      return parts.reduce((sum, { error, size }) => sum + error * size, 0) / X.length;
    };
  },
};
