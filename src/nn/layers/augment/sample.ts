import type { Tensor } from '../../../core/tensor';
import {
  abs,
  add,
  arange,
  cast,
  clip,
  floor,
  gather,
  mod,
  mul,
  reshape,
  sign,
  stopGradient,
  sub,
  where,
} from '../../../ops/index';

/** What lies beyond the edges of an image. */
export type FillMode = 'reflect' | 'wrap' | 'nearest' | 'constant';

export type Interpolation = 'bilinear' | 'nearest';

/** Where to read images, and what there is beyond their edges. */
export interface Sampling {
  readonly fillMode: FillMode;
  readonly interpolation: Interpolation;
  readonly fillValue: number;
}

/** Affine maps from output to input pixels, `[batch, 1, 1]` each: x' = a·x + b·y + c, y' = d·x + e·y + f. */
export interface AffineMaps {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
  readonly d: Tensor;
  readonly e: Tensor;
  readonly f: Tensor;
}

/** Positions along an axis of n pixels, whole ones, folded into it. */
function folded(at: Tensor, n: number, mode: FillMode): Tensor {
  if (mode === 'wrap') return mod(at, n);
  if (mode === 'reflect') {
    // … 1 0 | 0 1 … n−1 | n−1 n−2 …: the edge itself is repeated.
    const within = mod(at, 2 * n);
    return where(cast(floor(mul(within, 1 / n)), 'bool'), sub(2 * n - 1, within), within);
  }
  return clip(at, 0, n - 1);
}

/** The nearest whole number, of two the one further from 0, as JAX rounds. */
const nearest = (t: Tensor): Tensor => mul(sign(t), floor(add(abs(t), 0.5)));

/** Images `[batch, height, width, channels]` read where the maps lead, pixel by pixel. */
export function sampleImages(x: Tensor, maps: AffineMaps, sampling: Sampling): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const options = { dtype: 'float32', backend: x.backend } as const;
  const columns = reshape(arange(0, width, 1, options), [1, 1, width]);
  const rows = reshape(arange(0, height, 1, options), [1, height, 1]);
  const xs = add(add(mul(maps.a, columns), mul(maps.b, rows)), maps.c);
  const ys = add(add(mul(maps.d, columns), mul(maps.e, rows)), maps.f);
  const pixels = reshape(x, [batch * height * width, channels]);
  const first = reshape(arange(0, batch * height * width, height * width, options), [batch, 1, 1]);
  const { fillMode, interpolation, fillValue } = sampling;
  const read = (column: Tensor, row: Tensor): Tensor => {
    const [c, r] = [folded(column, width, fillMode), folded(row, height, fillMode)];
    const at = stopGradient(cast(add(first, add(mul(r, width), c)), 'int32'));
    const values = gather(pixels, at);
    if (fillMode !== 'constant') return values;
    const outside = add(abs(sub(column, c)), abs(sub(row, r)));
    return where(reshape(cast(outside, 'bool'), [batch, height, width, 1]), fillValue, values);
  };
  if (interpolation === 'nearest') return read(nearest(xs), nearest(ys));
  const [left, top] = [floor(xs), floor(ys)];
  const weight = (t: Tensor): Tensor => cast(reshape(t, [batch, height, width, 1]), x.dtype);
  const [wx, wy] = [weight(sub(xs, left)), weight(sub(ys, top))];
  const mix = (a: Tensor, b: Tensor, w: Tensor): Tensor => add(mul(a, sub(1, w)), mul(b, w));
  const upper = mix(read(left, top), read(add(left, 1), top), wx);
  const lower = mix(read(left, add(top, 1)), read(add(left, 1), add(top, 1)), wx);
  return mix(upper, lower, wy);
}
