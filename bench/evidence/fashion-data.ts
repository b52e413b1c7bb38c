import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Images in [0, 1] as `[n, 28, 28, 1]`, and their classes. */
export interface ImageSet {
  readonly x: { readonly data: Float32Array; readonly shape: number[] };
  readonly y: Int32Array;
}

/** Where Debian's package dataset-fashion-mnist puts the full set. */
const FULL = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist';

/** Fashion-MNIST: 60,000 and 10,000 images, or fewer of each (the first ones). */
export function fashion(trainCount = 60_000, testCount = 10_000): { train: ImageSet; test: ImageSet } {
  if (!existsSync(join(FULL, 'train-images-idx3-ubyte.gz'))) {
    throw new Error(
      `Fashion-MNIST is not in ${FULL}. Install Debian's dataset-fashion-mnist, or set FASHION_MNIST to a folder with the four idx files.`,
    );
  }
  return { train: load('train', trainCount), test: load('t10k', testCount) };
}

function load(name: string, count: number): ImageSet {
  const images = idx(`${name}-images-idx3-ubyte.gz`, 16);
  const labels = idx(`${name}-labels-idx1-ubyte.gz`, 8);
  const n = Math.min(count, labels.length);
  return {
    x: { data: Float32Array.from(images.subarray(0, n * 784), (v) => v / 255), shape: [n, 28, 28, 1] },
    y: Int32Array.from(labels.subarray(0, n)),
  };
}

const idx = (file: string, header: number): Uint8Array => gunzipSync(readFileSync(join(FULL, file))).subarray(header);

/** Rows `from` to `to` of a set. */
export function rows({ x, y }: ImageSet, from: number, to: number): ImageSet {
  const size = 784;
  return {
    x: { data: x.data.subarray(from * size, to * size), shape: [to - from, 28, 28, 1] },
    y: y.subarray(from, to),
  };
}
