import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocateTyped, type DType } from '../../src/core/dtype';
import { FormatError } from '../../src/core/errors';
import { crc32 } from '../../src/data/checksum';
import { decodeSafetensors, encodeSafetensors, type HostTensor } from '../../src/data/safetensors';
import { tensor } from '../../src/index';
import { loadSafetensors, saveSafetensors } from '../../src/io/index';

/** A file with the given header and data. */
function file(header: unknown, data: ArrayLike<number> = [], pad = ''): Uint8Array {
  const text = new TextEncoder().encode((typeof header === 'string' ? header : JSON.stringify(header)) + pad);
  const out = new Uint8Array(8 + text.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(data, 8 + text.length);
  return out;
}

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it("reads a Buffer of Node's, whatever lies around it in its memory", async () => {
    const bytes = saveSafetensors({ a: tensor([1, 2, 3]), b: tensor(new Int8Array([-1, 5])) });
    const around = Buffer.alloc(bytes.length + 32, 7);
    around.set(bytes, 16);
    const { tensors } = await loadSafetensors(around.subarray(16, 16 + bytes.length));
    expect(tensors.a?.toArraySync()).toEqual([1, 2, 3]);
    expect(tensors.b?.toArraySync()).toEqual([-1, 5]);
    around.fill(0);
    expect(tensors.a?.toArraySync()).toEqual([1, 2, 3]);
  });

  it('lays a file out as the format says', () => {
    const bytes = saveSafetensors({ a: tensor([1, 2]), b: tensor(new Int8Array([-1])) }, { metadata: { k: 'v' } });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { k: 'v' },
      a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      b: { dtype: 'I8', shape: [1], data_offsets: [8, 9] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 0, 0, 0, 64, 255]);
  });

  it('gives back what it was given, of every dtype and shape', () => {
    const dtypes: DType[] = ['float32', 'float64', 'int32', 'int8', 'uint8', 'bool'];
    const host = fc
      .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(3), { maxLength: 3 }), seed: fc.nat(255) })
      .map(({ dtype, shape, seed }): HostTensor => {
        const data = allocateTyped(
          dtype,
          shape.reduce((a, b) => a * b, 1),
        );
        for (let i = 0; i < data.length; i++) data[i] = dtype === 'bool' ? (seed + i) % 2 : (seed * 7 + i * 3) % 100;
        return { dtype, shape, data };
      });
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((s) => s !== '__proto__' && s !== '__metadata__'),
          host,
          { noNullPrototype: true },
        ),
        fc.dictionary(
          fc.string().filter((s) => s !== '__proto__'),
          fc.string(),
          { noNullPrototype: true },
        ),
        (tensors, metadata) => {
          const read = decodeSafetensors(encodeSafetensors(new Map(Object.entries(tensors)), metadata));
          expect(Object.fromEntries(read.tensors)).toEqual(tensors);
          expect(read.metadata).toEqual(metadata);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('converts types it does not have where nothing is lost', () => {
    const { tensors } = loadSafetensors(
      file(
        {
          big: entry('I64', [2], 0, 16),
          half: entry('F16', [3], 16, 22),
          brain: entry('BF16', [1], 22, 24),
          u: entry('U16', [1], 24, 26),
        },
        [
          ...[5, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255],
          ...[0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00],
          ...[0x80, 0x3f],
          ...[0xff, 0xff],
        ],
      ),
    );
    expect(tensors.big!.toArraySync()).toEqual([5, -1]);
    expect(tensors.half!.toArraySync()).toEqual([1, -2, 2 ** -24]);
    expect(tensors.brain!.toArraySync()).toEqual([1]);
    expect(tensors.u!.toArraySync()).toEqual([65535]);
    const large = file({ x: entry('I64', [1], 0, 8) }, [0, 0, 0, 0, 1, 0, 0, 0]);
    expect(() => loadSafetensors(large)).toThrow(/4294967296, which does not fit int32/);
  });

  const ok = entry('F32', [1], 0, 4);
  const four = [0, 0, 0, 0];
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /0 bytes/],
    ['a file cut in its length', new Uint8Array(5), /5 bytes/],
    ['a header longer than the file', file('{}').subarray(0, 9), /truncated/],
    ['an enormous header', new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255, 0]), /at most 100000000/],
    ['a header that is not JSON', file('{"a":'), /not JSON/],
    ['a header that is not UTF-8', file('{}').map((b) => (b === 123 ? 255 : b)), /not JSON/],
    ['a header that is a list', file('[]'), /not a JSON object/],
    ['a repeated name', file(`{"a":${JSON.stringify(ok)},"a":${JSON.stringify(ok)}}`, four), /'a' twice/],
    [
      'a name repeated through an escape',
      file(`{"a":${JSON.stringify(ok)},"\\u0061":${JSON.stringify(ok)}}`, four),
      /'a' twice/,
    ],
    [
      'a repeated field',
      file('{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', four),
      /'dtype' twice/,
    ],
    ['__proto__', file(`{"__proto__":${JSON.stringify(ok)}}`, four), /__proto__/],
    ['metadata that is not strings', file({ __metadata__: { a: 1 } }), /__metadata__/],
    ['an entry that is no object', file({ a: 3 }), /'a' is not an object/],
    ['an unknown dtype', file({ a: entry('F8', [1], 0, 1) }, [0]), /dtype F8/],
    ['a dtype named as an object method', file({ a: entry('toString', [1], 0, 1) }, [0]), /toString/],
    ['a negative size', file({ a: entry('F32', [-1], 0, 4) }, four), /shape/],
    ['a fractional size', file({ a: entry('F32', [0.5], 0, 2) }, [0, 0]), /shape/],
    [
      'offsets that do not fit the shape',
      file({ a: entry('F32', [2], 0, 4) }, four),
      /8 bytes, but its offsets span 4/,
    ],
    ['offsets the wrong way round', file({ a: entry('F32', [1], 4, 0) }, four), /span -4/],
    ['a shape that overflows', file({ a: entry('U8', [2 ** 40, 2 ** 40], 0, 4) }, four), /'a'/],
    ['overlapping tensors', file({ a: ok, b: entry('F32', [1], 2, 6) }, [0, 0, 0, 0, 0, 0]), /overlap/],
    ['a hole', file({ a: ok, b: entry('F32', [1], 5, 9) }, new Uint8Array(9)), /hole/],
    ['missing data', file({ a: ok }, [0, 0, 0]), /end at byte 4 of the data, but 3/],
    ['extra data', file({ a: ok }, [0, 0, 0, 0, 0]), /appended/],
    ['a BOOL of 2', file({ a: entry('BOOL', [1], 0, 1) }, [2]), /BOOL/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => loadSafetensors(bytes)).toThrow(FormatError);
    expect(() => loadSafetensors(bytes)).toThrow(message);
  });

  it('refuses to write what it could not read', () => {
    expect(() => saveSafetensors({ __metadata__: tensor([1]) })).toThrow(FormatError);
    expect(() => saveSafetensors(JSON.parse('{"__proto__": [1]}'))).toThrow(FormatError);
  });

  it('computes the usual CRC-32', () => {
    const text = new TextEncoder().encode('123456789');
    expect(crc32(text).toString(16)).toBe('cbf43926');
    expect(crc32(text.subarray(4), crc32(text.subarray(0, 4))).toString(16)).toBe('cbf43926');
  });
});

