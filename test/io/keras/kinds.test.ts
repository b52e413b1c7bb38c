import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/core/tensor';
import { fromKeras } from '../../../src/io/index';

interface Family {
  readonly inputs: { readonly shape: number[]; readonly data: number[] }[];
  readonly outputs: { readonly shape: number[]; readonly sum: number; readonly values: number[] }[];
}

const folder = new URL('../../fixtures/io/keras/', import.meta.url);
const golden = JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8')) as Record<string, Family>;
const file = (name: string): Uint8Array => gunzipSync(readFileSync(new URL(`${name}.gz`, folder)));
const cases = Object.keys(golden)
  .flatMap((family) => ['h5', 'keras'].map((kind) => [family, kind] as const))
  // Keras 3.15 can't write these as .h5.
  .filter(([family, kind]) => family !== 'preprocessing' || kind === 'keras');

describe('what Keras 3.15 saved', () => {
  it.each(cases)('predicts alike: %s.%s', async (family, kind) => {
    const { inputs, outputs } = golden[family]!;
    const model = await fromKeras<Tensor[]>(file(`${family}.${kind}`));
    const xs = inputs.map(({ shape, data }) => ({ shape, data: Float32Array.from(data) }));
    const predicted = model.predict((xs.length === 1 ? xs[0] : xs) as never) as Tensor | Tensor[];
    const ys = Array.isArray(predicted) ? predicted : [predicted];
    expect(ys.length).toBe(outputs.length);
    ys.forEach((y, k) => {
      const { shape, values, sum } = outputs[k]!;
      expect(y.shape, `output ${k}`).toEqual(shape);
      const found = Float64Array.from(y.dataSync());
      const step = Math.max(1, Math.floor(found.length / 12));
      const close = (a: number, b: number, what: string) =>
        expect(Math.abs(a - b) / (1 + Math.abs(b)), `output ${k}, ${what}: ${a} and ${b}`).toBeLessThan(2e-5);
      values.forEach((value, i) => close(found[i * step]!, value, `value ${i * step}`));
      const total = found.reduce((a, v) => a + v, 0);
      close(total / Math.sqrt(found.length), sum / Math.sqrt(found.length), 'sum');
    });
  });
});
