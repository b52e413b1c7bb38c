import { matmul, tensor } from 'kompakt';
import { type Contender, expectAgreement, measure, noise } from '../measure';
import type { Part } from '../part';
import { tfjs } from '../peers';
import { OURS, type Row } from '../report';

const SIZES = [64, 128, 256, 384, 512, 768, 1024];

/** Square matrix products of float32. */
export const gemm: Part = {
  title: 'Matrix product',
  about: 'C = A·B, float32, square matrices; the product and reading the result.',
  packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
  async run(print) {
    const tf = await tfjs('wasm');
    if (typeof tf === 'string') print(tf);
    const rows: Row[] = [];
    for (const n of SIZES) {
      const [a, b] = [noise(n * n, 1), noise(n * n, 2)];
      const [x, y] = [a, b].map((data) => tensor(data, { shape: [n, n] })) as [
        ReturnType<typeof tensor>,
        ReturnType<typeof tensor>,
      ];
      const ours = (): Float32Array => {
        const z = matmul(x, y);
        const values = z.dataSync() as Float32Array;
        z.dispose();
        return values;
      };
      const contenders: Contender[] = [{ name: OURS, run: () => ours()[n]! }];
      if (typeof tf !== 'string') {
        const [p, q] = [tf.tensor2d(a, [n, n]), tf.tensor2d(b, [n, n])];
        const theirs = (): ArrayLike<number> => {
          const z = tf.matMul(p, q);
          const values = z.dataSync();
          z.dispose();
          return values;
        };
        expectAgreement(`matmul ${n}`, ours(), theirs());
        contenders.push({ name: 'tfjs-wasm', run: () => theirs()[n]! });
      }
      rows.push({ work: `${n} × ${n} × ${n}`, flop: 2 * n ** 3, timings: await measure(contenders) });
      x.dispose();
      y.dispose();
    }
    return rows;
  },
};
