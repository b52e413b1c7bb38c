import type { TypedArray } from '../core/dtype';
import { quantizeMultiplier, roundHalfToEven } from '../core/fixed-point';
import type { Tensor } from '../core/tensor';
import type { Params } from '../nn/layer';
import { tensor } from '../ops/create';
import { type QuantizationParams, symmetricParams } from './quantization-params';

/** A weighted layer's tensors and the maps of its input and output. */
export interface WeightsToQuantize {
  /** Kernel whose flat position i belongs to output channel i mod `channels`. */
  readonly kernel: Tensor;
  readonly bias: Tensor | undefined;
  readonly channels: number;
  readonly input: QuantizationParams;
  readonly output: QuantizationParams;
  readonly perChannel: boolean;
}

/** The scale of each output channel's weights: max |w| / 127, of the channel or of the whole kernel. */
export function weightScales(weights: TypedArray, channels: number, perChannel: boolean): Float64Array {
  const largest = new Float64Array(channels);
  for (let i = 0; i < weights.length; i++) {
    const c = i % channels;
    largest[c] = Math.max(largest[c]!, Math.abs(weights[i]!));
  }
  if (!perChannel) largest.fill(Math.max(...largest));
  return largest.map((max) => symmetricParams(max).scale);
}

/**
 * The parameters of an integer layer: kernel int8 = round(w / s_w), bias int32 = round(b / (s_x·s_w)), and per channel the
 * fixed-point form of s_x·s_w / s_y that brings the accumulator to the output's scale.
 */
export async function integerParams(w: WeightsToQuantize): Promise<() => Params> {
  const weights = await w.kernel.data();
  const biases = await w.bias?.data();
  const scales = weightScales(weights, w.channels, w.perChannel);
  const kernel = Int8Array.from(weights, (x: number, i: number) =>
    clampInt8(roundHalfToEven(x / scales[i % w.channels]!)),
  );
  const bias = Int32Array.from(scales, (s, c) => clampInt32(roundHalfToEven((biases?.[c] ?? 0) / (w.input.scale * s))));
  const factors = Array.from(scales, (s) => quantizeMultiplier((w.input.scale * s) / w.output.scale));
  const { backend, shape } = w.kernel;
  return () => ({
    kernel: tensor(kernel, { shape, backend }),
    bias: tensor(bias, { backend }),
    multiplier: tensor(
      Int32Array.from(factors, (f) => f.multiplier),
      { backend },
    ),
    shift: tensor(
      Int32Array.from(factors, (f) => f.shift),
      { backend },
    ),
  });
}

const clampInt8 = (x: number): number => Math.min(127, Math.max(-127, x));
const clampInt32 = (x: number): number => Math.min(2147483647, Math.max(-2147483648, x));
