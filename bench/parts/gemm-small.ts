import { matmul } from 'kompakt';
import { fasterThan } from '../bars';
import { compare } from '../compare';
import { noiseOf, OURS, ours, put, sizeOf } from '../ours';
import type { Part } from '../part';
import { JS_PEERS, jsProducts, ortProducts, PRODUCT_PACKAGES } from '../peers/products';
import type { Row } from '../results';

const SHAPES = [
  [16, 16],
  [32, 32],
  [64, 64],
  [64, 64, 64],
];

/** Small and batched matrix products. */
export const gemmSmall: Part = {
  title: 'Matrix product, small and batched',
  about:
    'C = A·B, float32, through the public API of each: the result’s tensor is made and freed in every call. jax-js through ' +
    '`jit`, which is its fast way.',
  packages: PRODUCT_PACKAGES,
  async run({ print }) {
    const rows: Row[] = [];
    for (const shape of SHAPES) {
      const product = { a: noiseOf(shape, 1), b: noiseOf(shape, 2), shapeA: shape, shapeB: shape };
      const [x, y] = [put(product.a, shape), put(product.b, shape)];
      const peers = await jsProducts(product, print);
      const native = await ortProducts(product, 'node', print);
      const n = shape.at(-1)!;
      const work = shape.length === 2 ? `${n} × ${n} × ${n}` : `${shape[0]} of ${n} × ${n} × ${n}`;
      const timings = await compare(work, [ours(() => matmul(x, y)), ...peers.entries, ...native.entries], {
        rounds: 35,
      });
      rows.push({
        work,
        flop: 2 * sizeOf(shape) * n,
        timings,
        bars: fasterThan('small product × best JS peer', 3, timings, { one: OURS, others: JS_PEERS }),
      });
      await peers.close();
      await native.close();
      for (const t of [x, y]) t.dispose();
    }
    return rows;
  },
};
