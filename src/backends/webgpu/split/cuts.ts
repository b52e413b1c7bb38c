import type { Operand } from '../../../core/backend';
import type { ConvAttrs, ConvKind } from '../conv/geometry';
import type { Cut, Cuts, Part } from './split';

interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const matmul: Cuts<MatmulAttrs> = ([a, b], out, { transposeA, transposeB }) => {
  const [rankA, rankB, rank] = [a!.shape.length, b!.shape.length, out.shape.length];
  const rows = (x: Operand, second: boolean): number => x.shape.length - (second ? 1 : 2);
  const leading = (x: Operand, axis: number): number | null => {
    const own = axis - (rank - x.shape.length);
    return own < 0 || x.shape[own] === 1 ? null : own;
  };
  const batches = out.shape
    .slice(0, -2)
    .map((_, axis) => ({ inputs: [leading(a!, axis), leading(b!, axis)], out: axis }));
  return [
    ...batches,
    { inputs: [rows(a!, transposeA), null], out: rank - 2 },
    { inputs: [null, rows(b!, !transposeB)], out: rank - 1 },
    { inputs: [rankA - (transposeA ? 2 : 1), rankB - (transposeB ? 1 : 2)], out: null, join: 'add' },
  ];
};

/** A shape among the attributes, with the length of a part on one axis. */
const resized = (shape: readonly number[], axis: number, { length }: Part): number[] =>
  shape.map((n, a) => (a === axis ? length : n));

/** Convolutions are cut by images and, where all channels meet, by channels. */
function convolutions(name: string, kind: ConvKind): Record<string, Cuts> {
  const meet = ({ groups }: ConvAttrs): boolean => kind === 'dense' && groups === 1;
  const forward: Cuts<ConvAttrs> = (_, __, attrs) => [
    { inputs: [0, null], out: 0 },
    ...(meet(attrs) ? [{ inputs: [null, 3], out: 3 }] : []),
  ];
  const inputGrad: Cuts<ConvAttrs & { readonly inputShape: readonly number[] }> = (_, __, attrs) => {
    const sized = (axis: number) => (part: Part) => ({ ...attrs, inputShape: resized(attrs.inputShape, axis, part) });
    const own: Cut = { inputs: [null, 2], out: 3, attrs: sized(3) };
    return [{ inputs: [0, null], out: 0, attrs: sized(0) }, ...(meet(attrs) ? [own] : [])];
  };
  const kernelGrad: Cuts<ConvAttrs & { readonly kernelShape: readonly number[] }> = (_, __, attrs) => {
    const sized = (axis: number) => (part: Part) => ({ ...attrs, kernelShape: resized(attrs.kernelShape, axis, part) });
    const own: Cut[] = [
      { inputs: [null, 3], out: 3, attrs: sized(3) },
      { inputs: [3, null], out: 2, attrs: sized(2) },
    ];
    return [{ inputs: [0, 0], out: null, join: 'add' }, ...(meet(attrs) ? own : [])];
  };
  return { [name]: forward, [`${name}InputGrad`]: inputGrad, [`${name}KernelGrad`]: kernelGrad };
}

const ranks = (x: Operand): number[] => x.shape.map((_, axis) => axis);

/** The axis of a result that has lost some axes of an operand, or has them with length 1. */
const keptAxis = (axis: number, gone: readonly number[], x: Operand, out: Operand): number =>
  out.shape.length === x.shape.length ? axis : axis - gone.filter((g) => g < axis).length;

const reduction =
  (join: string): Cuts<{ readonly axes: readonly number[] }> =>
  ([x], out, { axes }) =>
    ranks(x!).map((axis) =>
      axes.includes(axis)
        ? { inputs: [axis], out: null, join }
        : { inputs: [axis], out: keptAxis(axis, axes, x!, out) },
    );

interface AxisAttrs {
  readonly axis: number;
}

const search: Cuts<AxisAttrs> = ([x], out, { axis }) =>
  ranks(x!)
    .filter((a) => a !== axis)
    .map((a) => ({ inputs: [a], out: keptAxis(a, [axis], x!, out) }));

