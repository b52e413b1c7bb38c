import type { Operand } from '../../../core/backend';
import { isContiguous } from '../../../core/shape';
import { windowsOf } from '../conv/conv2d';
import type { ConvAttrs } from '../conv/geometry';
import { placeContiguous, placeImages, releasePlaced } from '../conv/place';
import { addressOf, type KernelContext } from '../kernel';
import { withContiguous } from '../layout/copy';
import { DIRECT_ROWS, runIntegerRows } from './direct';
import { runIntegerProduct } from './gemm';
import { prepareRequantize, type RequantizeAttrs, releaseTables } from './requantize';

/** Inputs `[x, w, bias, multiplier, shift]`. */
export function qMatmul(
  [x, w, ...scales]: readonly Operand[],
  out: Operand,
  attrs: RequantizeAttrs,
  context: KernelContext,
): boolean {
  const k = x!.shape[1]!;
  const [m, n] = out.shape as [number, number];
  if (k === 0) return false;
  return withContiguous(x!, context, (rows) =>
    withContiguous(w!, context, (weights) => {
      const tables = prepareRequantize(scales, attrs, context);
      if (tables === null) return false;
      const product = {
        m,
        n,
        k,
        a: { address: addressOf(rows), row: k },
        b: { address: addressOf(weights), row: n },
        out: { address: addressOf(out), row: n },
        firstChannel: 0,
      };
      if (m <= DIRECT_ROWS) runIntegerRows(product, product.a, tables, context);
      else runIntegerProduct(product, tables, context);
      releaseTables(tables, context);
      return true;
    }),
  );
}

/** Inputs `[x, w, bias, multiplier, shift]`. Padding holds the zero point. */
export function qConv2d(
  [x, w, ...scales]: readonly Operand[],
  out: Operand,
  attrs: RequantizeAttrs & ConvAttrs,
  context: KernelContext,
): boolean {
  const [kh, kw, inner, filters] = w!.shape as [number, number, number, number];
  const k = kh * kw * inner;
  if (k === 0 || !isContiguous(out.shape, out.strides)) return false;
  const tables = prepareRequantize(scales, attrs, context);
  if (tables === null) return false;
  const images = placeImages(x!, context);
  const weights = placeContiguous(w!, context);
  const outer = filters / attrs.groups;
  // The zero point in each byte of a word.
  const fill = Math.imul(attrs.inputZeroPoint & 255, 0x01010101);
  for (let g = 0; g < attrs.groups; g++) {
    const windows = { ...windowsOf(images, out.shape, attrs, { kernel: [kh, kw], inner }, g * inner), fill };
    const product = {
      m: out.shape[0]! * out.shape[1]! * out.shape[2]!,
      n: outer,
      k,
      a: { windows },
      b: { address: weights.address + g * outer, row: filters },
      out: { address: addressOf(out) + g * outer, row: filters },
      firstChannel: g * outer,
    };
    runIntegerProduct(product, tables, context);
  }
  releasePlaced(context, images, weights);
  releaseTables(tables, context);
  return true;
}
