import type { Operand } from '../../../core/backend';
import { windowsOf } from '../conv/conv2d';
import { type ConvAttrs, type Four, isPointwise } from '../conv/geometry';
import { placeImages, placeOut } from '../conv/place';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import type { TaskContext } from '../task';
import { directRows, launchDirect } from './direct';
import { integerDot, NARROW, WIDE } from './dot';
import { launchProduct } from './gemm';
import { paddingWord, prepareActivations } from './operand';
import { launchPackedRow } from './packed-row';
import { allocateTables, launchTables, type RequantizeAttrs, requantizeWords } from './requantize';
import { launchRow } from './row';
import { packWeights } from './weights';
import { launchIntegerWinograd, winogradTransforms } from './winograd/index';

/** Inputs `[x, w, bias, multiplier, shift]`. */
export function qMatmul(
  [x, w, ...scales]: readonly Operand[],
  out: Operand,
  attrs: RequantizeAttrs,
  context: TaskContext,
): boolean {
  const k = x!.shape[1]!;
  const [m, n] = out.shape as [number, number];
  if (k === 0) return false;
  const tables = allocateTables(n, context);
  const requantize = requantizeWords(tables, attrs);
  const weights = addressOf(contiguous(w!, context));
  const dot = integerDot(context);
  const isPacked = context.isConstant(w!);
  if (m <= directRows(dot) && !isPacked) {
    const a = prepareActivations(x!, attrs.inputZeroPoint, WIDE, context).address;
    launchTables(tables, scales, attrs, context);
    const product = { n, k, a, b: weights, out: addressOf(out), requantize };
    if (m === 1) launchRow(product, context);
    else launchDirect({ ...product, m }, context);
    return true;
  }
  const rows = prepareActivations(x!, attrs.inputZeroPoint, dot, context);
  const sizes = { address: weights, k, columns: n, groups: 1 };
  if (m === 1) {
    const narrow = dot === WIDE ? NARROW : dot;
    const b = packWeights(sizes, narrow, attrs, tables, scales, context);
    launchPackedRow({ n, k, a: rows.address, b, out: addressOf(out), requantize }, narrow, context);
    return true;
  }
  const b = packWeights(sizes, dot, attrs, tables, scales, context);
  const a = { address: rows.address, row: rows.strides[0]! };
  launchProduct({ m, n, k, a, b, out: { address: addressOf(out), row: n }, requantize }, dot, context);
  return true;
}

/** Inputs `[x, w, bias, multiplier, shift]`. Padding holds the zero point. */
export function qConv2d(
  [x, w, ...scales]: readonly Operand[],
  out: Operand,
  attrs: RequantizeAttrs & ConvAttrs,
  context: TaskContext,
): boolean {
  const [kh, kw, inner, filters] = w!.shape as Four;
  const k = kh * kw * inner;
  if (k === 0) return false;
  const dot = integerDot(context);
  const tables = allocateTables(filters, context);
  const transforms = winogradTransforms(dot, w!.shape as Four, out.shape, attrs);
  if (transforms !== null) {
    launchTables(tables, scales, attrs, context);
    const [images, kernel, output] = [placeImages(x!, context), addressOf(contiguous(w!, context)), placeOut(out)];
    for (let g = 0; g < attrs.groups; g++) {
      const n = filters / attrs.groups;
      const group = {
        images: { ...images, address: images.address + g * inner },
        transforms,
        channels: inner,
        filters: n,
        origin: [-attrs.padding[0][0], -attrs.padding[1][0]] as const,
        zeroPoint: attrs.inputZeroPoint,
        kernel: { address: kernel + g * n, row: filters },
        output: { ...output, address: output.address + g * n },
        requantize: requantizeWords(tables, attrs, g * n),
      };
      launchIntegerWinograd(group, context);
    }
    return true;
  }
  const images = prepareActivations(x!, attrs.inputZeroPoint, dot, context);
  const [n, { groups }] = [filters / attrs.groups, attrs];
  const kernel = { address: addressOf(contiguous(w!, context)), k, columns: n, groups };
  const weights = packWeights(kernel, dot, attrs, tables, scales, context);
  const fill = paddingWord(attrs.inputZeroPoint, dot);
  const placed = { ...images, shape: images.shape as Four, strides: images.strides as Four };
  for (let g = 0; g < groups; g++) {
    const offset = g * inner * dot.bytes;
    const a = isPointwise(w!.shape, attrs)
      ? { address: images.address + offset, row: images.strides[2]! }
      : { windows: { ...windowsOf(placed, out.shape, attrs, { kernel: [kh, kw], inner }, offset), fill } };
    const product = {
      m: out.shape[0]! * out.shape[1]! * out.shape[2]!,
      n,
      k,
      a,
      b: { address: weights.address + g * weights.panels * weights.bytes, bytes: weights.bytes },
      out: { address: addressOf(out) + g * n, row: filters },
      requantize: requantizeWords(tables, attrs, g * n),
    };
    launchProduct(product, dot, context);
  }
  return true;
}
