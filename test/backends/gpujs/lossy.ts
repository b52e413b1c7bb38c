import type { GpuJsModule } from '../../../src/backends/gpujs/index';

type Settings = { readonly argumentTypes: readonly string[]; readonly injectedNative?: string };
type Run = ((...args: unknown[]) => Float32Array) & { destroy(): void };

/**
 * gpu.js in a browser with WebGL2 whose textures hold no float32: mode 'webgl2' really runs as mode 'cpu', and `store` makes
 * of each result what such a texture would. The other modes are as they are.
 */
export function lossy({ GPU }: GpuJsModule, store: (value: number) => number): GpuJsModule {
  const Base = GPU as new (settings: { mode: string }) => { createKernel(source: string, settings: Settings): Run };
  class LossyGPU extends Base {
    static readonly isWebGL2Supported = true;
    readonly #isLossy: boolean;

    constructor({ mode }: { mode: string }) {
      super({ mode: mode === 'webgl2' ? 'cpu' : mode });
      this.#isLossy = mode === 'webgl2';
    }

    override createKernel(source: string, settings: Settings): Run {
      if (!this.#isLossy) return super.createKernel(source, settings);
      const { injectedNative, ...rest } = settings;
      const argumentTypes = settings.argumentTypes.map((type) => (type === 'Float' ? type : 'Array'));
      const run = super.createKernel(source, { ...rest, argumentTypes });
      return Object.assign((...args: unknown[]) => run(...args).map(store), {
        kernel: { constructor: { mode: 'gpu' } },
        destroy: () => run.destroy(),
      });
    }
  }
  return { GPU: LossyGPU };
}
