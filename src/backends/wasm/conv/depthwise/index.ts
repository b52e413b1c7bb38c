import type { Operand } from '../../../../core/backend';
import { i32, type ModuleBuilder, v128 } from '../../assembler/index';
import { ARITHMETICS, type Arithmetic } from '../../gemm/arithmetic';
import { arithmeticFor } from '../../gemm/module';
import { zero } from '../../layout/bytes';
import { emitTask, type TaskContext } from '../../task';
import type { ConvAttrs, Four } from '../geometry';
import { storePart } from '../pixel-loop';
import { launchPixels } from '../pixel-task';
import { byteStrides, copyPlaced, type Placed, placeContiguous, placeImages, placeOut, placeWorkspace } from '../place';
import { emitDepthwiseRows, emitDepthwiseSums, type RowCode } from './emit';
import { emitGenericDepthwise, genericTask, type Into } from './generic';
import { type Contraction, rowGeometry, type Sizes, verticalWords } from './geometry';
import { planRow } from './row-plan';

function sizesOf(dtype: string, attrs: ConvAttrs): Sizes | null {
  if (dtype !== 'float32' && dtype !== 'float64') return null;
  return { bytes: dtype === 'float64' ? 8 : 4, attrs };
}

/** Pixels that lie a multiple of this apart share few sets of the first-level cache, too few for the columns of a tile. */
const CACHE_STRIDE = 2048;
const CACHE_LINE = 64;

/** The images a cache line further apart where that keeps them from pushing each other out of the cache: a copy costs less. */
function spread({ images, ...c }: Contraction, context: TaskContext): Contraction {
  const { shape, strides } = images;
  if (strides[2] % CACHE_STRIDE !== 0) return { images, ...c };
  const pixel = shape[3] * c.bytes + CACHE_LINE;
  const steps: Four = [shape[1] * shape[2] * pixel, shape[2] * pixel, pixel, c.bytes];
  const copy = { shape, strides: steps, address: context.workspace(shape[0] * steps[0]) };
  copyPlaced(context, c.bytes, shape, copy, images);
  return { images: copy, ...c };
}

/** Computes one of the three from the other two. */
function contract(into: Into, given: Contraction, context: TaskContext): void {
  const name = arithmeticFor(given.bytes === 8 ? 'f64' : 'f32', context);
  const { strides, shape } = given.images;
  const runs = strides[2] >= shape[3] * given.bytes ? planRow(rowGeometry(given, into === 'input')) : null;
  if (runs === null) {
    contractTapwise(into, given, ARITHMETICS[name], context);
    return;
  }
  const c = into === 'output' ? spread(given, context) : given;
  const channelBytes = c.images.shape[3] * c.bytes;
  const source = into === 'input' ? c.output : c.images;
  const code: RowCode = {
    arithmetic: ARITHMETICS[name],
    runs,
    taps: c.kernel.shape[1],
    channelBytes,
    sourceStep: source.strides[2],
    tapStep: into === 'kernel' ? roundUp(channelBytes, 16) : channelBytes,
  };
  const { width, sourceWidth, taps, stride, before, dilation } = rowGeometry(c, into === 'input');
  const key = [
    name,
    'depthwise',
    into,
    channelBytes,
    code.sourceStep,
    width,
    sourceWidth,
    taps,
    stride,
    before,
    dilation,
  ];
  const cost =
    c.output.shape[0] * c.output.shape[1] * c.output.shape[2] * c.kernel.shape[0] * taps * channelBytes * 0.02;
  if (into === 'kernel') sumBlocks(c, code, key.join('-'), cost, context);
  else {
    const target = into === 'input' ? c.images : c.output;
    const run = context.code(key.join('-'), (m) => emitDepthwiseRows(m, code));
    const words = [
      target.address,
      source.address,
      c.kernel.address,
      ...verticalWords(c, code.tapStep, into === 'input'),
    ];
    const rowLength = target.shape[2] * target.shape[3];
    context.launch(run, words, { units: target.shape[0] * target.shape[1], cost, rowLength, leadsOnly: true });
  }
}

/** Pixels of a block: few enough that sums over it in float32 keep their digits. */
const BLOCK_PIXELS = 512;

