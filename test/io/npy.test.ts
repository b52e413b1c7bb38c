import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, FormatError, KompaktError } from '../../src/core/errors';
import { loadNpy, loadNpz } from '../../src/io/index';
import golden from '../fixtures/io/npy.json';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const numberOf = (text: string): number => (text === 'nan' ? Number.NaN : Number(text.replace('inf', 'Infinity')));

const DTYPES: Readonly<Record<string, string>> = {
  f2: 'float32',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  u1: 'uint8',
  b1: 'bool',
};

describe('loadNpy', () => {
  it.each(golden.cases.map((c) => [`${c.code} (${c.shape.join(', ')})`, c] as const))('reads %s', (_, c) => {
    const x = loadNpy(bytesOf(c.bytes));
    expect(x.shape).toEqual(c.shape);
    expect(x.dtype).toBe(DTYPES[c.code.slice(1)] ?? 'int32');
    expect(Array.from(x.dataSync())).toEqual(c.values.map(numberOf));
  });

  it.each(golden.versions)('reads headers of versions 2 and 3', (bytes) => {
    expect(loadNpy(bytesOf(bytes)).toArraySync()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it.each([
    ['complex', /complex numbers.*x\.real/],
    ['text', /text.*JSON or CSV/],
    ['octets', /text/],
    ['time', /points in time/],
    ['record', /records/],
    ['wide float', /'f16'.*float64/],
    ['beyond', /1099511627776, which does not fit int32/],
  ] as const)('says why %s is nothing for it', (name, message) => {
    const read = () => loadNpy(bytesOf(golden.unfit[name]));
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  it('never unpickles', () => {
    expect(() => loadNpy(bytesOf(golden.objects))).toThrow(/Python objects/);
  });

  it('refuses every file that was cut off or grew', () => {
    const whole = bytesOf(golden.cases.find((c) => c.code === '<f4' && c.shape.length === 2)!.bytes);
    for (let n = 0; n < whole.length; n++) expect(() => loadNpy(whole.subarray(0, n))).toThrow(FormatError);
    expect(() => loadNpy(new Uint8Array([...whole, 0]))).toThrow(/needs 24 bytes, but 25/);
  });

  it('reads a damaged file as something, or says that it is damaged', () => {
    const whole = bytesOf(golden.cases.find((c) => c.code === '<f4' && c.shape.length === 3)!.bytes);
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(flips, (list) => {
        const bytes = new Uint8Array(whole);
        for (const [at, value] of list) bytes[at] = value;
        try {
          expect(loadNpy(bytes).size).toBeLessThan(1000);
        } catch (error) {
          if (!(error instanceof KompaktError)) throw error;
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it.each([
    '(4294967295, 4294967295, 4294967295)',
    '(99999999999999999999,)',
    `(${'1, '.repeat(65)})`,
    '(-1,)',
    '(1.5,)',
  ])('refuses shape %s without allocating it', (shape) => {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }\n`;
    const bytes = new Uint8Array([
      0x93,
      ...Buffer.from('NUMPY'),
      1,
      0,
      header.length & 255,
      header.length >> 8,
      ...Buffer.from(header),
    ]);
    expect(() => loadNpy(bytes)).toThrow(FormatError);
  });

  it('refuses options and sources that it does not know', async () => {
    const bytes = bytesOf(golden.versions[0]!);
    expect(() => loadNpy(bytes, { mmap: true } as never)).toThrow(ConfigError);
    await expect(loadNpy(7 as never)).rejects.toThrow(ConfigError);
    await expect(loadNpy(join(tmpdir(), 'there-is-no-such.npy'))).rejects.toThrow(/no such file/);
  });
});

describe('loadNpz', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kompakt-npz-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(golden.archives)('reads what savez and savez_compressed write', async (archive) => {
    const path = join(folder, 'a.npz');
    await writeFile(path, bytesOf(archive));
    const arrays = await loadNpz(path);
    expect(Object.keys(arrays).sort()).toEqual(['X', '__proto__', 'y']);
    expect(arrays.X!.shape).toEqual([4, 3]);
    expect(Array.from(arrays.X!.dataSync())).toEqual(golden.arrays.X.map(numberOf));
    expect(arrays.y!.toArraySync()).toEqual([0, 1, 2, 3]);
    expect(Object.getPrototypeOf(arrays)).toBe(Object.prototype);
  });

  it('names the array that it can not read', async () => {
    const bytes = zipSync({ 'a.npy': bytesOf(golden.versions[0]!), 'b.npy': bytesOf(golden.unfit.text) });
    await expect(loadNpz(bytes)).rejects.toThrow(/'b': the array holds text/);
  });

  it('leaves files that are no arrays alone', async () => {
    const bytes = zipSync({ 'a.npy': bytesOf(golden.versions[0]!), 'notes.txt': new Uint8Array(9) });
    expect(Object.keys(await loadNpz(bytes))).toEqual(['a']);
  });

  it('refuses what is no zip, and a zip that was cut off', async () => {
    await expect(loadNpz(bytesOf(golden.versions[0]!))).rejects.toThrow(/loadNpy/);
    const whole = bytesOf(golden.archives[1]!);
    for (const n of [0, 1, 30, whole.length >> 1, whole.length - 1])
      await expect(loadNpz(whole.slice(0, n))).rejects.toThrow(FormatError);
  });
});
