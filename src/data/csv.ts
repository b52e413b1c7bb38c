import { ConfigError, FormatError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { type ByteSource, readBytes } from './files';
import { type Column, ColumnTable } from './table';

/** What a column of a CSV file holds. */
export type ColumnType = 'number' | 'string' | 'boolean';

export interface CSVOptions {
  /** What separates fields; found out by default. */
  readonly delimiter?: string | undefined;
  /** Whether the first row names the columns (default), or their names. */
  readonly header?: boolean | readonly string[] | undefined;
  /** Which columns to keep, in this order; all by default. */
  readonly columns?: readonly string[] | undefined;
  /** Types of columns that are not to be found out: `{ zip: 'string' }`. */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /** Texts that stand for a missing value; by default nothing, `NA`, `N/A`, `NaN`, `null`, `None` and the like. */
  readonly missing?: readonly string[] | undefined;
  /** Lines that begin so are left out. */
  readonly comment?: string | undefined;
  /** Lines to leave out at the start; 0 by default. */
  readonly skipRows?: number | undefined;
  /** Rows to read at most; all by default. */
  readonly maxRows?: number | undefined;
  /** Take blanks off the ends of fields; true by default. */
  readonly trim?: boolean | undefined;
  /** How bytes become text, as `TextDecoder` knows it; `'utf-8'` by default. */
  readonly encoding?: string | undefined;
}

const OPTIONS = [
  'delimiter',
  'header',
  'columns',
  'types',
  'missing',
  'comment',
  'skipRows',
  'maxRows',
  'trim',
  'encoding',
];

const MISSING = ['', '#N/A', '<NA>', 'N/A', 'NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null', '-nan', '-NaN'];

/**
 * Reads a CSV file into typed columns. A gzipped one is unpacked.
 *
 * A column whose values are all numbers becomes numbers (NaN where missing), one of true and false booleans, any other
 * text (null where missing).
 *
 * @param source - a path, an address, a `Blob` (a browser's `File`) or bytes. Text itself goes to {@link parseCSV}.
 * @param options - `delimiter`, `header = true`, `columns`, `types`, `missing`, `comment`, `skipRows = 0`, `maxRows`,
 * `trim = true`, `encoding = 'utf-8'`.
 * @throws FormatError for rows of another length, quotes that don't end or text in another encoding; ConfigError for
 * options that don't fit, or a file that can't be read.
 *
 * @example
 * ```ts
 * import { readCSV } from 'kompakt/data';
 * const bytes = new TextEncoder().encode('age,town\n31,Riga\n,Pau\n');
 * const table = await readCSV(bytes);
 * console.log(table.names, table.column('age'), table.column('town'));
 * // → [ 'age', 'town' ] Float64Array(2) [ 31, NaN ] [ 'Riga', 'Pau' ]
 * ```
 */
export async function readCSV(source: ByteSource, options: CSVOptions = {}): Promise<ColumnTable> {
  checkOptions(options, OPTIONS, 'readCSV');
  const bytes = await unpack(await readBytes(source, 'readCSV'));
  return parse(decode(bytes, options.encoding ?? 'utf-8'), options, 'readCSV');
}

/**
 * Reads CSV text into typed columns; see {@link readCSV}.
 *
 * @param text - the content of a CSV file.
 * @param options - as for {@link readCSV}.
 * @throws FormatError for rows of another length or quotes that don't end; ConfigError for options that don't fit.
 *
 * @example
 * ```ts
 * import { parseCSV } from 'kompakt/data';
 * const table = await parseCSV('x;y\n1;a\n2;"b;c"\n');
 * console.log(table.shape, table.column('y')); // → [ 2, 2 ] [ 'a', 'b;c' ]
 * ```
 */
export async function parseCSV(text: string, options: CSVOptions = {}): Promise<ColumnTable> {
  checkOptions(options, OPTIONS, 'parseCSV');
  if (typeof text !== 'string')
    throw new ConfigError(`parseCSV: expected text, got ${typeof text}. Give paths and bytes to readCSV.`);
  return parse(text, options, 'parseCSV');
}

async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new FormatError('readCSV: the file begins as gzip does, but is damaged or cut off.', { cause });
  }
}

