import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noise } from '../measure';

/** Samples that everybody is given: float64 `[rows, columns]` and classes. */
export interface Data {
  readonly X: Float64Array;
  readonly y: Int32Array;
  readonly rows: number;
  readonly columns: number;
  /** Instead of X: one text per sample. */
  readonly texts?: readonly string[];
}

/** A piece of work for an estimator. */
export interface Work {
  /** As the children know it. */
  readonly kind: string;
  readonly rows: number;
  readonly columns: number;
  readonly classes?: number;
  /** Share of class 1, where it is rare. */
  readonly rare?: number;
  /** A file of text in the shared data folder. */
  readonly texts?: string;
}

/** Classes that depend on a few of the columns, partly not linearly, with noise: neither trivial nor hopeless. */
export function makeData({ rows, columns, classes = 2, rare }: Work): Data {
  const raw = noise(rows * (columns + 1), rows + columns);
  const X = Float64Array.from({ length: rows * columns }, (_, i) => 3 * raw[i]!);
  const scores = Float64Array.from({ length: rows }, (_, r) => {
    const at = r * columns;
    const bent = X[at + 1]! * X[at + 2]! + Math.sin(2 * X[at + 3]!);
    return X[at]! + 0.5 * X[at + 4]! + 0.7 * bent + 2 * raw[rows * columns + r]!;
  });
  const sorted = scores.toSorted();
  const cuts =
    rare === undefined
      ? Array.from({ length: classes - 1 }, (_, c) => sorted[Math.floor(((c + 1) * rows) / classes)]!)
      : [sorted[Math.floor(rows * (1 - rare))]!];
  const y = Int32Array.from(scores, (s) => cuts.filter((cut) => s >= cut).length);
  return { X, y, rows, columns };
}

export function writeData(folder: string, data: Data): void {
  writeFileSync(join(folder, 'X.f64'), data.X);
  writeFileSync(join(folder, 'y.i32'), data.y);
  const { rows, columns, texts } = data;
  writeFileSync(join(folder, 'data.json'), JSON.stringify({ rows, columns, texts }));
}

export function readData(folder: string): Data {
  const numbers = (name: string): ArrayBuffer => {
    const bytes = readFileSync(join(folder, name));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  };
  const about = JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8')) as Omit<Data, 'X' | 'y'>;
  return { ...about, X: new Float64Array(numbers('X.f64')), y: new Int32Array(numbers('y.i32')) };
}
