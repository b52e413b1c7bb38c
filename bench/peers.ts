import { createRequire } from 'node:module';
import { dirname } from 'node:path';

type Tfjs = typeof import('@tensorflow/tfjs');

/** TensorFlow.js on one of its backends, or the reason why not. */
export async function tfjs(backend: 'wasm' | 'cpu'): Promise<Tfjs | string> {
  const { warn } = console;
  // In Node it recommends its native bindings at length; benchmarks are about what needs none.
  console.warn = () => {};
  try {
    const tf = await import('@tensorflow/tfjs');
    if (backend === 'wasm') {
      const wasm = await import('@tensorflow/tfjs-backend-wasm');
      const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
      wasm.setWasmPaths(`${dirname(entry)}/wasm-out/`);
    }
    if (!(await tf.setBackend(backend))) return `TensorFlow.js has no backend '${backend}' here`;
    await tf.ready();
    return tf;
  } catch (error) {
    return `TensorFlow.js is left out (${(error as Error).message.split('\n')[0]}); install it with: npm ci --prefix bench`;
  } finally {
    console.warn = warn;
  }
}

export function versionOf(name: string): string {
  try {
    return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
  } catch {
    return 'not installed';
  }
}
