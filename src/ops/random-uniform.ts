import { randomUniformKernel } from '../backends/wasm/kernels';
import { ShapeError } from '../core/errors';
import { apply, defineOp, type Op } from '../core/op';
import { formatShape, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { BLOCK, threefry } from '../core/threefry';

/** Attributes of `randomUniform`. */
export interface RandomUniformAttrs {
  readonly shape: Shape;
  /** Different streams of one key are independent: an integer in [0, 2^32). */
  readonly stream: number;
}

const randomUniformOp: Op<RandomUniformAttrs> = /* @__PURE__ */ defineOp<RandomUniformAttrs>({
  name: 'randomUniform',
  kernel: randomUniformKernel,
  infer: ([key], { shape }) => {
    if (key!.dtype !== 'int32' || key!.shape.length !== 1 || key!.shape[0] !== 2) {
      throw new ShapeError(
        `randomUniform: a key is two int32 numbers, got ${key!.dtype} of shape ${formatShape(key!.shape)}.`,
      );
    }
    return { shape, dtype: 'float32' };
  },
  reference: ([key], out, { stream }) => {
    const words = [key!.data[key!.offset]!, key!.data[key!.offset + key!.strides[0]!]!] as const;
    const size = out.shape.reduce((n, length) => n * length, 1);
    const pair = new Int32Array(2);
    for (let block = 0; block < size; block += BLOCK) {
      for (let lane = 0; lane < 4; lane++) {
        threefry(words, [block / 2 + lane, stream], pair);
        for (let word = 0; word < 2; word++) {
          const i = block + 4 * word + lane;
          if (i < size) out.data[out.offset + i] = (pair[word]! >>> 8) / 2 ** 24;
        }
      }
    }
  },
});

/**
 * Uniform numbers in [0, 1), multiples of 2^−24, as a function of a key: the same on every backend, and whatever part of
 * them is computed where. No gradient flows to the key.
 *
 * @param key - `[2]`, int32.
 * @returns float32 of the shape asked for; of two shapes, the smaller has the first numbers of the larger.
 */
export function randomUniform(key: Tensor, attrs: RandomUniformAttrs): Tensor {
  return apply(randomUniformOp, [key], attrs);
}
