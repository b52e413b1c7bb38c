import { matmul, type Tensor } from 'kompakt';
import { byEngine, fasterThan } from '../bars';
import { compare } from '../compare';
import { noiseOf, OURS, ours, put } from '../ours';
import type { Part } from '../part';
import { PEAK, peakOf } from '../peak';
import { JS_PEERS, jsProducts, ortProducts, PRODUCT_PACKAGES, type Product } from '../peers/products';
import type { Row } from '../results';

const SIZES = [256, 384, 512, 768, 1024];
const PEAK_OF = { one: OURS, others: [PEAK] };

export function square(n: number): Product {
  return { a: noiseOf([n, n], 1), b: noiseOf([n, n], 2), shapeA: [n, n], shapeB: [n, n] };
}

/** Square matrix products of float32 on one thread. */
export const gemm: Part = {
  title: 'Matrix product, one thread',
  about:
    'C = A·B, float32, square matrices. The bar compares with the best of the peers without native code; onnxruntime-node ' +
    'is native code with vectors as wide as the machine has, WebAssembly’s are of 128 bits. The last column is ' +
    'how long as many operations take a microkernel whose operands stay in the first-level cache, the best of several ' +
    'tiles: what packing, blocking and memory cost is the difference.',
  packages: PRODUCT_PACKAGES,
  async run({ print }) {
    const rows: Row[] = [];
    for (const n of SIZES) {
      const product = square(n);
      const [x, y] = [put(product.a, [n, n]), put(product.b, [n, n])] as [Tensor, Tensor];
      const peers = await jsProducts(product, print);
      const native = await ortProducts(product, 'node', print);
      const work = `${n} × ${n} × ${n}`;
      const flop = 2 * n ** 3;
      const timings = await compare(work, [ours(() => matmul(x, y)), ...peers.entries, ...native.entries], {
        yardsticks: [peakOf(flop)],
      });
      rows.push({
        work,
        flop,
        timings,
        bars: [
          ...fasterThan('product × best JS peer', byEngine({ node20: 1.15, later: 1.6 }), timings, {
            one: OURS,
            others: JS_PEERS,
          }),
          ...byEngine({ node20: [], later: fasterThan('of the microkernel’s peak', 0.8, timings, PEAK_OF) }),
        ],
      });
      await peers.close();
      await native.close();
      x.dispose();
      y.dispose();
    }
    return rows;
  },
};
