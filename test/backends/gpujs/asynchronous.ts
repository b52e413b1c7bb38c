import type { GpuJsModule } from '../../../src/backends/gpujs/index';

/** gpu.js as its version 3 will be: every call of a kernel gives a promise. */
export function asynchronous({ GPU }: GpuJsModule): GpuJsModule {
  const Base = GPU as new (settings: object) => { createKernel(source: unknown, settings: object): unknown };
  class AsyncGPU extends Base {
    override createKernel(source: unknown, settings: object): unknown {
      return super.createKernel(source, { ...settings, asyncMode: true });
    }
  }
  return { GPU: AsyncGPU };
}
