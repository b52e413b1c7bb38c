import { add, matmul, tensor } from 'kompakt';
import { reference } from 'kompakt/backends/reference';
import { wasm } from 'kompakt/backends/wasm';
import { describe, expect, it } from 'vitest';

describe('a browser page', () => {
  it('is cross-origin isolated and has no Node', () => {
    expect(globalThis.crossOriginIsolated).toBe(true);
    expect(new SharedArrayBuffer(8).byteLength).toBe(8);
    expect('Buffer' in globalThis).toBe(false);
  });

  it('computes on the default backend, which is WASM', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(x.backend.name).toMatch(/^wasm/);
    expect(await add(matmul(x, x), 1).toArray()).toEqual([
      [8, 11],
      [16, 23],
    ]);
  });

  it('computes the same on the WASM and the reference backend', async () => {
    const values = Float32Array.from({ length: 37 * 29 }, (_, i) => ((i * 7919) % 101) / 101 - 0.5);
    const products = [wasm(), reference()].map((backend) => {
      const a = tensor(values, { shape: [37, 29], backend });
      return matmul(a, a, { transposeB: true }).dataSync();
    });
    expect(products[0]!.length).toBe(37 * 37);
    for (const [i, value] of products[0]!.entries()) expect(value).toBeCloseTo(products[1]![i]!, 5);
  });
});
