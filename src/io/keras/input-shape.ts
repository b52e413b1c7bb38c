import { FormatError } from '../../core/errors';
import { type Json, own, show } from './json';

export interface Input {
  readonly name: string;
  /** Of one sample, null for sizes that the file leaves open; null as a whole where it does not tell. */
  readonly shape: readonly (number | null)[] | null;
}

/** Shape of one sample by the config of a first layer. */
export function shapeOf(config: Json): Input['shape'] {
  return sampleShape(own(config, 'batch_shape') ?? own(config, 'batch_input_shape'));
}

/** Without the batch axis; null where there is none. */
export function sampleShape(batchShape: unknown): Input['shape'] {
  if (batchShape === null || batchShape === undefined) return null;
  const isSize = (n: unknown): boolean =>
    n === null || (Number.isSafeInteger(n) && (n as number) > 0 && (n as number) < 2 ** 31);
  if (
    !Array.isArray(batchShape) ||
    batchShape.length === 0 ||
    batchShape.length > 9 ||
    !batchShape.slice(1).every(isSize)
  )
    throw new FormatError(
      `fromKeras: the shape of the input must be a list of sizes, the file has ${show(batchShape)}.`,
    );
  return batchShape.slice(1) as (number | null)[];
}

/** The size of all batches, where the config of a first layer tells it. */
export function batchSizeOf(config: Json = {}): number | null {
  const shape = own(config, 'batch_shape') ?? own(config, 'batch_input_shape');
  const size: unknown = Array.isArray(shape) ? shape[0] : null;
  return Number.isSafeInteger(size) && (size as number) > 0 ? (size as number) : null;
}
