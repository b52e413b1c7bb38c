import { BackendError, ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { checkOption } from '../metrics/warning';

export interface SegmentOptions {
  /** The language, as a tag such as `'zh'`, `'ja'`, `'th'`; that of the platform by default. */
  readonly locale?: string | undefined;
  /** What to cut into: `'word'` (default; without blanks and punctuation), `'sentence'` or `'grapheme'`. */
  readonly granularity?: 'word' | 'sentence' | 'grapheme' | undefined;
}

/**
 * Cuts a text into words as its language has them, which where no blanks divide words needs a dictionary: by
 * `Intl.Segmenter`, whose dictionaries differ a little between platforms.
 *
 * @param text - any text.
 * @param options - `locale`, `granularity = 'word'`.
 * @returns the parts, in order.
 * @throws BackendError where `Intl.Segmenter` is missing; ConfigError for a tag that is none.
 *
 * Reference: Unicode Standard Annex #29, “Unicode Text Segmentation”.
 *
 * @example
 * ```ts
 * import { segment } from 'kompakt/text';
 * console.log(segment('今天天气很好。', { locale: 'zh' })); // → [ '今天', '天气', '很好' ]
 * ```
 */
export function segment(text: string, options: SegmentOptions = {}): string[] {
  checkOptions(options, ['locale', 'granularity'], 'segment');
  if (typeof text !== 'string') throw new ConfigError(`segment: expected a text, got ${shown(text)}.`);
  const granularity = checkOption(
    options.granularity ?? 'word',
    ['word', 'sentence', 'grapheme'] as const,
    'granularity',
    'segment',
  );
  if (typeof Intl === 'undefined' || typeof Intl.Segmenter !== 'function')
    throw new BackendError('segment: this platform has no Intl.Segmenter. Give a tokenizer of your own.');
  const parts = segmenter(options.locale, granularity).segment(text);
  const out: string[] = [];
  for (const { segment: part, isWordLike } of parts) if (granularity !== 'word' || isWordLike) out.push(part);
  return out;
}

function segmenter(locale: string | undefined, granularity: 'word' | 'sentence' | 'grapheme'): Intl.Segmenter {
  try {
    return new Intl.Segmenter(locale, { granularity });
  } catch {
    throw new ConfigError(`segment: '${locale}' is no language tag. Use one such as 'zh' or 'en-GB'.`);
  }
}

/**
 * The words of a Chinese text: a `tokenizer` for the vectorizers.
 *
 * @param text - Chinese text.
 *
 * @example
 * ```ts
 * import { chineseTokens, CountVectorizer } from 'kompakt/text';
 * const { fitted } = await new CountVectorizer({ tokenizer: chineseTokens }).fitTransform(['我喜欢茶', '我喜欢咖啡']);
 * console.log(fitted.featureNames); // → [ '咖啡', '喜欢', '我', '茶' ]
 * ```
 */
export function chineseTokens(text: string): string[] {
  return segment(text, { locale: 'zh' });
}
