import { describe, it } from 'vitest';
import { gpujs } from '../../../src/backends/gpujs/index';
import { testParityAsync } from '../../ops/parity-async';
import { gpuJs } from './peer';
import { EXACT_MODES } from './promises';

if (gpuJs === null) describe.skip('gpu.js is not installed', () => it('is left out', () => {}));
else {
  const module = gpuJs;
  testParityAsync('gpujs, cpu', () => gpujs(module, { mode: 'cpu' }), EXACT_MODES);
  // The same kernels, translated otherwise: one shape and layout of each tells.
  const one = { ...EXACT_MODES, layouts: ['contiguous'], mainOnly: true } as const;
  testParityAsync('gpujs, webasm', () => gpujs(module, { mode: 'webasm' }), one);
}
