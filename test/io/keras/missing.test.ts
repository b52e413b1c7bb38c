import { afterEach, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../src/core/errors';
import { fromKeras, loadKerasWeights } from '../../../src/io/index';
import { dense } from '../../../src/nn/layers/index';
import { sequential } from '../../../src/nn/sequential';

/** The first bytes of each kind of file; no more is looked at before the package is. */
const ZIP = Uint8Array.of(0x50, 0x4b, 3, 4);
const HDF5 = Uint8Array.of(0x89, 0x48, 0x44, 0x46);

const isMissing = (name: string): void => {
  vi.doMock(name, () => {
    throw new Error(`Cannot find package '${name}'`);
  });
};

afterEach(() => {
  vi.doUnmock('h5wasm');
  vi.doUnmock('fflate');
});

it.each([
  ['h5wasm', HDF5, /fromKeras: reading HDF5 needs the package 'h5wasm'.*npm install h5wasm.*await import\('h5wasm'\)/],
  ['fflate', ZIP, /fromKeras: reading a zip needs the package 'fflate'.*npm install fflate.*await import\('fflate'\)/],
])('says what to install where %s is missing', async (name, bytes, why) => {
  isMissing(name);
  const read = fromKeras(bytes);
  await expect(read).rejects.toThrow(ConfigError);
  await expect(read).rejects.toThrow(why);
});

it('says so for weights alone too', async () => {
  isMissing('h5wasm');
  const model = sequential([dense({ units: 1 })], { inputShape: [1] });
  await expect(loadKerasWeights(model, HDF5)).rejects.toThrow(
    /loadKerasWeights: reading HDF5 needs .* npm install h5wasm/,
  );
});
