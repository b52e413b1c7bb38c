import { conv2d, matmul, type Tensor, tensor } from 'kompakt';
import { wasm } from 'kompakt/backends/wasm';
import { WasmBackend } from '../../src/backends/wasm/backend';
import { compare } from '../compare';
import { measure, type Timing } from '../measure';
import { noiseOf, OURS, ours, put } from '../ours';
import type { Part } from '../part';
import type { Row } from '../results';
import { makeJob, ourModel } from '../train-models';

const THREADS = [1, 2];
const GEMM_PANEL = 'matrix product, n × n';
const CONV_PANEL = 'conv 3×3, 64 → 64, of 28×28';
const TRAIN_PANEL = 'training step, small CNN';
const EDGES = [64, 128, 256, 512, 1024, 2048];
const IMAGES = [1, 2, 4, 8, 16, 32];
const BATCHES = [8, 16, 32, 64, 128];

/** How time and memory grow with the size of the work. */
export const scaling: Part = {
  title: 'Time and memory against size',
  about:
    'One thread and two. Memory is what the backend’s WebAssembly memory has grown to when a fresh one has done the work on ' +
    'one thread once: operands, results and everything in between.\n\n' +
    '![Time against size](benchmarks/time.svg)\n\n![Memory against size](benchmarks/memory.svg)',
  packages: [],
  async run() {
    const rows: Row[] = [];
    for (const n of EDGES) {
      const [a, b] = [noiseOf([n, n], 1), noiseOf([n, n], 2)];
      const make = (place: Place): (() => Tensor) => {
        const [x, y] = [place(a, [n, n]), place(b, [n, n])];
        return () => matmul(x, y);
      };
      rows.push(await functionRow(`matrix product, ${n} × ${n}`, { panel: GEMM_PANEL, size: n }, make));
    }
    for (const images of IMAGES) {
      const shape = [images, 28, 28, 64];
      const kernel = [3, 3, 64, 64];
      const [a, b] = [noiseOf(shape, 1), noiseOf(kernel, 2)];
      const make = (place: Place): (() => Tensor) => {
        const [x, k] = [place(a, shape), place(b, kernel)];
        return () => conv2d(x, k, { padding: 'same' });
      };
      rows.push(
        await functionRow(
          `convolution, ${images} image${images === 1 ? '' : 's'}`,
          { panel: CONV_PANEL, size: images },
          make,
        ),
      );
    }
    for (const batch of BATCHES) rows.push(await trainRow(batch));
    return rows;
  },
};

type Place = (data: Float32Array, shape: readonly number[]) => Tensor;

async function functionRow(
  work: string,
  at: { readonly panel: string; readonly size: number },
  make: (place: Place) => () => Tensor,
): Promise<Row> {
  const operands: Tensor[] = [];
  const entries = THREADS.map((threads) => {
    const place: Place = (data, shape) => {
      operands.push(put(data, shape, threads));
      return operands.at(-1)!;
    };
    return ours(make(place), `${OURS}, ${threads}`);
  });
  const timings = await compare(work, entries, { rounds: 9, warmUpMs: 80 });
  for (const t of operands) t.dispose();
  const fresh = wasm({ threads: 1 });
  make((data, shape) => tensor(data, { shape, backend: fresh }))().dispose();
  return { work, timings, scale: { ...at, bytes: memoryOf(fresh) } };
}

async function trainRow(batch: number): Promise<Row> {
  const job = makeJob('cnn', batch, 4);
  const epochOf = (threads: number) => {
    const model = ourModel(job, threads);
    const x = job.tensors[threads - 1]!;
    const options = { epochs: 1, batchSize: batch, verbose: 0, seed: 1, shuffle: false } as const;
    return { model, run: async () => (await model.fit(x, job.labels, options)).history.loss![0]! };
  };
  const runs = THREADS.map(epochOf);
  const contenders = runs.map(({ run }, i) => ({ name: `${OURS}, ${THREADS[i]}`, run }));
  const epochs = await measure(contenders, { rounds: 5, warmUpCalls: 2, roundMs: 0 });
  const timings = epochs.map(
    (t): Timing => ({ ...t, medianMs: t.medianMs / job.steps, fastestMs: t.fastestMs / job.steps }),
  );
  for (const { model } of runs) model.dispose();
  for (const x of job.tensors) x.dispose();
  return {
    work: `training step, batch ${batch}`,
    timings,
    scale: { panel: TRAIN_PANEL, size: batch, bytes: await trainingMemory(batch) },
  };
}

async function trainingMemory(batch: number): Promise<number> {
  const job = makeJob('cnn', batch, 1);
  const fresh = wasm({ threads: 1 });
  const model = ourModel(job, fresh);
  await model.fit(tensor(job.x, { shape: [batch, 28, 28, 1], backend: fresh }), job.labels, {
    epochs: 1,
    batchSize: batch,
    verbose: 0,
  });
  for (const x of job.tensors) x.dispose();
  return memoryOf(fresh);
}

function memoryOf(backend: object): number {
  if (!(backend instanceof WasmBackend)) throw new Error('bench: not the WASM backend');
  return backend.arena.memory.buffer.byteLength;
}
