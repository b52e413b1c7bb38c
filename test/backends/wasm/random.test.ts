import { describe, expect, it } from 'vitest';
import type { WasmBlock } from '../../../src/backends/wasm/kernel';
import { tensor } from '../../../src/ops/create';
import { randomUniform } from '../../../src/ops/random-uniform';
import { countFallbacks, referenceBackend, ShatteringBackend, wasmBackend } from './support';

const words = Int32Array.of(0x13198a2e, -77);
const shattering = new ShatteringBackend();

describe('randomUniform', () => {
  it.each([1, 3, 4, 5, 8, 11, 64, 511, 512, 513, 4099])('has the bits of the reference for %i elements', (size) => {
    for (const stream of [0, 1, 2 ** 32 - 1]) {
      const attrs = { shape: [size], stream };
      const expected = randomUniform(tensor(words, { backend: referenceBackend }), attrs).dataSync();
      const fallen = countFallbacks(wasmBackend, () => {
        const got = randomUniform(tensor(words, { backend: wasmBackend }), attrs).dataSync();
        expect(got).toEqual(expected);
      });
      expect(fallen).toEqual([]);
      expect(randomUniform(tensor(words, { backend: shattering }), attrs).dataSync()).toEqual(expected);
    }
  });

  it('writes no element behind its result', () => {
    const key = tensor(words, { backend: wasmBackend });
    const before = tensor(new Float32Array(16).fill(7), { backend: wasmBackend });
    const { address } = before.block as WasmBlock;
    before.dispose();
    const x = randomUniform(key, { shape: [9], stream: 0 });
    expect((x.block as WasmBlock).address).toBe(address);
    const whole = wasmBackend.host({ ...x.block, length: 16 })!;
    expect([...whole].slice(9)).toEqual(new Array(7).fill(7));
  });
});
