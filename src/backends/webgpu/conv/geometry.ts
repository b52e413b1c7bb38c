import type { Operand } from '../../../core/backend';
import type { ParameterType } from '../code';
import { contiguous, type KernelContext } from '../kernel';

type Pair = readonly [number, number];

/** Attributes of a convolution and its gradients. */
export interface ConvAttrs {
  readonly strides: Pair;
  readonly padding: readonly [Pair, Pair];
  readonly dilations: Pair;
  readonly groups: number;
}

/** A convolution in numbers: images `[batch, height, width, groups·inner]`, results `[batch, outHeight, outWidth, groups·outer]`. */
export interface Geometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly windowHeight: number;
  readonly windowWidth: number;
  readonly groups: number;
  readonly inner: number;
  readonly outer: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly top: number;
  readonly side: number;
  readonly dilationY: number;
  readonly dilationX: number;
}

export type ConvKind = 'dense' | 'depthwise';

export function geometryOf(
  x: readonly number[],
  k: readonly number[],
  y: readonly number[],
  { strides, padding, dilations, groups }: ConvAttrs,
  kind: ConvKind,
): Geometry {
  const parts = kind === 'depthwise' ? x[3]! : groups;
  return {
    batch: x[0]!,
    height: x[1]!,
    width: x[2]!,
    outHeight: y[1]!,
    outWidth: y[2]!,
    windowHeight: k[0]!,
    windowWidth: k[1]!,
    groups: parts,
    inner: kind === 'depthwise' ? 1 : k[2]!,
    outer: kind === 'depthwise' ? k[3]! : k[3]! / parts,
    strideY: strides[0],
    strideX: strides[1],
    top: padding[0][0],
    side: padding[1][0],
    dilationY: dilations[0],
    dilationX: dilations[1],
  };
}

/** The geometry as parameters, all signed: padding makes places negative. */
export const GEOMETRY_FIELDS: Readonly<Record<keyof Geometry, ParameterType>> = {
  batch: 'i32',
  height: 'i32',
  width: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
  windowHeight: 'i32',
  windowWidth: 'i32',
  groups: 'i32',
  inner: 'i32',
  outer: 'i32',
  strideY: 'i32',
  strideX: 'i32',
  top: 'i32',
  side: 'i32',
  dilationY: 'i32',
  dilationX: 'i32',
};

/** Both operands contiguous, and where they begin. */
export function operandsOf(
  [left, right]: readonly Operand[],
  context: KernelContext,
): { operands: readonly [Operand, Operand]; firsts: { firstA: number; firstB: number } } {
  const a = contiguous(left!, context);
  const b = contiguous(right!, context);
  return { operands: [a, b], firsts: { firstA: context.first(a), firstB: context.first(b) } };
}

/**
 * In WGSL: the place of the input pixel under cell (ky, kx) of the window of output pixel `out`, −1 in the padding; and of
 * the output pixel whose window has input pixel `at` under that cell, −1 where there is none.
 */
export const PIXELS = `fn input_pixel(out: i32, ky: i32, kx: i32) -> i32 {
  let x = (out % p.outWidth) * p.strideX - p.side + kx * p.dilationX;
  let rest = out / p.outWidth;
  let y = (rest % p.outHeight) * p.strideY - p.top + ky * p.dilationY;
  if (x < 0 || x >= p.width || y < 0 || y >= p.height) { return -1; }
  return ((rest / p.outHeight) * p.height + y) * p.width + x;
}
fn output_pixel(at: i32, ky: i32, kx: i32) -> i32 {
  let x = at % p.width + p.side - kx * p.dilationX;
  let rest = at / p.width;
  let y = rest % p.height + p.top - ky * p.dilationY;
  if (x < 0 || y < 0 || x % p.strideX != 0 || y % p.strideY != 0) { return -1; }
  let ox = x / p.strideX;
  let oy = y / p.strideY;
  if (ox >= p.outWidth || oy >= p.outHeight) { return -1; }
  return ((rest / p.height) * p.outHeight + oy) * p.outWidth + ox;
}`;
