import { compile, conv2d, depthwiseConv2d, matmul, type Tensor } from 'kompakt';
import { quantizeMultiplier } from '../../src/core/fixed-point';
import { type QuantizedConvAttrs, qConv2d, qDepthwiseConv2d, qMatmul } from '../../src/ops/quantized';
import { type Bar, byEngine, fasterThan } from '../bars';
import { compare } from '../compare';
import { type Contender, noise, type Timing } from '../measure';
import { noiseOf, OURS, ours, put, sizeOf } from '../ours';
import type { Part } from '../part';
import { type Convolution, flopOf, outputShape, productsOf, samePadding } from '../peers/convolutions';
import { ATTRIBUTES, type IntegerModel, integerConv, integerDense, scaleOf } from '../peers/integer-graphs';
import { available } from '../peers/load';
import { onnxruntimeWeb, ortEntry } from '../peers/onnxruntime';
import type { Row } from '../results';

const ORT = 'onnxruntime-web, int8';
const OURS_FLOAT = `${OURS}, float32`;

const CONVOLUTIONS: Convolution[] = [
  { shape: [32, 28, 28, 32], kernel: [3, 3, 32, 64], strides: 1, depthwise: false },
  { shape: [8, 56, 56, 64], kernel: [3, 3, 64, 64], strides: 1, depthwise: false },
  { shape: [1, 56, 56, 64], kernel: [1, 1, 64, 128], strides: 1, depthwise: false },
  { shape: [1, 112, 112, 32], kernel: [3, 3, 32, 1], strides: 1, depthwise: true },
];
const DENSE = [
  { m: 1, k: 784, n: 512 },
  { m: 128, k: 784, n: 512 },
  { m: 512, k: 512, n: 512 },
];

/** The integer layers of quantised models beside the same layers in float32, and beside onnxruntime-web's. */
export const integer: Part = {
  title: 'Integer layers, one thread',
  about:
    'Compiled, as layers of a model are, so that weights are packed once: int8 in and out, int32 sums, requantisation ' +
    'included, beside the same layer in float32, compiled as well, and the same graph ' +
    '(QLinearMatMul, QLinearConv) in onnxruntime-web, with uint8 activations, its fast way (int8 ones take it ten times as ' +
    'long); its rounding may differ by one step.',
  packages: ['onnxruntime-web'],
  async run({ print }) {
    const rows: Row[] = [];
    for (const size of DENSE) rows.push(await denseRow(size, print));
    for (const c of CONVOLUTIONS) rows.push(await convRow(c, print));
    return rows;
  },
};

/** Integers over all of int8. */
function int8Of(shape: readonly number[], seed: number): Int8Array {
  return Int8Array.from(noise(sizeOf(shape), seed), (v) => Math.floor(v * 128));
}

/** Bias, multiplier and shift of so many channels. */
function channelScales(channels: number, products: number): [Tensor, Tensor, Tensor] {
  const { multiplier, shift } = quantizeMultiplier(scaleOf(products));
  const [bias, multipliers, shifts] = [0, multiplier, shift].map((v) =>
    put(new Int32Array(channels).fill(v), [channels]),
  );
  return [bias!, multipliers!, shifts!];
}

async function denseRow(
  { m, k, n }: { readonly m: number; readonly k: number; readonly n: number },
  print: (line: string) => void,
): Promise<Row> {
  const [a, b] = [int8Of([m, k], 1), int8Of([k, n], 2)];
  const [x, w, xf, wf] = [
    put(a, [m, k]),
    put(b, [k, n]),
    put(noiseOf([m, k], 3), [m, k]),
    put(noiseOf([k, n], 4), [k, n]),
  ];
  const scales = channelScales(n, k);
  const work = `dense ${m} × ${k} → ${n}`;
  const [quantised, float] = [
    compile((input: Tensor) => qMatmul(input, w, ...scales, ATTRIBUTES)),
    compile((input: Tensor) => matmul(input, wf)),
  ];
  const peer = await peerOf(integerDense(m, k, n, a, b), print);
  const timings = await compare(work, [ours(() => quantised(x)), ...(peer === undefined ? [] : [peer.entry])], {
    tolerance: 1.01 / 128,
    yardsticks: [floatLayer(() => float(xf))],
  });
  await peer?.release();
  for (const t of [quantised, float, x, w, xf, wf, ...scales]) t.dispose();
  return { work, flop: 2 * m * k * n, timings, bars: barsOf(timings) };
}

async function convRow(c: Convolution, print: (line: string) => void): Promise<Row> {
  const [a, b] = [int8Of(c.shape, 1), int8Of(c.kernel, 2)];
  const [x, w] = [put(a, c.shape), put(b, c.kernel)];
  const [xf, wf] = [put(noiseOf(c.shape, 3), c.shape), put(noiseOf(c.kernel, 4), c.kernel)];
  const scales = channelScales(outputShape(c)[3]!, productsOf(c));
  const attributes: QuantizedConvAttrs = {
    ...ATTRIBUTES,
    strides: [c.strides, c.strides],
    padding: samePadding(c) as [[number, number], [number, number]],
    dilations: [1, 1],
    groups: 1,
  };
  const [integers, floats] = c.depthwise ? [qDepthwiseConv2d, depthwiseConv2d] : [qConv2d, conv2d];
  const quantised = compile((images: Tensor) => integers(images, w, ...scales, attributes));
  const float = compile((images: Tensor) => floats(images, wf, { padding: 'same', strides: c.strides }));
  const [kh, kw, , out] = c.kernel;
  const work = `conv ${c.shape.join('×')} ${c.depthwise ? 'depthwise' : `→ ${out},`} ${kh}×${kw}`;
  const peer = await peerOf(integerConv(c, a, b), print);
  const timings = await compare(work, [ours(() => quantised(x)), ...(peer === undefined ? [] : [peer.entry])], {
    tolerance: 1.01 / 128,
    yardsticks: [floatLayer(() => float(xf))],
  });
  await peer?.release();
  for (const t of [quantised, float, x, w, xf, wf, ...scales]) t.dispose();
  return { work, flop: flopOf(c), timings, bars: barsOf(timings) };
}

async function peerOf({ graph, feeds, reorder }: IntegerModel, print: (line: string) => void) {
  const ort = available(await onnxruntimeWeb(), print);
  return ort && ortEntry(ort, graph, feeds, { name: ORT, reorder });
}

/** The same layer on other numbers. */
function floatLayer(compute: () => Tensor): Contender {
  return {
    name: OURS_FLOAT,
    run: compute,
    read: (t) => (t as Tensor).dataSync()[0]!,
    free: (t) => (t as Tensor).dispose(),
  };
}

function barsOf(timings: readonly Timing[]): Bar[] {
  return [
    ...fasterThan('int8 × own float32', byEngine({ node20: 1.8, later: 1.2 }), timings, {
      one: OURS,
      others: [OURS_FLOAT],
    }),
    ...fasterThan('int8 × onnxruntime-web', 1.5, timings, { one: OURS, others: [ORT] }),
  ];
}
