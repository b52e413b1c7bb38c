import type { Backend, Tensor } from 'kompakt';
import { type GpuJsMode, type GpuJsModule, gpujs } from 'kompakt/backends/gpujs';
import { wasm } from 'kompakt/backends/wasm';
import { webgpu } from 'kompakt/backends/webgpu';
import { conv2d, dense, flatten, loadModel, maxPool2d, type Sequential, sequential } from 'kompakt/nn';
import { load } from 'kompakt/runtime';

/** The program that every page, every bundle and Node run alike. */

const SIDE = 6;
const SAMPLES = 8;

/** Where it runs: two backends of ours, and modes of gpu.js. */
export type Where = 'wasm' | 'webgpu' | `gpu.js ${GpuJsMode}`;

/** All numbers that it computes. */
export interface Outcome {
  /** Outputs of the model file by `kompakt/runtime`, and by `kompakt/nn`. */
  readonly runtime: number[];
  readonly loaded: number[];
  /** The loss of every epoch of training, and the outputs after it. */
  readonly losses: number[];
  readonly trained: number[];
}

async function open(where: Where, gpuJs: GpuJsModule | undefined): Promise<Backend> {
  // Without relaxed SIMD, which not every engine has, the bits are the same on all.
  if (where === 'wasm') return wasm({ deterministic: true });
  if (where === 'webgpu') return webgpu();
  return gpujs(gpuJs!, { mode: where.slice('gpu.js '.length) as GpuJsMode });
}

/** The network of the model file. */
export function smallModel(): Sequential {
  return sequential(
    [
      conv2d({ filters: 3, kernelSize: 3, activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 4, activation: 'tanh' }),
      dense({ units: 2, activation: 'softmax' }),
    ],
    { inputShape: [SIDE, SIDE, 1], seed: 7 },
  );
}

/** Pictures of no pattern, without a random number: other tests compare those. */
const pictures = (): Float32Array =>
  Float32Array.from({ length: SAMPLES * SIDE * SIDE }, (_, i) => ((i * 7919) % 1013) / 1013 - 0.5);

async function values(x: Tensor): Promise<number[]> {
  const read = [...(await x.data())];
  x.dispose();
  return read;
}

/**
 * Loads the model file in both ways, predicts, trains it for four steps, and predicts again.
 *
 * @param where - the backend.
 * @param file - address or path of the model file.
 * @param gpuJs - what the host has loaded of gpu.js, for its modes.
 */
export async function play(where: Where, file: string, gpuJs?: GpuJsModule): Promise<Outcome> {
  const backend = await open(where, gpuJs);
  const x = pictures();
  const images = { data: x, shape: [SAMPLES, SIDE, SIDE, 1] };
  const inference = await load(file, { backend });
  const runtime = await values(inference.predict(x));
  inference.dispose();
  const model = await loadModel(file, { backend });
  const loaded = await values(model.predict(images));
  model.compile({ optimizer: { name: 'adam', learningRate: 0.02 }, loss: 'sparseCategoricalCrossentropy' });
  const classes = Int32Array.from({ length: SAMPLES }, (_, i) => i % 2);
  const { history } = await model.fit(images, classes, { epochs: 2, batchSize: 4, seed: 1, verbose: 0 });
  const trained = await values(model.predict(images));
  model.dispose();
  return { runtime, loaded, losses: history.loss, trained };
}
