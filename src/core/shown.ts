/** A value as error messages name it: text and numbers as they are, what has no short form by its kind. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) {
    const isShort =
      value.length > 0 && value.length <= 8 && value.every((v) => typeof v !== 'object' && typeof v !== 'function');
    return isShort ? `[${value.map(String).join(', ')}]` : `an array of length ${value.length}`;
  }
  if (value instanceof Date || value instanceof Error || value instanceof URL) return String(value);
  const name = value.constructor?.name ?? 'Object';
  return name === 'Object' ? 'an object' : `an object of type ${name}`;
}
