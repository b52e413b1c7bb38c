import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ConfigError, FormatError } from '../../../src/core/errors';
import { fromKeras, loadKerasWeights } from '../../../src/io/index';
import { dense } from '../../../src/nn/layers/index';
import { sequential } from '../../../src/nn/sequential';

const folder = new URL('../../fixtures/io/hdf5/', import.meta.url);
const file = (name: string): Uint8Array => gunzipSync(readFileSync(new URL(`${name}.h5.gz`, folder)));

/** [1, 1, 1] times the kernel 0 … 5, and the bias. */
const EXPECTED = [[0 + 2 + 4 + 6, 1 + 3 + 5 + 7]];

describe('HDF5 as libraries write it', () => {
  it.each([
    'gzip',
    'shuffled',
    'chunked',
    'growing',
    'scaled',
    'big-endian',
    'double',
    'half',
    'integers',
    'long-integers',
    'compact',
    'texts-of-any-length',
    'divided-names',
  ])('reads weights that are %s', async (name) => {
    const model = await fromKeras(file(name));
    expect(model.predict([[1, 1, 1]]).toArraySync()).toEqual(EXPECTED);
    const own = sequential([dense({ units: 2, name: 'dense' })], { inputShape: [3] });
    await loadKerasWeights(own, file(name));
    expect(own.predict([[1, 1, 1]]).toArraySync()).toEqual(EXPECTED);
  });

  it('names the filter that it has not', async () => {
    await expect(fromKeras(file('lzf'))).rejects.toThrow(/filter lzf, which can't be read/);
  });
});

describe('hostile HDF5', () => {
  const memory = () => process.memoryUsage().rss;

  it.each([
    'soft-circle',
    'hard-circle',
    'other-file',
    'bytes-of-other-file',
    'virtual',
    'never-written',
    'never-written-chunks',
    'gzip-twice',
    'gzip-of-zeros',
    'deep',
  ])('refuses %s within little memory', async (name) => {
    const before = memory();
    await expect(fromKeras(file(name))).rejects.toThrow(FormatError);
    expect(memory() - before).toBeLessThan(150 << 20);
  });

  it('reads what unpacks to very much if it is told to', async () => {
    const bytes = file('gzip-of-zeros');
    await expect(fromKeras(bytes)).rejects.toThrow(/unpack to more than 268435456.*larger maxBytes/);
    await expect(fromKeras(file('gzip'), { maxBytes: 10 })).rejects.toThrow(/unpack to more than 10\b/);
    await expect(fromKeras(file('gzip'), { maxBytes: 0 })).rejects.toThrow(ConfigError);
    expect((await fromKeras(file('gzip'), { maxBytes: 1000 })).countParams()).toBe(8);
  });
});
