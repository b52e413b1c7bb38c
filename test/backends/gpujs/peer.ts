import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { GpuJsModule } from '../../../src/backends/gpujs/index';

function load(): GpuJsModule | null {
  try {
    return createRequire(resolve('test/peers/package.json'))('gpu.js') as GpuJsModule;
  } catch {
    process.stderr.write(
      'gpu.js tests are left out: it is not installed (npm ci --prefix test/peers --ignore-scripts)\n',
    );
    return null;
  }
}

/** gpu.js, or null where the optional peers of the tests are not installed. */
export const gpuJs = load();
