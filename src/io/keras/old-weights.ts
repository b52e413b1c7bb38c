import { type Shape, sizeOf } from '../../core/shape';
import type { FileWeight, Origin } from './file-weights';
import type { H5Array } from './hdf5';
import { own } from './json';
import type { KerasLayer } from './keras-layer';
import { modernise } from './legacy';

/** The positions of the weights of each gate, in the order of the joined kernel, among Keras 1's. */
const GATES: ReadonlyMap<string, readonly number[]> = /* @__PURE__ */ new Map([
  ['LSTM', [0, 6, 3, 9]],
  ['GRU', [0, 3, 6]],
]);

const KERNELS = new Set(['Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'DepthwiseConv2D', 'SeparableConv2D']);

/** The weights of one layer, from as Keras 1 or Theano kept them to as Keras keeps them since. */
export function todaysWeights(
  layer: KerasLayer,
  weights: readonly FileWeight[],
  origin: Origin,
): readonly FileWeight[] {
  const { className, config } = modernise(layer.className, layer.config, layer.name);
  let today = weights;
  if (origin.major < 2) today = ofKeras1(className, own(config, 'data_format') === 'channels_first', today);
  if (origin.backend === 'theano' && KERNELS.has(className))
    today = [flipped(today[0]), ...today.slice(1)].filter((w) => w !== undefined);
  return today;
}

function ofKeras1(className: string, isFirst: boolean, weights: readonly FileWeight[]): readonly FileWeight[] {
  const gates = GATES.get(className);
  if (gates !== undefined && weights.length === 3 * gates.length)
    return [0, 1, 2].map((part) => joined(gates.map((gate) => weights[gate + part]!)));
  const [kernel, ...rest] = weights;
  if (kernel === undefined) return weights;
  // Keras 1 convolved sequences as images one pixel wide.
  if (className === 'Conv1D' && kernel.shape.length === 4) return [squeezed(kernel), ...rest];
  if (className === 'Conv2D' && isFirst && kernel.shape.length === 4) return [permuted(kernel, [2, 3, 1, 0]), ...rest];
  if (className === 'Conv2DTranspose' && kernel.shape.length === 4)
    return [permuted(kernel, isFirst ? [2, 3, 0, 1] : [0, 1, 3, 2]), ...rest];
  if (className === 'Conv3D' && isFirst && kernel.shape.length === 5)
    return [permuted(kernel, [2, 3, 4, 1, 0]), ...rest];
  return weights;
}

/** Side by side along the last axis. */
function joined(weights: readonly FileWeight[]): FileWeight {
  const shape = [...weights[0]!.shape.slice(0, -1), weights.reduce((n, w) => n + (w.shape.at(-1) ?? 0), 0)];
  const rows = sizeOf(shape.slice(0, -1));
  return {
    name: weights[0]!.name,
    shape,
    read() {
      const width = shape.at(-1)!;
      const data = new Float32Array(rows * width);
      let at = 0;
      for (const weight of weights) {
        const part = weight.read().data;
        const own = part.length / rows;
        for (let r = 0; r < rows; r++) data.set(part.subarray(r * own, (r + 1) * own), r * width + at);
        at += own;
      }
      return { shape, data };
    },
  };
}

const squeezed = (weight: FileWeight): FileWeight => {
  const shape = [weight.shape[0]!, ...weight.shape.slice(2)];
  return { name: weight.name, shape, read: () => ({ shape, data: weight.read().data }) };
};

function permuted(weight: FileWeight, axes: readonly number[]): FileWeight {
  const shape = axes.map((axis) => weight.shape[axis]!);
  return { name: weight.name, shape, read: () => permute(weight.read(), axes) };
}

function stridesOf(shape: Shape): number[] {
  return shape.map((_, i) => sizeOf(shape.slice(i + 1)));
}

function permute({ shape, data }: H5Array, axes: readonly number[]): H5Array {
  const strides = stridesOf(shape);
  const out = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  return { shape: out, data: gathered(data, out, steps, 0) };
}

/** The elements of a strided view, in order. */
function gathered(data: H5Array['data'], shape: Shape, steps: readonly number[], start: number): Float32Array {
  const result = new Float32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let at = start;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= shape[axis]! * steps[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Theano's convolutions turn the kernel round; all but the last two axes are flipped. */
function flipped(weight: FileWeight | undefined): FileWeight | undefined {
  if (weight === undefined) return undefined;
  return {
    name: weight.name,
    shape: weight.shape,
    read() {
      const { shape, data } = weight.read();
      const spatial = shape.length - 2;
      const strides = stridesOf(shape);
      const start = strides.slice(0, spatial).reduce((n, stride, i) => n + stride * (shape[i]! - 1), 0);
      return {
        shape,
        data: gathered(
          data,
          shape,
          strides.map((s, i) => (i < spatial ? -s : s)),
          start,
        ),
      };
    },
  };
}
