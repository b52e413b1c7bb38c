import { describe, it } from 'vitest';
import { gpujs } from '../../../src/backends/gpujs/index';
import { testRates } from '../../nn/rates';
import { asynchronous } from './asynchronous';
import { gpuJs } from './peer';

if (gpuJs === null) describe.skip('learning rates that change on gpujs', () => it('needs gpu.js', () => {}));
else {
  testRates(await gpujs(gpuJs, { mode: 'webasm' }), 4e-6);
  testRates(await gpujs(asynchronous(gpuJs), { mode: 'cpu' }), 4e-6);
}
