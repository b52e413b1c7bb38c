import type { Backend } from 'kompakt';
import { wasm } from 'kompakt/backends/wasm';

/** A place to run, as the page offers it. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  /** Why it can't be had here; null where it can. */
  readonly missing: string | null;
  open(): Promise<Backend>;
}

const hasWebGL2 = (): boolean => {
  const context = document.createElement('canvas').getContext('webgl2');
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
};

/** gpu.js lies beside the page where it was installed when the page was built. */
async function openGpuJs(mode: 'webgl2' | 'webasm'): Promise<Backend> {
  const [{ gpujs }, module] = await Promise.all([
    import('kompakt/backends/gpujs'),
    import(new URL('gpu.js', import.meta.url).href),
  ]);
  return gpujs(module, { mode });
}

async function openWebGPU(): Promise<Backend> {
  const { webgpu } = await import('kompakt/backends/webgpu');
  return webgpu();
}

/** All places to run that the page knows. */
export async function choices(): Promise<Choice[]> {
  const adapter = await (navigator as Navigator & { gpu?: GPU }).gpu?.requestAdapter().catch(() => null);
  const { gpuJs } = (await (await fetch('offers.json')).json()) as { readonly gpuJs: boolean };
  const noGpuJs = gpuJs ? null : 'gpu.js was not installed when this page was built';
  const threads = globalThis.crossOriginIsolated ? (navigator.hardwareConcurrency ?? 1) : 1;
  return [
    {
      id: 'wasm',
      label: threads > 1 ? `wasm, ${threads} threads` : 'wasm',
      missing: null,
      open: async () => wasm({ threads: threads > 1 ? 'auto' : 1 }),
    },
    { id: 'webgpu', label: 'WebGPU', missing: adapter ? null : 'this browser has no WebGPU', open: openWebGPU },
    {
      id: 'gpujs',
      label: 'gpu.js, WebGL2',
      missing: noGpuJs ?? (hasWebGL2() ? null : 'this browser has no WebGL2'),
      open: () => openGpuJs('webgl2'),
    },
  ];
}
