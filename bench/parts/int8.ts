import { conv2d, matmul, rng, tensor } from 'kompakt';
import { quantizeMultiplier } from '../../src/core/fixed-point';
import { qConv2d, qMatmul } from '../../src/ops/quantized';
import { measure, noise, use } from '../measure';
import type { Part } from '../part';
import { OURS, type Row } from '../report';

const attrs = { inputZeroPoint: 3, outputZeroPoint: -5, qmin: -128, qmax: 127 };

function scales(channels: number) {
  const { multiplier, shift } = quantizeMultiplier(0.003);
  return [0, multiplier, shift].map((v) => tensor(new Int32Array(channels).fill(v))) as [
    ReturnType<typeof tensor>,
    ReturnType<typeof tensor>,
    ReturnType<typeof tensor>,
  ];
}

const int8 = (shape: readonly number[]) =>
  tensor(
    Int8Array.from(
      rng(1).integers(
        shape.reduce((a, b) => a * b, 1),
        256,
      ),
      (v) => v - 128,
    ),
    { shape },
  );

/** The integer layers of quantised models beside the same layers in float32. */
export const integer: Part = {
  title: 'Integer layers',
  about: 'int8 in and out, int32 sums, requantisation included, beside the same layer in float32.',
  packages: [],
  async run() {
    const rows: Row[] = [];
    const geometry = {
      strides: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      dilations: [1, 1],
      groups: 1,
    } as const;
    const xShape = [32, 28, 28, 32] as const;
    const kShape = [3, 3, 32, 64] as const;
    const [x, w] = [int8(xShape), int8(kShape)];
    const [xf, wf] = [xShape, kShape].map((shape) =>
      tensor(noise(shape.reduce((a: number, b) => a * b, 1)), { shape }),
    ) as [ReturnType<typeof tensor>, ReturnType<typeof tensor>];
    const s64 = scales(64);
    rows.push({
      work: 'conv 32×28×28×32 → 64, 3×3',
      flop: 2 * 32 * 28 * 28 * 64 * 288,
      timings: await measure([
        { name: OURS, run: (read) => use(qConv2d(x, w, ...s64, { ...attrs, ...geometry }), read) },
        { name: `${OURS}, float32`, run: (read) => use(conv2d(xf, wf, { padding: 'same' }), read) },
      ]),
    });
    for (const m of [1, 128]) {
      const [a, b] = [int8([m, 784]), int8([784, 512])];
      const [af, bf] = [tensor(noise(m * 784), { shape: [m, 784] }), tensor(noise(784 * 512), { shape: [784, 512] })];
      const s512 = scales(512);
      rows.push({
        work: `dense ${m} × 784 → 512`,
        flop: 2 * m * 784 * 512,
        timings: await measure([
          { name: OURS, run: (read) => use(qMatmul(a, b, ...s512, attrs), read) },
          { name: `${OURS}, float32`, run: (read) => use(matmul(af, bf), read) },
        ]),
      });
    }
    return rows;
  },
};
