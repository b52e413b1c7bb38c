import { FormatError } from '../core/errors';
import type { Shape } from '../core/shape';

/** Longest header accepted, as in the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/** One tensor as the header describes it, positions counted from the start of the data. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Position of the data in the file. */
  readonly dataStart: number;
}

const fail = (what: string): never => {
  throw new FormatError(`safetensors: ${what}`);
};

/**
 * The header of a safetensors file, checked in full: lengths, names, types, shapes, and data without overlap or holes up
 * to the very end.
 *
 * @param widthOf - bytes of one element of a type, null for a type that can't be read.
 * @throws FormatError that says what is wrong.
 */
export function parseHeader(bytes: Uint8Array, widthOf: (dtype: string) => number | null): Header {
  if (bytes.length < 8)
    fail(`the file has ${bytes.length} bytes; even an empty one has 10. It is truncated or another format.`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    fail(
      `the header would be ${length} bytes long; at most ${MAX_HEADER_BYTES} are allowed. This is not a safetensors file.`,
    );
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length)
    fail(
      `the header should end at byte ${dataStart}, but the file has ${bytes.length}. It is truncated or another format.`,
    );
  const json = parseJson(bytes.subarray(8, dataStart));
  const metadata = readMetadata(json);
  const entries = Object.entries(json)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => readEntry(name, value, widthOf));
  checkCoverage(entries, bytes.length - dataStart);
  return { entries, metadata, dataStart };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let text = '';
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (error) {
    throw new FormatError('safetensors: the header is not JSON. The file is damaged or another format.', {
      cause: error,
    });
  }
  if (!isRecord(json) || !text.startsWith('{')) fail('the header is not a JSON object.');
  checkKeys(text);
  return json as Record<string, unknown>;
}

function isRecord(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null && !Array.isArray(x);
}

/** Refuses repeated keys, of which `JSON.parse` would keep the last, and `__proto__`, in any object of the header. */
function checkKeys(text: string): void {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') open.push(new Set());
    else if (text[at] === '}') open.pop();
    if (text[at] !== '"') continue;
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    let next = at + 1;
    while (' \t\r\n'.includes(text[next] ?? '-')) next++;
    if (text[next] === ':') addKey(open.at(-1)!, JSON.parse(text.slice(start, at + 1)) as string);
  }
}

function addKey(seen: Set<string>, key: string): void {
  if (key === '__proto__') fail("the header uses the name '__proto__', which is not allowed.");
  if (seen.has(key)) fail(`the header names '${key}' twice.`);
  seen.add(key);
}

function readMetadata(json: Record<string, unknown>): Record<string, string> {
  if (!Object.hasOwn(json, '__metadata__')) return {};
  const metadata = json.__metadata__;
  if (!isRecord(metadata) || Object.values(metadata).some((v) => typeof v !== 'string')) {
    fail('__metadata__ must be an object of strings.');
  }
  return metadata as Record<string, string>;
}

const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

function readEntry(name: string, value: unknown, widthOf: (dtype: string) => number | null): HeaderEntry {
  if (!isRecord(value)) return fail(`the entry of '${name}' is not an object.`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') return fail(`'${name}' has no dtype.`);
  const width = widthOf(dtype) ?? fail(`'${name}' has dtype ${dtype}, which kompakt can't read.`);
  if (!Array.isArray(shape) || !shape.every(isCount)) return fail(`'${name}' has no valid shape.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return fail(`'${name}' has no valid data_offsets.`);
  const [begin, end] = offsets as [number, number];
  const size = (shape as number[]).reduce((a, b) => a * b, 1);
  if (!Number.isSafeInteger(size) || end - begin !== size * width) {
    return fail(
      `'${name}' is ${dtype} of shape [${shape.join(', ')}], ${size * width} bytes, but its offsets span ${end - begin}.`,
    );
  }
  return { name, dtype, shape: shape as number[], begin, end };
}

/** The entries must lie one behind the other and fill the data exactly. */
function checkCoverage(entries: readonly HeaderEntry[], dataBytes: number): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      fail(`'${name}' begins at byte ${begin} of the data; expected ${at}. Tensors overlap or leave a hole.`);
    at = end;
  }
  if (at !== dataBytes)
    fail(
      `the tensors end at byte ${at} of the data, but ${dataBytes} bytes are there. The file is truncated or has something appended.`,
    );
}
