import { describe, it } from 'vitest';
import { webgpu } from '../../../src/backends/webgpu/index';
import { testParity } from '../../ops/parity';
import { table } from '../../ops/table';
import { findWebGPU } from '../../setup/webgpu';
import { REFUSED } from './refused';

const gpu = await findWebGPU();
if (gpu === null) describe.skip('parity of webgpu with the reference', () => it('needs an adapter', () => {}));
else testParity(await webgpu({ gpu }), table, { refused: REFUSED });
