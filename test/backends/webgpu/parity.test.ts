import { describe, it } from 'vitest';
import { webgpu } from '../../../src/backends/webgpu/index';
import { testParity } from '../../ops/parity';
import { table } from '../../ops/table';
import { findWebGPU } from '../../setup/webgpu';

/** There is no float64, no host beside the values, and no kernel for small systems of equations. */
const REFUSED = new Set([
  'cast to float64',
  'hostScalar',
  'inv',
  'det',
  'solve',
  'solve a vector, in batches',
  'cholesky',
]);

const gpu = await findWebGPU();
if (gpu === null) describe.skip('parity of webgpu with the reference', () => it('needs an adapter', () => {}));
else testParity(await webgpu({ gpu }), table, REFUSED);
