import type { Entry } from '../compare';
import type { OnnxGraph } from '../onnx';
import { sizeOf } from '../ours';
import { permute, TO_CHANNELS_FIRST, TO_CHANNELS_LAST, TO_OIHW } from './layout';
import { available } from './load';
import { onnxruntimeNode, onnxruntimeWeb, ortEntry } from './onnxruntime';
import { type Contest, closeAll } from './products';
import { TFJS_PACKAGES, tfjs, tfjsEntry } from './tfjs';

export const CONV_PEERS = ['tfjs-wasm', 'onnxruntime-web'];
export const CONV_PACKAGES = [...TFJS_PACKAGES, 'onnxruntime-web', 'onnxruntime-node'];

/** A convolution with padding "same"; a depthwise one has a kernel `[kh, kw, channels, 1]`. */
export interface Convolution {
  readonly shape: readonly [number, number, number, number];
  readonly kernel: readonly [number, number, number, number];
  readonly strides: number;
  readonly depthwise: boolean;
}

/** The batch, height, width and channels of the result. */
export function outputShape({ shape, kernel, strides, depthwise }: Convolution): number[] {
  const [batch, height, width] = shape;
  return [batch, Math.ceil(height / strides), Math.ceil(width / strides), depthwise ? kernel[2] : kernel[3]];
}

/** Products that are summed for one number of the result. */
export function productsOf({ kernel: [kh, kw, inner], depthwise }: Convolution): number {
  return kh * kw * (depthwise ? 1 : inner);
}

export function flopOf(c: Convolution): number {
  return 2 * sizeOf(outputShape(c)) * productsOf(c);
}

/** Padding "same", before and after, of the rows and of the columns. */
export function samePadding({ shape, kernel, strides }: Convolution): [number, number][] {
  return [0, 1].map((axis) => {
    const size = shape[axis + 1]!;
    const total = Math.max((Math.ceil(size / strides) - 1) * strides + kernel[axis]! - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** The peers' ways of a convolution, those that loaded; their own layouts, converted before anything is timed. */
export async function convolutions(
  c: Convolution,
  x: Float32Array,
  k: Float32Array,
  print: (line: string) => void,
): Promise<Contest> {
  const entries: Entry[] = [];
  const closing: (() => unknown)[] = [];
  const tf = available(await tfjs('wasm'), print);
  if (tf !== undefined) {
    const [p, q] = [tf.tensor(x, c.shape), tf.tensor(k, c.kernel)];
    const conv = c.depthwise ? tf.depthwiseConv2d : tf.conv2d;
    entries.push(tfjsEntry(() => conv(p, q, c.strides, 'same')));
    closing.push(() => [p, q].forEach((t) => t.dispose()));
  }
  const first = channelsFirst(c, x, k);
  const reorder = channelsLast(c);
  for (const load of [onnxruntimeWeb, onnxruntimeNode]) {
    const ort = available(await load(), print);
    if (ort === undefined) continue;
    const { entry, release } = await ortEntry(ort, convGraph(c, first.k), { x: first.x }, { reorder });
    entries.push(entry);
    closing.push(release);
  }
  return { entries, close: () => closeAll(closing) };
}

/** `[out, in / groups, kh, kw]`. */
export function kernelShape({ kernel: [kh, kw, inner, out], depthwise }: Convolution): number[] {
  return depthwise ? [inner, 1, kh, kw] : [out, inner, kh, kw];
}

export function channelsFirst<A extends Float32Array | Int8Array | Uint8Array>(c: Convolution, x: A, k: A) {
  return {
    x: permute(x, c.shape, TO_CHANNELS_FIRST),
    k: permute(k, c.kernel, c.depthwise ? [2, 3, 0, 1] : TO_OIHW),
  };
}

/** Results of a peer with channels first, in our order. */
export function channelsLast(c: Convolution): (values: ArrayLike<number>) => ArrayLike<number> {
  const [batch, height, width, channels] = outputShape(c) as [number, number, number, number];
  return (values) => permute(Float32Array.from(values), [batch, channels, height, width], TO_CHANNELS_LAST);
}

/** Strides, padding and groups, as ONNX calls them. */
export function convAttributes(c: Convolution): Record<string, number | number[]> {
  const [rows, columns] = samePadding(c) as [[number, number], [number, number]];
  return {
    kernel_shape: [c.kernel[0], c.kernel[1]],
    strides: [c.strides, c.strides],
    pads: [rows[0], columns[0], rows[1], columns[1]],
    group: c.depthwise ? c.shape[3] : 1,
  };
}

/** x and the result with their channels first. */
export function imagesFirst([batch, height, width, channels]: readonly number[]): number[] {
  return [batch!, channels!, height!, width!];
}

function convGraph(c: Convolution, k: Float32Array): OnnxGraph {
  return {
    inputs: [{ name: 'x', dtype: 'float32', shape: imagesFirst(c.shape) }],
    constants: [{ name: 'k', dtype: 'float32', shape: kernelShape(c), data: k }],
    nodes: [{ op: 'Conv', inputs: ['x', 'k'], output: 'y', attributes: convAttributes(c) }],
    output: { name: 'y', dtype: 'float32', shape: imagesFirst(outputShape(c)) },
  };
}
