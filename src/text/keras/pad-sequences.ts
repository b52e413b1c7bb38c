import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';
import { isTyped } from '../../data/rows';
import { checkOption } from '../../metrics/warning';

export interface PadSequencesOptions {
  /** How long rows become; the longest sequence's length by default. */
  readonly maxlen?: number | null | undefined;
  /** `'int32'` (default) cuts values to integers, the others keep them. */
  readonly dtype?: 'int32' | 'float32' | 'float64' | undefined;
  /** Fill up before (`'pre'`, default) or after. */
  readonly padding?: 'pre' | 'post' | undefined;
  /** Cut off at the beginning (`'pre'`, default) or the end. */
  readonly truncating?: 'pre' | 'post' | undefined;
  /** What to fill up with; 0 by default. */
  readonly value?: number | undefined;
}

/**
 * Makes sequences equally long, by filling up and cutting off.
 *
 * @param sequences - lists of numbers.
 * @param options - `maxlen`, `dtype = 'int32'`, `padding = 'pre'`, `truncating = 'pre'`, `value = 0`.
 * @returns rows of equal length.
 * @throws ConfigError for options that don't fit.
 *
 * @example
 * ```ts
 * import { padSequences } from 'kompakt/text';
 * console.log(padSequences([[1], [2, 3, 4]], { maxlen: 2 }).map((row) => row.join())); // → [ '0,1', '3,4' ]
 * ```
 */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadSequencesOptions = {}): number[][] {
  const what = 'padSequences';
  checkOptions(options, ['maxlen', 'dtype', 'padding', 'truncating', 'value'], what);
  const sides = ['pre', 'post'] as const;
  const padding = checkOption(options.padding ?? 'pre', sides, 'padding', what);
  const truncating = checkOption(options.truncating ?? 'pre', sides, 'truncating', what);
  const dtype = checkOption(options.dtype ?? 'int32', ['int32', 'float32', 'float64'] as const, 'dtype', what);
  if (!Array.isArray(sequences))
    throw new ConfigError(`${what}: expected an array of sequences, got ${shown(sequences)}.`);
  sequences.forEach((sequence: ArrayLike<number>, i) => {
    if (!Array.isArray(sequence) && !isTyped(sequence))
      throw new ConfigError(`${what}: sequence ${i} must be a list of numbers, got ${shown(sequence)}.`);
  });
  const length = options.maxlen ?? sequences.reduce((n: number, s: ArrayLike<number>) => Math.max(n, s.length), 0);
  if (!Number.isInteger(length) || length < 0)
    throw new ConfigError(`${what}: maxlen must be an integer ≥ 0, got ${shown(length)}.`);
  const read = (v: number): number => (dtype === 'int32' ? Math.trunc(v) : dtype === 'float32' ? Math.fround(v) : v);
  return sequences.map((sequence: ArrayLike<number>) => {
    const kept = Array.from(sequence, read);
    const cut = truncating === 'pre' ? kept.slice(Math.max(0, kept.length - length)) : kept.slice(0, length);
    const fill = new Array<number>(length - cut.length).fill(read(options.value ?? 0));
    return padding === 'pre' ? [...fill, ...cut] : [...cut, ...fill];
  });
}
