/** White space as Python knows it, which is not quite JavaScript's. */
const SPACE = '[ \\t\\n\\r\\f\\v\\x1c-\\x1f\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';

/** Words of at least two characters, each a letter or digit of any script or `_`, as Python's `\b\w\w+\b`. */
export function words(text: string): string[] {
  // The narrow class is much quicker, and most text has nothing else.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  const pattern = /^[\x00-\x7f]*$/.test(text) ? /[a-zA-Z0-9_]{2,}/g : /[\p{L}\p{N}_]{2,}/gu;
  return text.match(pattern) ?? [];
}

/** Runs of white space as one blank each, where longer than one character. */
export function squeezeSpaces(text: string): string {
  return text.replace(new RegExp(`${SPACE}{2,}`, 'g'), ' ');
}

/** The parts of a text between white space. */
export function splitSpaces(text: string): string[] {
  return text.split(new RegExp(`${SPACE}+`)).filter((part) => part !== '');
}

/** How accents are taken off: what has no ASCII letter is kept (`'unicode'`) or dropped (`'ascii'`). */
export type StripAccents = 'ascii' | 'unicode';

/** Text without accents: é becomes e. */
export function stripAccents(text: string, how: StripAccents): string {
  const apart = text.normalize('NFKD');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  if (how === 'ascii') return apart.replace(/[^\x00-\x7f]/g, '');
  return apart.replace(/\p{M}/gu, (mark) => (combines(mark) ? '' : mark));
}

/** A mark of the last of the combining classes: any other that combines is put before it when normalising. */
const LAST = '\u0345';

/** Whether a mark has a combining class, which JavaScript does not tell otherwise. */
function combines(mark: string): boolean {
  return mark === LAST || (LAST + mark).normalize('NFD') !== LAST + mark;
}

/** The characters of a text, those of two UTF-16 units as one. */
export function charactersOf(text: string): string | string[] {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text) : text;
}
