import { ConfigError, DTypeError } from '../core/errors';
import { shown } from '../core/shown';
import type { Matrix } from '../data/matrix';
import { describe } from '../data/rows';
import type { StateValue } from '../estimator/state';
import { checkOption } from '../metrics/warning';
import { charactersOf, type StripAccents, splitSpaces, squeezeSpaces, stripAccents, words } from './characters';
import { segment } from './segment';

/** How a text becomes terms. */
export interface AnalyzerOptions {
  /** Make lower case first; true by default. */
  readonly lowercase?: boolean | undefined;
  /** Take accents off: `'ascii'` drops what has no ASCII letter, `'unicode'` keeps it; null by default: leave them. */
  readonly stripAccents?: StripAccents | null | undefined;
  /** Instead of these two, a function of the text. */
  readonly preprocessor?: ((text: string) => string) | undefined;
  /**
   * What a word is; two or more letters, digits or `_` of any script by default. With a group, what that captures. Give it
   * the flag `u`, and classes such as `\p{L}`: JavaScript's `\w` knows ASCII only.
   */
  readonly tokenPattern?: RegExp | undefined;
  /** Instead of a pattern, a function that gives the words of a text, or `{ locale }`: words as that language has them. */
  readonly tokenizer?: ((text: string) => readonly string[]) | { readonly locale: string } | undefined;
  /** Lengths of the sequences of words (or characters) that are terms; [1, 1] by default. */
  readonly ngramRange?: readonly [number, number] | undefined;
  /** Terms are sequences of words (default), of characters, of characters within words (`'charWb'`), or what a function gives. */
  readonly analyzer?: 'word' | 'char' | 'charWb' | ((text: string) => readonly string[]) | undefined;
  /** Words that are left out; none by default. */
  readonly stopWords?: readonly string[] | null | undefined;
}

/** The names of the options of {@link AnalyzerOptions}. */
export const ANALYZER_OPTIONS = [
  'lowercase',
  'stripAccents',
  'preprocessor',
  'tokenPattern',
  'tokenizer',
  'ngramRange',
  'analyzer',
  'stopWords',
];

/** The terms of a text. */
export type Analyze = (text: string) => readonly string[];

/**
 * Makes the function that options describe.
 *
 * @throws ConfigError for options that don't fit.
 */
export function makeAnalyzer(options: AnalyzerOptions, what: string): Analyze {
  const { analyzer = 'word', ngramRange: range = [1, 1] } = options;
  const [least, most] = Array.isArray(range) ? (range as readonly [number, number]) : [Number.NaN, 0];
  if (!(Number.isInteger(least) && Number.isInteger(most) && least >= 1 && least <= most))
    throw new ConfigError(`${what}: ngramRange must be two rising integers ≥ 1, got ${shown(range)}.`);
  if (typeof analyzer === 'function') return givingTerms(analyzer, 'analyzer', what);
  checkOption(analyzer, ['word', 'char', 'charWb'], 'analyzer', what);
  const prepare = makePreprocessor(options, what);
  if (analyzer === 'char') return (text) => characterGrams(squeezeSpaces(prepare(text)), least, most);
  if (analyzer === 'charWb') return (text) => wordCharacterGrams(prepare(text), least, most);
  const split = makeTokenizer(options, what);
  const stop = readStopWords(options.stopWords, what);
  const tokens: Analyze =
    stop === null ? (text) => split(prepare(text)) : (text) => split(prepare(text)).filter((t) => !stop.has(t));
  return most === 1 ? tokens : (text) => wordGrams(tokens(text), least, most);
}

/** A function of the user's, whose results are looked at. */
function givingTerms(f: Analyze, name: string, what: string): Analyze {
  return (text) => {
    const terms: unknown = f(text);
    if (Array.isArray(terms)) return terms as readonly string[];
    throw new ConfigError(`${what}: ${name} must give a list of terms, it gave ${shown(terms)}.`);
  };
}

function makePreprocessor(options: AnalyzerOptions, what: string): (text: string) => string {
  const { lowercase = true, stripAccents: accents = null, preprocessor } = options;
  if (preprocessor !== undefined) {
    if (typeof preprocessor !== 'function')
      throw new ConfigError(`${what}: preprocessor must be a function of a text, got ${shown(preprocessor)}.`);
    return (text) => {
      const out: unknown = preprocessor(text);
      if (typeof out === 'string') return out;
      throw new ConfigError(`${what}: preprocessor must give a text, it gave ${shown(out)}.`);
    };
  }
  if (accents !== null) checkOption(accents, ['ascii', 'unicode'], 'stripAccents', what);
  return (text) => {
    const lower = lowercase ? text.toLowerCase() : text;
    return accents === null ? lower : stripAccents(lower, accents);
  };
}

