import { matmul } from 'kompakt';
import { fasterThan } from '../bars';
import { compare } from '../compare';
import { OURS, ours, put } from '../ours';
import type { Part } from '../part';
import { ortProducts } from '../peers/products';
import type { Row } from '../results';
import { square } from './gemm';

const SIZES = [512, 768, 1024];
const THREADS = [1, 2];

/** Square matrix products on one thread and on two. */
export const gemmThreads: Part = {
  title: 'Matrix product, threads',
  about:
    'C = A·B, float32, square matrices, on one thread and on two; none of the peers without native code has threads in Node.',
  packages: ['onnxruntime-node'],
  async run({ print }) {
    const rows: Row[] = [];
    for (const n of SIZES) {
      const product = square(n);
      const operands = THREADS.map((threads) => [put(product.a, [n, n], threads), put(product.b, [n, n], threads)]);
      const natives = await Promise.all(
        THREADS.map((threads) =>
          ortProducts(product, 'node', print, { threads, name: `onnxruntime-node, ${threads}` }),
        ),
      );
      const work = `${n} × ${n} × ${n}`;
      const timings = await compare(work, [
        ...operands.map(([x, y], i) => ours(() => matmul(x!, y!), `${OURS}, ${THREADS[i]}`)),
        ...natives.flatMap((native) => native.entries),
      ]);
      const two = `${OURS}, 2`;
      rows.push({
        work,
        flop: 2 * n ** 3,
        timings,
        bars: [
          ...fasterThan('product, two threads × one', 1.8, timings, { one: two, others: [`${OURS}, 1`] }),
          ...fasterThan('product × onnxruntime-node, 1 thread', 0.8, timings, {
            one: `${OURS}, 1`,
            others: ['onnxruntime-node, 1'],
          }),
          ...fasterThan('product × onnxruntime-node, 2 threads', 0.8, timings, {
            one: two,
            others: ['onnxruntime-node, 2'],
          }),
        ],
      });
      for (const native of natives) await native.close();
      for (const t of operands.flat()) t.dispose();
    }
    return rows;
  },
};