function decode(bytes: Uint8Array, encoding: string): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new ConfigError(`readCSV: the encoding '${encoding}' is not known here.`, { cause });
  }
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new FormatError(
      `readCSV: the bytes are not ${encoding}. Set encoding: 'windows-1252' for older Western files, 'gb18030' for Chinese.`,
      { cause },
    );
  }
}

async function parse(text: string, options: CSVOptions, what: string): Promise<ColumnTable> {
  const { skipRows = 0, maxRows, comment, delimiter = '' } = options;
  for (const [name, n] of Object.entries({ skipRows, maxRows: maxRows ?? 0 })) {
    if (!Number.isInteger(n) || n < 0)
      throw new ConfigError(`${what}: ${name} must be an integer ≥ 0, got ${shown(n)}.`);
  }
  const { default: parser } = await import('papaparse');
  const { data, errors } = parser.parse<string[]>(text.replace(/^\uFEFF/, ''), {
    delimiter,
    comments: comment ?? false,
    skipEmptyLines: true,
    skipFirstNLines: skipRows,
  });
  const bad = errors.find((e) => e.type === 'Quotes');
  if (bad !== undefined)
    throw new FormatError(`${what}: row ${bad.row}: ${bad.message}. A quote within quotes is written twice.`);
  const named = options.header ?? true;
  const names = named === true ? data.shift() : named === false ? data[0]?.map((_, c) => `column${c}`) : [...named];
  if (names === undefined) throw new FormatError(`${what}: the file has no rows.`);
  const clean = named === true ? names.map((name) => name.trim()) : names;
  const rows = maxRows === undefined ? data : data.slice(0, maxRows);
  checkRows(rows, clean, what);
  return toTable(rows, clean, options, what);
}

function checkRows(rows: readonly string[][], names: readonly string[], what: string): void {
  const at = rows.findIndex((row) => row.length !== names.length);
  if (at >= 0) {
    throw new FormatError(
      `${what}: data row ${at} has ${rows[at]!.length} fields and the table ${names.length} columns ` +
        `(${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}). Set the delimiter, header or skipRows, or mend the file.`,
    );
  }
  const twice = names.find((name, c) => names.indexOf(name) !== c);
  if (twice !== undefined)
    throw new FormatError(`${what}: two columns are named '${twice}'. Give names: header: ['a', 'b', …], skipRows: 1.`);
}

function toTable(rows: readonly string[][], names: readonly string[], options: CSVOptions, what: string): ColumnTable {
  const { types = {}, columns = names, trim = true } = options;
  const missing = new Set(options.missing ?? MISSING);
  const unknown = [...columns, ...Object.keys(types)].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ConfigError(`${what}: no column is named '${unknown}'. There are ${names.join(', ')}.`);
  return new ColumnTable(
    new Map(
      columns.map((name) => {
        const c = names.indexOf(name);
        const texts = rows.map((row) => {
          const field = trim ? row[c]!.trim() : row[c]!;
          return missing.has(field) ? null : field;
        });
        return [name, typedColumn(texts, types[name], `${what}: column '${name}'`)] as const;
      }),
    ),
  );
}

const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)$/i;
const BOOLEAN = /^(?:true|false)$/i;

function typedColumn(texts: readonly (string | null)[], type: ColumnType | undefined, what: string): Column {
  const found = type ?? inferType(texts);
  if (found === 'string') return texts;
  const rule = found === 'number' ? NUMBER : found === 'boolean' ? BOOLEAN : null;
  if (rule === null)
    throw new ConfigError(`${what}: its type must be 'number', 'string' or 'boolean', got ${shown(found)}.`);
  const at = type === undefined ? -1 : texts.findIndex((text) => text !== null && !rule.test(text));
  if (at >= 0)
    throw new FormatError(`${what}: '${texts[at]}' in row ${at} is no ${found}. Name it in missing, or read text.`);
  if (found === 'boolean') return texts.map((text) => (text === null ? null : text.toLowerCase() === 'true'));
  return Float64Array.from(texts, (text) => (text === null ? Number.NaN : toNumber(text)));
}

function inferType(texts: readonly (string | null)[]): ColumnType {
  if (texts.every((text) => text === null || NUMBER.test(text))) return 'number';
  return texts.every((text) => text === null || BOOLEAN.test(text)) ? 'boolean' : 'string';
}

function toNumber(text: string): number {
  if (!/inf/i.test(text)) return Number(text);
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
