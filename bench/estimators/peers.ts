import { importPackage } from '../peers/load';
import type { Run } from './ours';
import { readData } from './work';

type Prepare = (folder: string) => Promise<Run>;

interface Predicts {
  predict(rows: readonly number[][]): number[];
}

function nested(folder: string): { X: number[][]; y: number[]; accuracy: (model: Predicts) => number } {
  const { X, y, rows, columns } = readData(folder);
  const lines = Array.from({ length: rows }, (_, r) => Array.from(X.subarray(r * columns, (r + 1) * columns)));
  const few = Math.min(rows, 5000);
  return {
    X: lines,
    y: Array.from(y),
    accuracy: (model) => {
      const predicted = model.predict(lines.slice(0, few));
      return predicted.filter((v, i) => v === y[i]).length / few;
    },
  };
}

/** ml.js's way, where it has one. */
export const ML: Readonly<Record<string, Prepare>> = {
  forest: async (folder) => {
    const { RandomForestClassifier } = (await importPackage('ml-random-forest')) as {
      RandomForestClassifier: new (options: object) => Predicts & { train(X: number[][], y: number[]): void };
    };
    const { X, y, accuracy } = nested(folder);
    const options = { nEstimators: 100, maxFeatures: Math.floor(Math.sqrt(X[0]!.length)), seed: 1 };
    return async () => {
      const model = new RandomForestClassifier(options);
      model.train(X, y);
      return accuracy(model);
    };
  },
  neighbors: async (folder) => {
    const { default: KNN } = (await importPackage('ml-knn')) as {
      default: new (X: number[][], y: number[], options: object) => Predicts;
    };
    const { X, y } = nested(folder);
    return async () => new KNN(X, y, { k: 5 }).predict(X).length;
  },
};
