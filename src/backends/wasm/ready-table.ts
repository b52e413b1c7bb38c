import type { MemoryImport } from './assembler/index';

/**
 * Modules taken apart, so that what several have in common is there once: a line with all pieces in base64, then for every module
 * a line with its key and the numbers of its pieces. The import of the memory comes after the first of them.
 */
export type ReadyTable = string;

/** The bytes of the module known by `key`, over such a memory. */
export function moduleOf(table: ReadyTable, key: string, memory: MemoryImport): Uint8Array<ArrayBuffer> | undefined {
  const at = table.indexOf(`\n${key} `);
  if (at < 0) return undefined;
  const begin = at + key.length + 2;
  const numbers = table.slice(begin, table.indexOf('\n', begin)).split(' ');
  const pieces = table.slice(0, table.indexOf('\n')).split(' ');
  const parts = numbers.map((number) => decode(pieces[Number(number)]!));
  parts.splice(1, 0, importOf(memory));
  return joined(parts);
}

function joined(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The section of imports of a module that imports nothing but `env.memory`. */
export function importOf({ shared, maximumPages }: MemoryImport): number[] {
  const content = [1, 3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, shared ? 3 : 0, 0];
  if (shared) {
    let rest = maximumPages;
    for (; rest > 127; rest >>>= 7) content.push((rest & 127) | 128);
    content.push(rest);
  }
  return [2, content.length, ...content];
}

function decode(base64: string): ArrayLike<number> {
  // Node's is several times as fast, and all of this runs once.
  const { Buffer } = globalThis as { Buffer?: { from(text: string, encoding: 'base64'): Uint8Array } };
  return Buffer?.from(base64, 'base64') ?? Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