describe('safetensors files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kompakt-io-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are written whole and read back', async () => {
    const path = join(folder, 'a.safetensors');
    await saveSafetensors({ w: tensor([[1, 2]]) }, path);
    expect((await loadSafetensors(path)).tensors.w!.toArraySync()).toEqual([[1, 2]]);
    expect(
      (await loadSafetensors(new Blob([(await readFile(path)) as Uint8Array<ArrayBuffer>]))).tensors.w!.shape,
    ).toEqual([1, 2]);
    expect(await readdir(folder)).toEqual(['a.safetensors']);
  });

  it('stay as they were when writing fails', async () => {
    const target = join(folder, 'occupied');
    await writeFile(join(folder, 'plain'), 'old');
    // A path below a file can't be written to.
    await expect(saveSafetensors({ w: [1] }, join(folder, 'plain', 'x'))).rejects.toThrow();
    expect(await readFile(join(folder, 'plain'), 'utf8')).toBe('old');
    // A folder can't be replaced by a file: the temporary file must not stay behind.
    const { mkdir } = await import('node:fs/promises');
    await mkdir(target);
    await writeFile(join(target, 'inside'), 'x');
    await expect(saveSafetensors({ w: [1] }, target)).rejects.toThrow();
    expect((await readdir(folder)).filter((f) => f.endsWith('.tmp'))).toEqual([]);
    expect(await readdir(target)).toEqual(['inside']);
  });

  it('go to functions and streams too', async () => {
    const got: Uint8Array[] = [];
    await saveSafetensors({ w: [1] }, (bytes: Uint8Array) => got.push(bytes));
    await saveSafetensors({ w: [1] }, { write: (bytes: Uint8Array) => got.push(bytes) });
    await saveSafetensors({ w: [1] }, new WritableStream({ write: (bytes: Uint8Array) => void got.push(bytes) }));
    const expected = saveSafetensors({ w: [1] });
    expect(got).toEqual([expected, expected, expected]);
  });
});
