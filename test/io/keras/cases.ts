import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Tensor } from '../../../src/core/tensor';

/** Where the real models are. */
export const folder = join(
  process.env.KOMPAKT_SHARED ?? join(import.meta.dirname, '../../../../shared'),
  'data/models',
);
export const isThere = existsSync(folder);
if (!isThere) console.log(`Skipping real models: there is no ${folder}. Set KOMPAKT_SHARED to a folder that has it.`);

export interface Golden {
  readonly shape: number[];
  readonly step: number;
  readonly values: number[];
  readonly sum: number;
}

export const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/io/models.json', import.meta.url), 'utf8'),
) as Record<string, Golden>;

const congruence = (i: number): number => (i * 7919 + 104729) % 9973;

/** Values as the generator of the goldens makes them. */
export function pattern(shape: readonly number[], low: number, high: number): { data: Float32Array; shape: number[] } {
  const size = shape.reduce((n, m) => n * m, 1);
  return {
    data: Float32Array.from({ length: size }, (_, i) => low + (high - low) * (congruence(i) / 9973)),
    shape: [...shape],
  };
}

/** Tokens as the generator of the goldens makes them. */
export function tokens(shape: readonly number[], count: number): { data: Float32Array; shape: number[] } {
  const size = shape.reduce((n, m) => n * m, 1);
  return { data: Float32Array.from({ length: size }, (_, i) => congruence(i) % count), shape: [...shape] };
}

/** Outputs of a float32 model beside those computed in float64. */
export function expectGolden(name: string, y: Tensor): void {
  const { shape, step, values, sum } = golden[name]!;
  expect(y.shape).toEqual(shape);
  const found = Float64Array.from(y.dataSync());
  values.forEach((value, i) => {
    expect(Math.abs(found[i * step]! - value), `value ${i * step}`).toBeLessThan(2e-5 * (1 + Math.abs(value)));
  });
  const total = found.reduce((a, v) => a + v, 0);
  expect(Math.abs(total - sum)).toBeLessThan(2e-5 * (1 + Math.abs(sum)) * Math.sqrt(found.length));
}
