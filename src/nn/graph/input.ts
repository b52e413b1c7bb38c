import { DTYPES, type DType } from '../../core/dtype';
import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { SymbolicTensor } from '../layer';
import { readShape } from './input-shapes';
import { SymbolicValue } from './symbolic';

export interface InputOptions {
  /** By which its samples can be given; by default the model names it `input`, `input_1`, … */
  readonly name?: string | undefined;
  /** What samples are converted to; by default float32. */
  readonly dtype?: DType | undefined;
}

/**
 * Where samples come into a graph model.
 *
 * @param shape - of one sample, without the batch axis; null for a size that may differ from batch to batch.
 * @param options - `name`, `dtype = 'float32'`.
 * @returns a value to apply layers to.
 * @throws ShapeError when the shape is none; ConfigError for a name or dtype that is none.
 *
 * @example
 * ```ts
 * import { dense, input, model } from 'kompakt/nn';
 * const x = input([4]);
 * const m = model({ inputs: x, outputs: dense({ units: 2 }).apply(x) });
 * console.log(m.outputShape, String(input([null, 8]))); // → [ 2 ] SymbolicTensor([?, 8])
 * ```
 */
export function input(shape: readonly (number | null)[], options: InputOptions = {}): SymbolicTensor {
  checkOptions(options, ['name', 'dtype'], 'input');
  const { name = null, dtype = 'float32' } = options;
  if (name !== null && (typeof name !== 'string' || name === '' || name.includes('/')))
    throw new ConfigError(`input: name must be a non-empty string without '/', got ${JSON.stringify(name)}.`);
  if (!DTYPES.includes(dtype))
    throw new ConfigError(`input: dtype must be one of ${DTYPES.join(', ')}, got ${String(dtype)}.`);
  return new SymbolicValue(readShape(shape, 'input: shape'), null, 0, name, dtype);
}
