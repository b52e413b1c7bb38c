import { conv2d, type Tensor, tensor, vjp } from 'kompakt';
import { type Contender, expectAgreement, measure, noise, use } from '../measure';
import type { Part } from '../part';
import { type TfTensor, tfjs } from '../peers';
import { OURS, type Row } from '../report';

interface Case {
  readonly work: string;
  readonly x: [number, number, number, number];
  readonly kernel: [number, number, number, number];
  readonly strides: number;
}

const CASES: Case[] = [
  { work: '32×28×28×32 → 64, 3×3', x: [32, 28, 28, 32], kernel: [3, 3, 32, 64], strides: 1 },
  { work: '64×28×28×1 → 32, 3×3', x: [64, 28, 28, 1], kernel: [3, 3, 1, 32], strides: 1 },
  { work: '4×112×112×3 → 32, 7×7 stride 2', x: [4, 112, 112, 3], kernel: [7, 7, 3, 32], strides: 2 },
  { work: '16×28×28×64 → 64, 1×1', x: [16, 28, 28, 64], kernel: [1, 1, 64, 64], strides: 1 },
];

/** Convolutions and their gradients. */
export const conv: Part = {
  title: 'Convolution',
  about:
    '`conv2d`, float32, padding "same", channels last; the forward pass beside tfjs-wasm, which has no gradient by the kernel.',
  packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
  async run(print) {
    const tf = await tfjs('wasm');
    if (typeof tf === 'string') print(tf);
    const rows: Row[] = [];
    for (const { work, x: xShape, kernel: kShape, strides } of CASES) {
      const [xData, kData] = [xShape, kShape].map((shape, i) =>
        noise(
          shape.reduce((a, b) => a * b),
          i + 1,
        ),
      ) as [Float32Array, Float32Array];
      const x = tensor(xData, { shape: xShape });
      const k = tensor(kData, { shape: kShape });
      const options = { padding: 'same', strides } as const;
      const ours = (): Tensor => conv2d(x, k, options);
      const contenders: Contender[] = [{ name: OURS, run: (read) => use(ours(), read) }];
      if (typeof tf !== 'string') {
        const [p, q] = [tf.tensor4d(xData, xShape), tf.tensor4d(kData, kShape)];
        const theirs = (): TfTensor => tf.conv2d(p, q, strides, 'same');
        expectAgreement(work, ours().dataSync(), theirs().dataSync());
        contenders.push({ name: 'tfjs-wasm', run: (read) => use(theirs(), read) });
      }
      const [y, pullX] = vjp((t) => conv2d(t, k, options), x);
      const [, pullK] = vjp((t) => conv2d(x, t, options), k);
      const g = tensor(noise(y.size, 3), { shape: y.shape });
      const flop = 2 * y.size * kShape[0] * kShape[1] * kShape[2];
      rows.push({ work, flop, timings: await measure(contenders) });
      rows.push({
        work: `${work}, gradient by the images`,
        flop,
        timings: await measure([{ name: OURS, run: (read) => use(pullX(g)[0], read) }]),
      });
      rows.push({
        work: `${work}, gradient by the kernel`,
        flop,
        timings: await measure([{ name: OURS, run: (read) => use(pullK(g)[0], read) }]),
      });
      for (const t of [x, k, y, g]) t.dispose();
    }
    return rows;
  },
};
