import { ConfigError } from '../core/errors';
import { describe } from '../data/rows';
import { checkOption } from './warning';

const KINDS = ['13a', 'zh', 'char', 'none'] as const;

/** How texts are cut into words before they are compared. */
export type TranslationTokens = (typeof KINDS)[number] | ((text: string) => readonly string[]);

/** In order: symbols, then points and commas away from digits, then dashes after a digit. */
const WESTERN: readonly (readonly [RegExp, string])[] = [
  [/([{-~[-` -&(-+:-@/])/g, ' $1 '],
  [/([^0-9])([.,])/gu, '$1 $2 '],
  [/([.,])([^0-9])/gu, ' $1 $2'],
  [/([0-9])(-)/g, '$1 $2 '],
];

const ENTITIES: readonly (readonly [string, string])[] = [
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
];

/** Han characters, radicals, strokes and phonetic signs; full-width forms; East Asian punctuation; some symbols. */
const CHINESE =
  /[\u3400-\u4db5\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\uff00-\uffef\u2e80-\u2eff\u3000-\u303f\u31c0-\u31ef\u2f00-\u2fdf\u2ff0-\u2fff\u3100-\u312f\u31a0-\u31bf\ufe10-\ufe1f\ufe30-\ufe4f\u2600-\u26ff\u2700-\u27bf\u3200-\u33ff]/gu;

const cut = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

function western(text: string): string[] {
  return cut(WESTERN.reduce((line, [pattern, by]) => line.replace(pattern, by), text));
}

function newswire(text: string): string[] {
  let line = text.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  for (const [entity, character] of ENTITIES) line = line.replaceAll(entity, character);
  return western(` ${line} `);
}

/**
 * The function that cuts texts as asked: `'13a'` as WMT's evaluation does for languages with blanks, `'zh'` Chinese
 * characters one by one and the rest alike, `'char'` all characters, `'none'` at blanks.
 */
export function translationTokens(kind: TranslationTokens, what: string): (text: string) => readonly string[] {
  if (typeof kind === 'function') return kind;
  switch (checkOption(kind, KINDS, 'tokenize', what)) {
    case 'zh':
      return (text) => western(text.trim().replace(CHINESE, ' $& '));
    case 'char':
      return (text) => Array.from(text.replace(/\s+/gu, ''));
    case 'none':
      return cut;
    default:
      return newswire;
  }
}

/** A corpus of hypotheses, each with its references. */
export interface Corpus {
  readonly hypotheses: readonly string[];
  /** Of each hypothesis, one or more. */
  readonly references: readonly (readonly string[])[];
}

/**
 * Reads references, one or several for each hypothesis.
 *
 * @throws ConfigError where they are not as many, are empty, or not texts.
 */
export function readCorpus(
  references: readonly (string | readonly string[])[],
  hypotheses: readonly string[],
  what: string,
): Corpus {
  if (!Array.isArray(references) || !Array.isArray(hypotheses))
    throw new ConfigError(`${what}: expected arrays of references and hypotheses, as (references, hypotheses).`);
  if (references.length !== hypotheses.length || hypotheses.length === 0)
    throw new ConfigError(
      `${what}: got ${references.length} references and ${hypotheses.length} hypotheses; there must be as many, and at least one. Give several references of one hypothesis as an array.`,
    );
  const lists = references.map((r) => (typeof r === 'string' ? [r] : r));
  lists.forEach((list, i) => {
    if (!Array.isArray(list) || list.length === 0)
      throw new ConfigError(`${what}: hypothesis ${i} has no reference; give a text, or an array of texts.`);
  });
  const all: readonly unknown[] = [...hypotheses, ...lists.flat()];
  const at = all.findIndex((text) => typeof text !== 'string');
  if (at >= 0) throw new ConfigError(`${what}: expected texts, got ${describe(all[at])}.`);
  return { hypotheses, references: lists };
}

/** How often each sequence of `n` parts occurs. */
export function countGrams(parts: readonly string[], n: number, joint: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= parts.length; i++) {
    const gram = parts.slice(i, i + n).join(joint);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}
