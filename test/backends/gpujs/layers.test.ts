import { describe, it } from 'vitest';
import { gpujs } from '../../../src/backends/gpujs/index';
import { testTraining } from '../../nn/beside';
import { gpuJs } from './peer';

/** Gradients add up more terms than values do. */
const TOLERANCE = 2e-5;

if (gpuJs === null) describe.skip('layers on gpujs', () => it('needs gpu.js', () => {}));
else testTraining('gpujs', () => gpujs(gpuJs!, { mode: 'cpu' }), TOLERANCE);
