import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';

/** Punctuation, tab and line break; not the apostrophe. */
export const DEFAULT_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';

export interface WordSequenceOptions {
  /** Characters that count as the separator; punctuation, tab and line break by default, not the apostrophe. */
  readonly filters?: string | undefined;
  /** Make lower case; true by default. */
  readonly lower?: boolean | undefined;
  /** What divides words; a blank by default. */
  readonly split?: string | undefined;
}

/**
 * The words of a text: lower case, punctuation taken for blanks, cut at blanks.
 *
 * As Keras's `text_to_word_sequence`.
 *
 * @param text - any text.
 * @param options - `filters`, `lower = true`, `split = ' '`.
 * @returns the words, in order.
 * @throws ConfigError for an empty `split`, or for what is no text.
 *
 * @example
 * ```ts
 * import { textToWordSequence } from 'kompakt/text';
 * console.log(textToWordSequence("Don't stop, now!")); // → [ "don't", 'stop', 'now' ]
 * ```
 */
export function textToWordSequence(text: string, options: WordSequenceOptions = {}): string[] {
  const what = 'textToWordSequence';
  checkOptions(options, ['filters', 'lower', 'split'], what);
  if (typeof text !== 'string') throw new ConfigError(`${what}: expected a text, got ${shown(text)}.`);
  const { filters = DEFAULT_FILTERS, lower = true, split = ' ' } = options;
  if (typeof filters !== 'string') throw new ConfigError(`${what}: filters must be a text, got ${shown(filters)}.`);
  checkSplit(split, what);
  return wordsIn(text, { filters, lower, split });
}

export function checkSplit(split: string, what: string): void {
  if (typeof split !== 'string') throw new ConfigError(`${what}: split must be a text, got ${shown(split)}.`);
  if (split === '') throw new ConfigError(`${what}: split must not be empty. Set charLevel for characters.`);
}

/** {@link textToWordSequence} without its checks. */
export function wordsIn(
  text: string,
  { filters, lower, split }: { readonly filters: string; readonly lower: boolean; readonly split: string },
): string[] {
  const set = new Set(filters);
  let out = '';
  for (const character of lower ? text.toLowerCase() : text) out += set.has(character) ? split : character;
  return out.split(split).filter((word) => word !== '');
}
