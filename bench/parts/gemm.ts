import { matmul, type Tensor, tensor } from 'kompakt';
import { type Contender, expectAgreement, measure, noise, use } from '../measure';
import type { Part } from '../part';
import { type TfTensor, tfjs } from '../peers';
import { OURS, type Row } from '../report';

const SIZES = [64, 128, 256, 384, 512, 768, 1024];

/** Square matrix products of float32. */
export const gemm: Part = {
  title: 'Matrix product',
  about: 'C = A·B, float32, square matrices; one result in every round is read.',
  packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
  async run(print) {
    const tf = await tfjs('wasm');
    if (typeof tf === 'string') print(tf);
    const rows: Row[] = [];
    for (const n of SIZES) {
      const [a, b] = [noise(n * n, 1), noise(n * n, 2)];
      const [x, y] = [a, b].map((data) => tensor(data, { shape: [n, n] })) as [Tensor, Tensor];
      const ours = (): Tensor => matmul(x, y);
      const contenders: Contender[] = [{ name: OURS, run: (read) => use(ours(), read) }];
      if (typeof tf !== 'string') {
        const [p, q] = [tf.tensor2d(a, [n, n]), tf.tensor2d(b, [n, n])];
        const theirs = (): TfTensor => tf.matMul(p, q);
        expectAgreement(`matmul ${n}`, ours().dataSync(), theirs().dataSync());
        contenders.push({ name: 'tfjs-wasm', run: (read) => use(theirs(), read) });
      }
      rows.push({ work: `${n} × ${n} × ${n}`, flop: 2 * n ** 3, timings: await measure(contenders) });
      x.dispose();
      y.dispose();
    }
    return rows;
  },
};
