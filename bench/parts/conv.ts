import { conv2d, conv2dTranspose, depthwiseConv2d, type Tensor, vjp } from 'kompakt';
import { fasterThan } from '../bars';
import { compare } from '../compare';
import { noiseOf, OURS, ours, put } from '../ours';
import type { Part } from '../part';
import { CONV_PACKAGES, CONV_PEERS, type Convolution, convolutions, flopOf, outputShape } from '../peers/convolutions';
import type { Row } from '../results';

interface Case extends Convolution {
  readonly barred?: boolean;
  /** Measure its gradients too. */
  readonly gradients?: boolean;
}

const dense = (
  shape: [number, number, number, number],
  kernel: [number, number, number, number],
  more: Partial<Case> = {},
): Case => ({ shape, kernel, strides: 1, depthwise: false, barred: true, ...more });
const depthwise = (height: number, channels: number, strides = 1): Case => ({
  shape: [1, height, height, channels],
  kernel: [3, 3, channels, 1],
  strides,
  depthwise: true,
  barred: strides === 1,
});

const CASES: Case[] = [
  dense([32, 28, 28, 32], [3, 3, 32, 64], { gradients: true }),
  dense([8, 56, 56, 64], [3, 3, 64, 64], { gradients: true }),
  dense([1, 56, 56, 64], [1, 1, 64, 128], { gradients: true }),
  dense([1, 14, 14, 512], [1, 1, 512, 512]),
  depthwise(112, 32),
  depthwise(14, 512),
  depthwise(112, 64, 2),
  dense([1, 224, 224, 3], [3, 3, 3, 32], { strides: 2, barred: false, gradients: true }),
  dense([64, 28, 28, 1], [3, 3, 1, 32], { barred: false, gradients: true }),
  dense([8, 56, 56, 64], [3, 3, 64, 128], { strides: 2, barred: false }),
];

/** Convolutions and their gradients. */
export const conv: Part = {
  title: 'Convolution',
  about:
    'float32, padding "same", one thread, kernels known beforehand to onnxruntime; channels last here and in tfjs, first in ' +
    'onnxruntime, each as it wants them. None of the peers has gradients by the kernel on WebAssembly, so the ' +
    'rows of gradients stand alone. numpy-ts has no convolution, and ' +
    'jax-js takes seconds for the larger ones (a hundred times as long), so both are left out.',
  packages: CONV_PACKAGES,
  async run({ print }) {
    const rows: Row[] = [];
    for (const c of CASES) {
      rows.push(await forward(c, print));
      if (c.gradients === true) rows.push(...(await gradients(c)));
    }
    rows.push(await transposed());
    return rows;
  },
};

function nameOf({ shape, kernel, strides, depthwise: deep }: Convolution): string {
  const [kh, kw, , out] = kernel;
  const what = deep ? `depthwise ${kh}×${kw}` : `→ ${out}, ${kh}×${kw}`;
  return `${shape.join('×')} ${what}${strides === 1 ? '' : ` stride ${strides}`}`;
}

function operands(c: Convolution) {
  const [xData, kData] = [noiseOf(c.shape, 1), noiseOf(c.kernel, 2)];
  const [x, k] = [put(xData, c.shape), put(kData, c.kernel)];
  const convolve = c.depthwise ? depthwiseConv2d : conv2d;
  const apply = (images: Tensor, kernel: Tensor): Tensor =>
    convolve(images, kernel, { padding: 'same', strides: c.strides });
  return { xData, kData, x, k, apply };
}

async function forward(c: Case, print: (line: string) => void): Promise<Row> {
  const { xData, kData, x, k, apply } = operands(c);
  const peers = await convolutions(c, xData, kData, print);
  const work = nameOf(c);
  const timings = await compare(work, [ours(() => apply(x, k)), ...peers.entries], { rounds: 15 });
  await peers.close();
  for (const t of [x, k]) t.dispose();
  const bars =
    c.barred === true ? fasterThan('convolution × best JS peer', 1.5, timings, { one: OURS, others: CONV_PEERS }) : [];
  return { work, flop: flopOf(c), timings, bars };
}

async function gradients(c: Case): Promise<Row[]> {
  const { x, k, apply } = operands(c);
  const g = put(noiseOf(outputShape(c), 3), outputShape(c));
  const [y, byImages] = vjp((t) => apply(t, k), x);
  const [z, byKernel] = vjp((t) => apply(x, t), k);
  const rows: Row[] = [];
  for (const [what, pull] of [
    ['images', byImages],
    ['kernel', byKernel],
  ] as const) {
    const work = `${nameOf(c)}, gradient by the ${what}`;
    rows.push({ work, flop: flopOf(c), timings: await compare(work, [ours(() => pull(g)[0])]) });
  }
  for (const t of [x, k, g, y, z]) t.dispose();
  return rows;
}

async function transposed(): Promise<Row> {
  const [x, k] = [put(noiseOf([8, 28, 28, 64], 1), [8, 28, 28, 64]), put(noiseOf([3, 3, 32, 64], 2), [3, 3, 32, 64])];
  const work = '8×28×28×64 → 32, 3×3 stride 2, transposed';
  const timings = await compare(work, [ours(() => conv2dTranspose(x, k, { strides: 2, padding: 'same' }))]);
  for (const t of [x, k]) t.dispose();
  return { work, flop: 2 * 8 * 28 * 28 * 64 * 9 * 32, timings };
}
