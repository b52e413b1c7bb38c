import { ConfigError } from '../core/errors';
import { roundHalfToEven } from '../core/fixed-point';

/** An affine map real = scale · (q − zeroPoint) with the integers it may use. */
export interface QuantizationParams {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly qmin: number;
  readonly qmax: number;
}

export interface IntegerRange {
  readonly qmin?: number;
  readonly qmax?: number;
}

/** The smallest scale given out: below it a range is a constant for all purposes. */
export const MIN_SCALE = 2 ** -23;

/**
 * Scale and zero point that map [min, max], widened to include 0, onto the integers [qmin, qmax]:
 * scale = (max − min) / (qmax − qmin), zeroPoint = round(qmin − min / scale).
 *
 * @throws ConfigError when the range is not finite or upside down.
 */
export function affineParams(
  min: number,
  max: number,
  { qmin = -128, qmax = 127 }: IntegerRange = {},
): QuantizationParams {
  checkRange(min, max);
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  const scale = Math.max((high - low) / (qmax - qmin), MIN_SCALE);
  const zeroPoint = Math.min(qmax, Math.max(qmin, roundHalfToEven(qmin - low / scale)));
  return { scale, zeroPoint, qmin, qmax };
}

/** Scale that maps [−maxAbs, maxAbs] onto [−127, 127], zero at zero; what weights use. */
export function symmetricParams(maxAbs: number, { qmin = -127, qmax = 127 }: IntegerRange = {}): QuantizationParams {
  checkRange(-maxAbs, maxAbs);
  return { scale: Math.max(maxAbs / ((qmax - qmin) / 2), MIN_SCALE), zeroPoint: 0, qmin, qmax };
}

function checkRange(min: number, max: number): void {
  if (!Number.isFinite(min) || !Number.isFinite(max) || min > max) {
    throw new ConfigError(
      `quantize: [${min}, ${max}] is not a range. Is the calibration data empty, or does it hold NaN or Infinity?`,
    );
  }
}