/** What treats every lane of an axis by itself is cut along all others. */
const lanes: Cuts<AxisAttrs> = (inputs, out, { axis }) =>
  ranks(out)
    .filter((a) => a !== axis)
    .map((a) => ({ inputs: inputs.map(() => a), out: a }));

const rows: Cuts = (inputs, out) => lanes(inputs, out, { axis: out.shape.length - 1 } as never);

/** For every axis of `x` but the one that is indexed, and for those of the indices, where they are in what is gathered. */
function gathering(x: Operand, indices: Operand, axis: number) {
  const more = indices.shape.length - 1;
  const others = ranks(x).filter((a) => a !== axis);
  return {
    others: others.map((a) => [a, a < axis ? a : a + more] as const),
    indexed: ranks(indices).map((i) => [i, axis + i] as const),
  };
}

const gather: Cuts<AxisAttrs> = ([x, indices], _, { axis }) => {
  const { others, indexed } = gathering(x!, indices!, axis);
  return [
    ...others.map(([a, there]) => ({ inputs: [a, null], out: there })),
    ...indexed.map(([i, there]) => ({ inputs: [null, i], out: there })),
  ];
};

const scatterAdd: Cuts<AxisAttrs> = ([x, indices], _, { axis }) => {
  const { others, indexed } = gathering(x!, indices!, axis);
  return [
    ...others.map(([a, there]) => ({ inputs: [a, null, there], out: a })),
    ...indexed.map(([i, there]) => ({ inputs: [null, i, there], out: null, carry: 0 })),
  ];
};

const takeAlongAxis: Cuts<AxisAttrs> = (inputs, out, attrs) => [
  ...lanes(inputs, out, attrs as never),
  { inputs: [null, attrs.axis], out: attrs.axis },
];

const scatterAddAlongAxis: Cuts<AxisAttrs> = (inputs, out, attrs) => [
  ...lanes(inputs, out, attrs as never),
  { inputs: [null, attrs.axis, attrs.axis], out: null, carry: 0 },
];

/** Images are cut one from the other, and by channels. */
const images: Cuts = (inputs) => [0, 3].map((axis) => ({ inputs: inputs.map(() => axis), out: axis }));

const imagesGrad: Cuts<{ readonly inputShape: readonly number[] }> = (_, __, attrs) =>
  [0, 3].map((axis) => ({
    inputs: [axis],
    out: axis,
    attrs: (part: Part) => ({ ...attrs, inputShape: resized(attrs.inputShape, axis, part) }),
  }));

const oneHot: Cuts<AxisAttrs> = ([indices], _, { axis }) =>
  ranks(indices!).map((a) => ({ inputs: [a], out: a < axis ? a : a + 1 }));

const makeCuts = (): Readonly<Record<string, Cuts>> => ({
  matmul,
  ...convolutions('conv2d', 'dense'),
  ...convolutions('depthwiseConv2d', 'depthwise'),
  sum: reduction('add'),
  prod: reduction('mul'),
  max: reduction('maximum'),
  min: reduction('minimum'),
  any: reduction('logicalOr'),
  all: reduction('logicalAnd'),
  argMax: search,
  argMin: search,
  cumsum: lanes,
  softmax: lanes,
  logSoftmax: lanes,
  softmaxGrad: lanes,
  logSoftmaxGrad: lanes,
  normalizeRows: rows,
  normalizeRowsGrad: rows,
  gather,
  scatterAdd,
  takeAlongAxis,
  scatterAddAlongAxis,
  argSort: lanes,
  topK: lanes,
  oneHot,
  maxPool2d: images,
  maxPool2dGather: images,
  maxPool2dGrad: images,
  avgPool2d: images,
  avgPool2dGrad: imagesGrad,
  resize: images,
  resizeGrad: imagesGrad,
});
/** How operations are cut whose operands are more than a device binds at once. */
export const CUTS: Readonly<Record<string, Cuts>> = /* @__PURE__ */ makeCuts();
