import { expect, it } from 'vitest';
import { defaultBackend } from '../../src/backends/default';
import { detectFeatures } from '../../src/backends/wasm/features';
import { wasm } from '../../src/backends/wasm/index';
import { testParity } from '../ops/parity';

it('has SIMD, so that WASM is the default here, too', () => {
  expect(detectFeatures().simd).toBe(true);
  expect(defaultBackend().name).toBe('wasm');
});

testParity(wasm());