function makeTokenizer({ tokenPattern, tokenizer }: AnalyzerOptions, what: string): Analyze {
  if (typeof tokenizer === 'function') return givingTerms(tokenizer, 'tokenizer', what);
  if (tokenizer !== undefined) {
    if (typeof tokenizer !== 'object' || tokenizer === null)
      throw new ConfigError(`${what}: tokenizer must be a function of a text, or { locale }; got ${shown(tokenizer)}.`);
    const { locale } = tokenizer;
    return (text) => segment(text, { locale });
  }
  if (tokenPattern === undefined) return words;
  if (!(tokenPattern instanceof RegExp))
    throw new ConfigError(`${what}: tokenPattern must be a RegExp such as /\\p{L}+/u, got ${describe(tokenPattern)}.`);
  const pattern = new RegExp(tokenPattern.source, [...new Set(`${tokenPattern.flags}g`)].join(''));
  return (text) => Array.from(text.matchAll(pattern), (match) => match[1] ?? match[0]);
}

function readStopWords(stopWords: unknown, what: string): Set<string> | null {
  if (stopWords === undefined || stopWords === null) return null;
  if (Array.isArray(stopWords) || stopWords instanceof Set) return new Set(stopWords as Iterable<string>);
  throw new ConfigError(
    `${what}: stopWords must be a list of words, got ${describe(stopWords)}. No lists are built in: take one that suits your texts, or leave out frequent words by maxDf.`,
  );
}

function wordGrams(tokens: readonly string[], least: number, most: number): string[] {
  const out = least === 1 ? [...tokens] : [];
  for (let n = Math.max(2, least); n <= Math.min(most, tokens.length); n++)
    for (let i = 0; i + n <= tokens.length; i++) out.push(tokens.slice(i, i + n).join(' '));
  return out;
}

const join = (part: string | readonly string[]): string => (typeof part === 'string' ? part : part.join(''));

function characterGrams(text: string, least: number, most: number): string[] {
  const characters = charactersOf(text);
  const out: string[] = [];
  for (let n = least; n <= Math.min(most, characters.length); n++)
    for (let i = 0; i + n <= characters.length; i++) out.push(join(characters.slice(i, i + n)));
  return out;
}

/** Of each word with a blank before and behind it; a word shorter than a sequence counts once. */
function wordCharacterGrams(text: string, least: number, most: number): string[] {
  const out: string[] = [];
  for (const word of splitSpaces(text)) {
    const characters = charactersOf(` ${word} `);
    for (let n = least; n <= most; n++) {
      out.push(join(characters.slice(0, n)));
      for (let i = 1; i + n <= characters.length; i++) out.push(join(characters.slice(i, i + n)));
      if (n >= characters.length) break;
    }
  }
  return out;
}

/** An array of texts. Anything else that samples may be is refused when it comes: the type is that of all transformers. */
export type Texts = readonly string[] | Matrix;

/** Throws unless `texts` is a list of texts. */
export function checkTexts(texts: unknown, what: string): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) {
    const hint = typeof texts === 'string' ? ' Put a single text into an array: [text].' : '';
    throw new DTypeError(`${what}: expected an array of texts, got ${describe(texts)}.${hint}`);
  }
  for (let i = 0; i < texts.length; i++) {
    if (typeof texts[i] !== 'string')
      throw new DTypeError(`${what}: text ${i} is ${describe(texts[i])}. Drop it, or put an empty text in its place.`);
  }
}

/** The options as data. Throws a `ConfigError` for functions, which can't be kept. */
export function analyzerState(options: AnalyzerOptions, what: string): StateValue {
  const kept: Record<string, StateValue> = {};
  for (const name of ANALYZER_OPTIONS) {
    const value = options[name as keyof AnalyzerOptions];
    if (typeof value === 'function') {
      throw new ConfigError(
        `${what}: ${name} is a function, which can’t be kept as data. Use tokenPattern or { locale }.`,
      );
    }
    if (value === undefined) continue;
    kept[name] = value instanceof RegExp ? [value.source, value.flags] : (value as StateValue);
  }
  return kept;
}

/** The options that {@link analyzerState} made data of. */
export function analyzerOf(state: StateValue): AnalyzerOptions {
  const { tokenPattern, ...rest } = state as Record<string, StateValue>;
  const pattern = tokenPattern as readonly [string, string] | undefined;
  return { ...rest, ...(pattern ? { tokenPattern: new RegExp(...pattern) } : {}) } as AnalyzerOptions;
}
