import { describe, it } from 'vitest';
import { gpujs } from '../../../src/backends/gpujs/index';
import { testDistant } from '../../nn/distant';
import { asynchronous } from './asynchronous';
import { gpuJs } from './peer';

if (gpuJs === null) describe.skip('tensors and models of gpujs', () => it('needs gpu.js', () => {}));
else testDistant(await gpujs(asynchronous(gpuJs), { mode: 'cpu' }));
