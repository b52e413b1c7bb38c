import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** The parts of TensorFlow.js that are used here; declared, so that type-checking does not need it installed. */
export interface Tfjs {
  /** Leaves out checks, and advice on standard error. */
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor1d(data: Float32Array | Int32Array, dtype?: string): TfTensor;
  tensor2d(data: Float32Array, shape: readonly number[]): TfTensor;
  tensor4d(data: Float32Array, shape: readonly number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  conv2d(x: TfTensor, kernel: TfTensor, strides: number, padding: string): TfTensor;
  oneHot(indices: TfTensor, depth: number): TfTensor;
  sequential(config: { layers: readonly unknown[] }): TfModel;
  readonly layers: Readonly<
    Record<'conv2d' | 'maxPooling2d' | 'flatten' | 'dense', (config?: Record<string, unknown>) => unknown>
  >;
}

export interface TfTensor {
  dataSync(): ArrayLike<number>;
  toFloat(): TfTensor;
  dispose(): void;
}

interface TfModel {
  compile(config: { optimizer: string; loss: string }): void;
  fit(
    x: TfTensor,
    y: TfTensor,
    options: Record<string, unknown>,
  ): Promise<{ history: Record<string, ArrayLike<unknown>> }>;
  trainOnBatch(x: TfTensor, y: TfTensor): Promise<unknown>;
}

const load = (name: string): Promise<unknown> => import(name);

/** TensorFlow.js on one of its backends, or the reason why not. */
export async function tfjs(backend: 'wasm' | 'cpu'): Promise<Tfjs | string> {
  const { warn } = console;
  // In Node it recommends its native bindings at length; benchmarks are about what needs none.
  console.warn = () => {};
  try {
    const tf = (await load('@tensorflow/tfjs')) as Tfjs;
    if (backend === 'wasm') {
      const wasm = (await load('@tensorflow/tfjs-backend-wasm')) as { setWasmPaths(folder: string): void };
      const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
      wasm.setWasmPaths(`${dirname(entry)}/wasm-out/`);
    }
    tf.enableProdMode();
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