/** The kernel's gradient: blocks of rows first, then their sum, in order. */
function sumBlocks(c: Contraction, code: RowCode, key: string, cost: number, context: TaskContext): void {
  const [batch, rows, columns] = c.output.shape;
  const blockRows = Math.min(rows, Math.ceil(BLOCK_PIXELS / columns));
  const blocks = Math.ceil(rows / blockRows);
  const taps = c.kernel.shape[0] * c.kernel.shape[1];
  const sumBytes = taps * code.tapStep;
  const sums = context.workspace(batch * blocks * sumBytes);
  const run = context.code(key, (m) => emitDepthwiseSums(m, code));
  const words = [c.output.address, c.images.address, sums, sumBytes, blockRows, blocks];
  context.launch(run, [...words, ...verticalWords(c, code.tapStep, false)], { units: batch * blocks, cost });
  const parts = { address: sums, count: batch * blocks, bytes: sumBytes, rowBytes: code.tapStep };
  addUp(kernelRows(c.kernel), parts, c.bytes, context);
}

/** The same contractions tap by tap, for windows that are too long to unroll. */
function contractTapwise(into: Into, c: Contraction, arithmetic: Arithmetic, context: TaskContext): void {
  const { images, kernel, output, attrs } = c;
  const kernelBytes = kernel.shape[0] * kernel.strides[0];
  const batch = images.shape[0];
  let to = kernel;
  if (into === 'input') clear(images, context);
  if (into === 'kernel') {
    to = placeWorkspace([batch, kernel.shape[0], kernel.shape[1], kernel.shape[3]], c.bytes, context);
    clear(to, context);
  }
  launchPixels(
    context,
    `${arithmetic.name}-depthwise-${into}`,
    genericTask(into),
    (m) => emitGenericDepthwise(m, arithmetic, into),
    {
      images,
      output: [output.shape[1], output.shape[2]],
      window: [kernel.shape[0], kernel.shape[1]],
      attrs,
      channelBytes: images.shape[3] * c.bytes,
      addresses: [to.address, output.address, kernelBytes],
    },
  );
  if (into === 'kernel') {
    const parts = { address: to.address, count: batch, bytes: kernelBytes, rowBytes: kernel.strides[1] };
    addUp(kernelRows(kernel), parts, c.bytes, context);
  }
}

function clear({ address, shape, strides }: Placed, context: TaskContext): void {
  zero(context, address, shape[0] * strides[0]);
}

interface Rows {
  readonly address: number;
  readonly count: number;
  readonly bytes: number;
}

interface Parts {
  readonly address: number;
  readonly count: number;
  /** Of one part, and of one row in it. */
  readonly bytes: number;
  readonly rowBytes: number;
}

/** The taps of a kernel. */
function kernelRows({ address, shape, strides }: Placed): Rows {
  return { address, count: shape[0] * shape[1], bytes: strides[1] };
}

/** Rows as the sum of parts, in order. */
function addUp(to: Rows, parts: Parts, bytes: 4 | 8, context: TaskContext): void {
  const vectors = Math.ceil(to.bytes / 16);
  const code = context.code(`f${8 * bytes}-add-up`, (m) => emitAddUp(m, bytes));
  const words = [to.address, parts.address, parts.count, parts.bytes, parts.rowBytes, to.bytes, vectors];
  context.launch(code, words, { units: to.count * vectors, cost: to.count * vectors * parts.count });
}

/** Units are vectors of one row. */
function emitAddUp(m: ModuleBuilder, bytes: 4 | 8): void {
  const { add } = bytes === 8 ? ARITHMETICS.f64 : ARITHMETICS.f32;
  const words = ['to', 'parts', 'count', 'partBytes', 'partRow', 'rowBytes', 'vectors'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const [unit, row, c, at, left] = f.locals('i32', 5);
    const sum = f.local('v128');
    f.for(unit, begin, end, 1, () => {
      f.set(row, i32.divU(unit, w.vectors));
      f.set(c, i32.shl(i32.remU(unit, w.vectors), 4));
      f.set(at, i32.add(i32.add(w.parts, i32.mul(row, w.partRow)), c));
      f.set(sum, v128.load(at));
      f.set(left, i32.sub(w.count, 1));
      f.while(left, () => {
        f.increment(at, w.partBytes);
        f.set(sum, add(sum, v128.load(at)));
        f.set(left, i32.sub(left, 1));
      });
      const to = i32.add(i32.add(w.to, i32.mul(row, w.rowBytes)), c);
      storePart(f, to, sum, i32.sub(w.rowBytes, c));
    });
  });
}

