import { type Backend, conv2d, matmul, sum, type Tensor, tensor } from 'kompakt';
import { type GpuJsModule, gpujs } from 'kompakt/backends/gpujs';
import { wasm } from 'kompakt/backends/wasm';
import { webgpu } from 'kompakt/backends/webgpu';

export const WEBGPU = 'kompakt, WebGPU';
export const GPU_JS = 'kompakt, gpu.js';
export const TFJS_WEBGPU = 'tfjs-webgpu';
export const TFJS_WEBGL = 'tfjs-webgl';

/** What computes in the page. `R` is an array on its device. */
export interface Engine<R = unknown> {
  readonly name: string;
  put(data: Float32Array, shape: readonly number[]): R;
  matmul(a: R, b: R): R;
  /** Padding 'same', no strides. */
  conv2d(x: R, kernel: R): R;
  read(x: R): Promise<ArrayLike<number>>;
  /** The sum of all elements, which is here only once they are computed. */
  total(x: R): Promise<number>;
  free(x: R): void;
  /** Makes it the one that computes, where engines share that. */
  select?(): Promise<unknown>;
}

interface TfTensor {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

/** The parts of TensorFlow.js that are used here. */
export interface Tf {
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  conv2d(x: TfTensor, kernel: TfTensor, strides: number, padding: string): TfTensor;
  sum(x: TfTensor): TfTensor;
}

/** What the page has loaded of the peers. */
export interface Peers {
  readonly tf?: Tf;
  readonly gpuJs?: GpuJsModule;
}

/** An engine that is a backend of ours. */
export function ours(name: string, backend: Backend): Engine {
  return {
    name,
    put: (data, shape) => tensor(data, { shape, backend }),
    matmul: (a, b) => matmul(a, b),
    conv2d: (x, kernel) => conv2d(x, kernel, { padding: 'same' }),
    read: (x) => x.data() as Promise<ArrayLike<number>>,
    total: async (x) => {
      const all = sum(x);
      const [value] = await all.data();
      all.dispose();
      return Number(value);
    },
    free: (x) => x.dispose(),
  } satisfies Engine<Tensor> as Engine;
}

function tfjs(name: string, tf: Tf, backend: string): Engine {
  return {
    name,
    put: (data, shape) => tf.tensor(data, shape),
    matmul: (a, b) => tf.matMul(a, b),
    conv2d: (x, kernel) => tf.conv2d(x, kernel, 1, 'same'),
    read: (x) => x.data(),
    total: async (x) => {
      const all = tf.sum(x);
      const [value] = Array.from(await all.data());
      all.dispose();
      return value!;
    },
    free: (x) => x.dispose(),
    select: () => tf.setBackend(backend),
  } satisfies Engine<TfTensor> as Engine;
}

async function openTfjs(tf: Tf | undefined, name: string, backend: string): Promise<Engine> {
  if (tf === undefined) throw new Error('it is not installed (npm ci --prefix bench --ignore-scripts)');
  tf.enableProdMode();
  if (!(await tf.setBackend(backend))) throw new Error(`it has no backend '${backend}' here`);
  return tfjs(name, tf, backend);
}

async function openGpuJs(gpuJs: GpuJsModule | undefined): Promise<Engine> {
  if (gpuJs === undefined) throw new Error('it is not installed (npm ci --prefix test/peers --ignore-scripts)');
  return ours(GPU_JS, await gpujs(gpuJs, { mode: 'webgl2' }));
}

/** WASM, which all are compared with. */
export const truth = (): Engine => ours('kompakt, WASM', wasm());

/** All engines that work in this page, and why the others don't. */
export async function openEngines({ tf, gpuJs }: Peers): Promise<{ engines: Engine[]; left: string[] }> {
  const openings: [string, () => Promise<Engine>][] = [
    [WEBGPU, async () => ours(WEBGPU, await webgpu())],
    [GPU_JS, () => openGpuJs(gpuJs)],
    [TFJS_WEBGPU, () => openTfjs(tf, TFJS_WEBGPU, 'webgpu')],
    [TFJS_WEBGL, () => openTfjs(tf, TFJS_WEBGL, 'webgl')],
  ];
  const engines: Engine[] = [];
  const left: string[] = [];
  for (const [name, open] of openings) {
    try {
      engines.push(await open());
    } catch (error) {
      left.push(`${name} is left out: ${(error as Error).message}`);
    }
  }
  return { engines, left };
}
