import { conv2d, conv2dTranspose, depthwiseConv2d, type Tensor, vjp } from 'kompakt';
import { fasterThan } from '../bars';
import { compare, type Entry } from '../compare';
import { noiseOf, OURS, ours, put } from '../ours';
import type { Part } from '../part';
import { CONV_PACKAGES, CONV_PEERS, type Convolution, convolutions, flopOf, outputShape } from '../peers/convolutions';
import { available } from '../peers/load';
import { tfjs, tfjsEntry } from '../peers/tfjs';
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
    'onnxruntime, each as it wants them. Gradients by the images and transposed convolutions stand beside tfjs, whose ' +
    '`conv2dTranspose` is both; gradients by the kernel stand alone, as none of the peers has them on WebAssembly. ' +
    'Other convolutions are in the part of the other kernels. numpy-ts has no convolution, and ' +
    'jax-js takes seconds for the larger ones (a hundred times as long), so both are left out.',
  packages: CONV_PACKAGES,
  async run({ print }) {
    const rows: Row[] = [];
    for (const c of CASES) {
      rows.push(await forward(c, print));
      if (c.gradients === true) rows.push(...(await gradients(c, print)));
    }
    rows.push(await transposed(print));
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

type Print = (line: string) => void;

async function gradients(c: Case, print: Print): Promise<Row[]> {
  const { kData, x, k, apply } = operands(c);
  const slope = { data: noiseOf(outputShape(c), 3), shape: outputShape(c) };
  const g = put(slope.data, slope.shape);
  const peer = await tfjsTransposed(
    slope,
    { data: kData, shape: c.kernel },
    { shape: c.shape, strides: c.strides },
    print,
  );
  const [y, byImages] = vjp((t) => apply(t, k), x);
  const [z, byKernel] = vjp((t) => apply(x, t), k);
  const rows: Row[] = [];
  for (const [what, pull, peers] of [
    ['images', byImages, peer.entries],
    ['kernel', byKernel, []],
  ] as const) {
    const work = `${nameOf(c)}, gradient by the ${what}`;
    rows.push({
      work,
      flop: flopOf(c),
      timings: await compare(work, [ours(() => pull(g)[0]), ...peers], { rounds: 9 }),
    });
  }
  peer.close();
  for (const t of [x, k, g, y, z]) t.dispose();
  return rows;
}

async function transposed(print: Print): Promise<Row> {
  const images = { data: noiseOf([8, 28, 28, 64], 1), shape: [8, 28, 28, 64] };
  const kernel = { data: noiseOf([3, 3, 32, 64], 2), shape: [3, 3, 32, 64] };
  const [x, k] = [put(images.data, images.shape), put(kernel.data, kernel.shape)];
  const work = '8×28×28×64 → 32, 3×3 stride 2, transposed';
  const peer = await tfjsTransposed(images, kernel, { shape: [8, 56, 56, 32], strides: 2 }, print);
  const own = ours(() => conv2dTranspose(x, k, { strides: 2, padding: 'same' }));
  const timings = await compare(work, [own, ...peer.entries], { rounds: 9 });
  peer.close();
  for (const t of [x, k]) t.dispose();
  return { work, flop: 2 * 8 * 28 * 28 * 64 * 9 * 32, timings };
}

interface Floats {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** tfjs's way from the results of a convolution to images of a shape. */
async function tfjsTransposed(
  results: Floats,
  kernel: Floats,
  to: { readonly shape: readonly number[]; readonly strides: number },
  print: Print,
): Promise<{ readonly entries: readonly Entry[]; close(): void }> {
  const tf = available(await tfjs('wasm'), print);
  if (tf === undefined) return { entries: [], close: () => {} };
  const [g, k] = [tf.tensor(results.data, results.shape), tf.tensor(kernel.data, kernel.shape)];
  const entry = tfjsEntry(() => tf.conv2dTranspose(g, k, to.shape, to.strides, 'same'));
  return { entries: [entry], close: () => [g, k].forEach((t) => t.dispose()) };
}
