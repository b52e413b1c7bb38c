import { sizeOf } from '../ours';

/** Numbers of a shape in another order of axes, as NumPy's `transpose(axes)`. */
export function permute<A extends Float32Array | Int8Array | Uint8Array>(
  data: A,
  shape: readonly number[],
  axes: readonly number[],
): A {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const [to, by] = [axes.map((axis) => shape[axis]!), axes.map((axis) => strides[axis]!)];
  const out = data.slice() as A;
  const index = to.map(() => 0);
  let from = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[from]!;
    for (let d = to.length - 1; d >= 0; d--) {
      from += by[d]!;
      if (++index[d]! < to[d]!) break;
      from -= by[d]! * to[d]!;
      index[d] = 0;
    }
  }
  return out;
}

/** Images `[batch, height, width, channels]` as `[batch, channels, height, width]`, and back. */
export const TO_CHANNELS_FIRST = [0, 3, 1, 2];
export const TO_CHANNELS_LAST = [0, 2, 3, 1];
/** Kernels `[kh, kw, in, out]` as `[out, in, kh, kw]`. */
export const TO_OIHW = [3, 2, 0, 1];