function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}

/**
 * Filter `r` of every channel, out of the `multiplier` that lie side by side in the last axis: in place where there is
 * one, else copied out. `shape` is that up to this axis.
 */
function oneFilter(x: Placed, shape: Four, multiplier: number, r: number, s: Sizes, context: TaskContext): Placed {
  if (multiplier === 1) return { address: x.address, shape, strides: byteStrides(shape, s.bytes) };
  const part = placeWorkspace(shape, s.bytes, context);
  copyPlaced(context, s.bytes, shape, part, strided(x.address, part, multiplier, r, s));
  return part;
}

/** Where to compute what belongs to one filter: the result itself where there is one, else apart. */
function partOf(x: Placed, shape: Four, multiplier: number, s: Sizes, context: TaskContext): Placed {
  if (multiplier === 1) return { address: x.address, shape, strides: byteStrides(shape, s.bytes) };
  return placeWorkspace(shape, s.bytes, context);
}

/** The reverse of `oneFilter`: puts filter `r` back among the others. */
function putFilter(part: Placed, x: Placed, multiplier: number, r: number, s: Sizes, context: TaskContext): void {
  if (multiplier > 1) copyPlaced(context, s.bytes, part.shape, strided(x.address, part, multiplier, r, s), part);
}

function strided(address: number, part: Placed, multiplier: number, r: number, { bytes }: Sizes) {
  return { address: address + r * bytes, strides: part.strides.map((n) => n * multiplier) as unknown as Four };
}

function outputShape(output: readonly number[], channels: number): Four {
  return [output[0]!, output[1]!, output[2]!, channels];
}

export function depthwiseConv2d(
  [x, kernel]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: TaskContext,
): boolean {
  const s = sizesOf(x!.dtype, attrs);
  if (s === null) return false;
  const [kh, kw, channels, multiplier] = kernel!.shape as unknown as Four;
  const images = placeImages(x!, context);
  const weights = placeContiguous(kernel!, context);
  const target = placeOut(out);
  for (let r = 0; r < multiplier; r++) {
    const filter = oneFilter(weights, [kh, kw, 1, channels], multiplier, r, s, context);
    const output = partOf(target, outputShape(out.shape, channels), multiplier, s, context);
    contract('output', { ...s, images, kernel: filter, output }, context);
    putFilter(output, target, multiplier, r, s, context);
  }
  return true;
}

export function depthwiseConv2dInputGrad(
  [g, kernel]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: TaskContext,
): boolean {
  const s = sizesOf(g!.dtype, attrs);
  if (s === null) return false;
  const [kh, kw, channels, multiplier] = kernel!.shape as unknown as Four;
  const cotangent = placeContiguous(g!, context);
  const weights = placeContiguous(kernel!, context);
  const images = placeOut(out);
  const bytes = images.shape[0] * images.strides[0];
  const parts = multiplier === 1 ? images.address : context.workspace(multiplier * bytes);
  for (let r = 0; r < multiplier; r++) {
    const filter = oneFilter(weights, [kh, kw, 1, channels], multiplier, r, s, context);
    const output = oneFilter(cotangent, outputShape(g!.shape, channels), multiplier, r, s, context);
    contract('input', { ...s, images: { ...images, address: parts + r * bytes }, kernel: filter, output }, context);
  }
  if (multiplier > 1) {
    const whole = { address: images.address, count: 1, bytes };
    addUp(whole, { address: parts, count: multiplier, bytes, rowBytes: bytes }, s.bytes, context);
  }
  return true;
}

export function depthwiseConv2dKernelGrad(
  [x, g]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: TaskContext,
): boolean {
  const s = sizesOf(x!.dtype, attrs);
  if (s === null) return false;
  const [kh, kw, channels, multiplier] = out.shape as unknown as Four;
  const images = placeImages(x!, context);
  const cotangent = placeContiguous(g!, context);
  const target = placeOut(out);
  for (let r = 0; r < multiplier; r++) {
    const output = oneFilter(cotangent, outputShape(g!.shape, channels), multiplier, r, s, context);
    const filter = partOf(target, [kh, kw, 1, channels], multiplier, s, context);
    contract('kernel', { ...s, images, kernel: filter, output }, context);
    putFilter(filter, target, multiplier, r, s, context);
  }
  return true;
}
