import { dirname } from 'node:path';
import { type Entry, entry } from '../compare';
import { importPackage, peer, resolveFile } from './load';

export interface TfTensor {
  readonly shape: number[];
  dataSync(): ArrayLike<number>;
  toFloat(): TfTensor;
  dispose(): void;
}

interface TfModel {
  setWeights(weights: readonly TfTensor[]): void;
  compile(config: { optimizer: string; loss: string }): void;
  fit(
    x: TfTensor,
    y: TfTensor,
    options: Record<string, unknown>,
  ): Promise<{ history: Record<string, ArrayLike<unknown>> }>;
  trainOnBatch(x: TfTensor, y: TfTensor): Promise<unknown>;
}

type Map1 = (x: TfTensor) => TfTensor;

/** The parts of TensorFlow.js that are used here; declared, so that type-checking does not need it installed. */
export interface Tfjs {
  /** Leaves out checks, and advice on standard error. */
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(data: Float32Array | Int32Array | Uint8Array, shape: readonly number[], dtype?: string): TfTensor;
  tidy(f: () => TfTensor): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  conv2d(
    x: TfTensor,
    kernel: TfTensor,
    strides: number,
    padding: string,
    format?: string,
    dilations?: number,
  ): TfTensor;
  /** By the images: of the kernel of the convolution that it undoes, given the shape of its result. */
  conv2dTranspose(x: TfTensor, kernel: TfTensor, shape: readonly number[], strides: number, padding: string): TfTensor;
  readonly fused: Readonly<Record<'matMul' | 'conv2d', (options: Record<string, unknown>) => TfTensor>>;
  /** For kernels that the library calls for gradients only. */
  engine(): { runKernel(name: string, inputs: Record<string, TfTensor>, attributes: object): TfTensor };
  depthwiseConv2d(x: TfTensor, kernel: TfTensor, strides: number, padding: string): TfTensor;
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor, b: TfTensor | number): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  div(a: TfTensor, b: TfTensor | number): TfTensor;
  readonly exp: Map1;
  readonly log: Map1;
  readonly tanh: Map1;
  readonly sigmoid: Map1;
  readonly erf: Map1;
  readonly relu: Map1;
  readonly abs: Map1;
  readonly sqrt: Map1;
  readonly square: Map1;
  readonly rsqrt: Map1;
  softmax(x: TfTensor): TfTensor;
  sum(x: TfTensor, axis?: number): TfTensor;
  max(x: TfTensor, axis?: number): TfTensor;
  min(x: TfTensor, axis?: number): TfTensor;
  prod(x: TfTensor, axis?: number): TfTensor;
  all(x: TfTensor, axis?: number): TfTensor;
  any(x: TfTensor, axis?: number): TfTensor;
  argMax(x: TfTensor, axis?: number): TfTensor;
  argMin(x: TfTensor, axis?: number): TfTensor;
  cumsum(x: TfTensor, axis?: number): TfTensor;
  logSoftmax(x: TfTensor): TfTensor;
  concat(xs: readonly TfTensor[], axis: number): TfTensor;
  pad(x: TfTensor, pads: readonly (readonly [number, number])[]): TfTensor;
  transpose(x: TfTensor, axes?: readonly number[]): TfTensor;
  avgPool(x: TfTensor, size: number, strides: number, padding: string): TfTensor;
  maxPool(x: TfTensor, size: number, strides: number, padding: string): TfTensor;
  gather(x: TfTensor, indices: TfTensor): TfTensor;
  scatterND(indices: TfTensor, updates: TfTensor, shape: readonly number[]): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  topk(x: TfTensor, k: number): { values: TfTensor; indices: TfTensor };
  reverse(x: TfTensor): TfTensor;
  mean(x: TfTensor, axis: number, keepDims: boolean): TfTensor;
  oneHot(indices: TfTensor, depth: number): TfTensor;
  sequential(config: { layers: readonly unknown[] }): TfModel;
  readonly layers: Readonly<
    Record<'conv2d' | 'maxPooling2d' | 'flatten' | 'dense', (config?: Record<string, unknown>) => unknown>
  >;
}

const load = peer('tfjs', async () => {
  const { warn } = console;
  // In Node it recommends its native bindings at length; benchmarks are about what needs none.
  console.warn = () => {};
  try {
    const tf = (await importPackage('@tensorflow/tfjs')) as Tfjs;
    const wasm = (await importPackage('@tensorflow/tfjs-backend-wasm')) as {
      setWasmPaths(folder: string): void;
      setThreadsCount(threads: number): void;
    };
    wasm.setWasmPaths(`${dirname(resolveFile('@tensorflow/tfjs-backend-wasm/package.json'))}/wasm-out/`);
    // Said for completeness: in Node it has one whatever is asked.
    wasm.setThreadsCount(1);
    tf.enableProdMode();
    return tf;
  } finally {
    console.warn = warn;
  }
});

/** TensorFlow.js, computing on one of its backends from now on, or the reason why not. */
export async function tfjs(backend: 'wasm' | 'cpu'): Promise<Tfjs | string> {
  const tf = await load();
  if (typeof tf === 'string') return tf;
  if (!(await tf.setBackend(backend))) return `tfjs is left out: it has no backend '${backend}' here`;
  await tf.ready();
  return tf;
}

export const TFJS_PACKAGES = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'];

/** An entry of tfjs on WASM, one thread. */
export function tfjsEntry(compute: () => TfTensor): Entry {
  return entry<TfTensor>({ name: 'tfjs-wasm', compute, read: (t) => t.dataSync(), free: (t) => t.dispose() });
}
