import { FormatError } from '../../core/errors';

/** An object of a parsed file. Read it with the functions below, which look at its own properties only. */
export type Json = { readonly [key: string]: unknown };

/** Real topologies take some megabytes and nest about twenty deep. Empty lists take the most memory for their length. */
const MAX_CHARS = 32 << 20;
const MAX_DEPTH = 200;
const MAX_VALUES = 5_000_000;

export const isRecord = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x);

/** An object's own property; undefined where there is none. */
export const own = (record: Json, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);

/** A value as messages show it: short, and never longer than a line. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/**
 * The value of a JSON text.
 *
 * @throws FormatError for what is no JSON, or is nested so deep that reading it could exhaust the stack.
 */
export function parseJson(text: string, label: string): unknown {
  if (text.length > MAX_CHARS)
    throw new FormatError(
      `${label}: ${text.length} characters of JSON are more than the ${MAX_CHARS} a model may take.`,
    );
  checkNesting(text, label);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`${label}: the description of the model is no JSON: ${String(cause)}. Is the file damaged?`, {
      cause,
    });
  }
}

/** {@link parseJson} for an object. */
export function parseRecord(text: string, label: string): Json {
  const json = parseJson(text, label);
  if (!isRecord(json)) throw new FormatError(`${label}: expected a JSON object, got ${show(json)}.`);
  return json;
}

function checkNesting(text: string, label: string): void {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i);
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) throw new FormatError(`${label}: the JSON is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === 0x2c && ++values > MAX_VALUES)
      throw new FormatError(`${label}: the JSON holds more than ${MAX_VALUES} values.`);
  }
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
  return i;
}
