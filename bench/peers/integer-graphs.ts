import type { OnnxConstant, OnnxGraph } from '../onnx';
import {
  type Convolution,
  channelsFirst,
  channelsLast,
  convAttributes,
  imagesFirst,
  kernelShape,
  outputShape,
  productsOf,
} from './convolutions';

/**
 * What multiplies the sums over so many products of noise: the input's scale times the weights' over the output's, so that
 * results fill int8 and some are cut.
 */
export function scaleOf(products: number): number {
  return 50 / (74 * 74 * Math.sqrt(products));
}

export const ATTRIBUTES = { inputZeroPoint: 3, outputZeroPoint: -5, qmin: -128, qmax: 127 };

const float = (name: string, value: number): OnnxConstant => ({
  name,
  dtype: 'float32',
  shape: [],
  data: Float32Array.of(value),
});
/**
 * onnxruntime-web is an order of magnitude faster where activations are uint8, so it gets them: all values, and their zero
 * points, higher by this.
 */
const OFFSET = 128;

const zeroPoint = (name: string, dtype: 'int8' | 'uint8', value: number): OnnxConstant => ({
  name,
  dtype,
  shape: [],
  data: dtype === 'int8' ? Int8Array.of(value) : Uint8Array.of(value + OFFSET),
});

/** Scales and zero points of x, w and y, in the order of the QLinear operators. */
const scales = (products: number): OnnxConstant[] => [
  float('xScale', scaleOf(products)),
  zeroPoint('xZero', 'uint8', ATTRIBUTES.inputZeroPoint),
  float('wScale', 1),
  zeroPoint('wZero', 'int8', 0),
  float('yScale', 1),
  zeroPoint('yZero', 'uint8', ATTRIBUTES.outputZeroPoint),
];
const INPUTS = ['x', 'xScale', 'xZero', 'w', 'wScale', 'wZero', 'yScale', 'yZero'];

type Order = (values: ArrayLike<number>) => ArrayLike<number>;

/** A graph, what to feed it, and how its results become ours. */
export interface IntegerModel {
  readonly graph: OnnxGraph;
  readonly feeds: { readonly x: Uint8Array };
  readonly reorder: Order;
}

const raise = (x: Int8Array): Uint8Array => Uint8Array.from(x, (v) => v + OFFSET);
const lower: Order = (values) => Float32Array.from(values, (v) => v - OFFSET);

/** y[m × n] = x[m × k]·w. */
export function integerDense(m: number, k: number, n: number, x: Int8Array, w: Int8Array): IntegerModel {
  const graph: OnnxGraph = {
    inputs: [{ name: 'x', dtype: 'uint8', shape: [m, k] }],
    constants: [...scales(k), { name: 'w', dtype: 'int8', shape: [k, n], data: w }],
    nodes: [{ op: 'QLinearMatMul', inputs: INPUTS, output: 'y' }],
    output: { name: 'y', dtype: 'uint8', shape: [m, n] },
  };
  return { graph, feeds: { x: raise(x) }, reorder: lower };
}

/** A convolution, its channels first as onnxruntime wants them. */
export function integerConv(c: Convolution, x: Int8Array, k: Int8Array): IntegerModel {
  const first = channelsFirst(c, x, k);
  const last = channelsLast(c);
  const graph: OnnxGraph = {
    inputs: [{ name: 'x', dtype: 'uint8', shape: imagesFirst(c.shape) }],
    constants: [...scales(productsOf(c)), { name: 'w', dtype: 'int8', shape: kernelShape(c), data: first.k }],
    nodes: [{ op: 'QLinearConv', inputs: INPUTS, output: 'y', attributes: convAttributes(c) }],
    output: { name: 'y', dtype: 'uint8', shape: imagesFirst(outputShape(c)) },
  };
  return { graph, feeds: { x: raise(first.x) }, reorder: (values) => last(lower(values)) };
}
