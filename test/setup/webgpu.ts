import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Where Debian's chromium-common has a driver that computes on the CPU. */
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

interface Peer {
  create(flags: string[]): GPU;
}

/**
 * What `navigator.gpu` is in a browser, from the optional peer in test/peers; null, with a line that says why, where that is
 * not installed or finds no adapter. Without a GPU it needs chromium's software driver, and libvulkan1.
 */
export async function findWebGPU(): Promise<GPU | null> {
  const missing = (why: string): null => {
    process.stderr.write(`WebGPU tests in Node are left out: ${why}\n`);
    return null;
  };
  let peer: Peer;
  try {
    const path = createRequire(new URL('../peers/package.json', import.meta.url)).resolve('webgpu');
    peer = (await import(path)) as Peer;
  } catch {
    return missing("the package 'webgpu' is not installed in test/peers");
  }
  if (process.env.VK_ICD_FILENAMES === undefined && existsSync(SOFTWARE_DRIVER)) {
    process.env.VK_ICD_FILENAMES = SOFTWARE_DRIVER;
  }
  const gpu = peer.create([]);
  const adapter = await gpu.requestAdapter();
  // Collected before the process ends, these crash it.
  Object.assign(globalThis, { webgpuOfTests: [gpu, adapter] });
  return adapter === null ? missing('there is no adapter (libvulkan1 and a driver are needed)') : gpu;
}
