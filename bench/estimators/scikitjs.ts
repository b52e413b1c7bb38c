import { requirePackage } from '../peers/load';
import type { Run } from './ours';
import { readData } from './work';

interface Values {
  arraySync(): number[] | number[][];
  dispose(): void;
}

interface Model {
  fit(X: number[][], y: number[]): Promise<unknown> | unknown;
  predict(X: number[][]): Values | ArrayLike<number>;
  readonly classes?: Values;
}

interface Scikit {
  setBackend(tf: unknown): void;
  readonly [name: string]: unknown;
}

function load(): Scikit {
  const sk = requirePackage('scikitjs') as Scikit;
  sk.setBackend(requirePackage('@tensorflow/tfjs'));
  return sk;
}

function nested(folder: string): { X: number[][]; y: number[] } {
  const { X, y, rows, columns } = readData(folder);
  const lines = Array.from({ length: rows }, (_, r) => Array.from(X.subarray(r * columns, (r + 1) * columns)));
  return { X: lines, y: Array.from(y) };
}

/** Predictions, of which classes may come one-hot or as numbers. */
function listOf(predicted: Values | ArrayLike<number>): number[] {
  const values = 'arraySync' in predicted ? predicted.arraySync() : Array.from(predicted);
  return (values as (number | number[])[]).map((v) => (Array.isArray(v) ? v.indexOf(Math.max(...v)) : v));
}

const FEW = 5000;

/** What the numbers of `listOf` mean: GaussianNB predicts positions among its classes, which are in the order of their first sample. */
function labelsOf(model: Model, predicted: number[]): number[] {
  const classes = model.classes?.arraySync() as number[] | undefined;
  return classes === undefined ? predicted : predicted.map((position) => classes[position]!);
}

const classifier =
  (name: string, options: object, isByPosition = false) =>
  async (folder: string): Promise<Run> => {
    const Class = load()[name] as new (options: object) => Model;
    const { X, y } = nested(folder);
    return async () => {
      const model = new Class(options);
      await model.fit(X, y);
      const numbers = listOf(model.predict(X.slice(0, FEW)));
      const predicted = isByPosition ? labelsOf(model, numbers) : numbers;
      return predicted.filter((v, i) => v === y[i]).length / predicted.length;
    };
  };

/** scikitjs's way, where it has one, on the plain JavaScript backend of TensorFlow.js, its only one without native code. */
export const SCIKITJS: Readonly<Record<string, (folder: string) => Promise<Run>>> = {
  logistic: classifier('LogisticRegression', {}),
  votes: classifier('KNeighborsClassifier', { nNeighbors: 5 }),
  tree: classifier('DecisionTreeClassifier', { maxDepth: 5 }),
  bayes: classifier('GaussianNB', {}, true),
  kmeans: async (folder) => {
    const Class = load().KMeans as new (options: object) => Model;
    const { X, y } = nested(folder);
    return async () => {
      const model = new Class({ nClusters: 8, nInit: 1, randomState: 1 });
      await model.fit(X, y);
      const centres = (model as unknown as { clusterCenters: Values }).clusterCenters.arraySync() as number[][];
      const nearest = (row: number[]): number =>
        Math.min(...centres.map((centre) => centre.reduce((sum, v, c) => sum + (v - row[c]!) ** 2, 0)));
      return X.reduce((sum, row) => sum + nearest(row), 0) / X.length;
    };
  },
};
