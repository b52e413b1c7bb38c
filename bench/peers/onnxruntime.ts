import { type Entry, entry } from '../compare';
import { type OnnxDType, type OnnxGraph, onnxModel } from '../onnx';
import { importPackage, peer } from './load';

type OrtData = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

interface OrtTensor {
  readonly data: OrtData;
}

interface OrtSession {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

interface Module {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<OrtSession>;
  };
  readonly Tensor: new (dtype: string, data: OrtData, shape: readonly number[]) => OrtTensor;
}

/** One of the two builds of onnxruntime. */
export interface OnnxRuntime {
  readonly name: string;
  readonly provider: 'wasm' | 'cpu';
  readonly module: Module;
}

async function load(name: string, provider: OnnxRuntime['provider']): Promise<OnnxRuntime> {
  const loaded = (await importPackage(name)) as Module & { default?: Module };
  const module = loaded.default ?? loaded;
  // Its threads in Node are workers of a build for browsers: one, said before the first session starts it.
  if (provider === 'wasm') module.env.wasm.numThreads = 1;
  return { name, provider, module };
}

/** onnxruntime for WASM, with one thread. */
export const onnxruntimeWeb = peer('onnxruntime-web', () => load('onnxruntime-web', 'wasm'));

/** onnxruntime with native code. */
export const onnxruntimeNode = peer('onnxruntime-node', () => load('onnxruntime-node', 'cpu'));

export interface OrtOptions {
  readonly threads?: number;
  /** Its name in the table, by default the package's. */
  readonly name?: string;
  /** Brings a result into the order of the others, before it is compared. */
  readonly reorder?: (values: ArrayLike<number>) => ArrayLike<number>;
}

/** Feeds for a model, by input. */
export type Feeds = Readonly<Record<string, OrtData>>;

/** A session of a model, ready to run, and its release. */
export async function ortEntry(
  ort: OnnxRuntime,
  graph: OnnxGraph,
  feeds: Feeds,
  options: OrtOptions = {},
): Promise<{ entry: Entry; release: () => Promise<void> }> {
  const { threads = 1, name = ort.name } = options;
  const session = await withoutTrace(() =>
    ort.module.InferenceSession.create(onnxModel(graph), {
      executionProviders: [ort.provider],
      intraOpNumThreads: threads,
      // Its threads would keep the processors busy for some time after each call, at the cost of whoever comes next.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
    }),
  );
  const tensors = Object.fromEntries(
    graph.inputs.map(({ name: input, dtype, shape }) => [
      input,
      new ort.module.Tensor(dtype satisfies OnnxDType, feeds[input]!, shape),
    ]),
  );
  const made = entry<Record<string, OrtTensor>>({
    name,
    compute: () => session.run(tensors),
    read: (results) => results[graph.output.name]!.data as unknown as ArrayLike<number>,
    reorder: options.reorder,
  });
  return { entry: made, release: () => session.release() };
}

/** onnxruntime-web leaves a global `Worker` of Node's behind, which jax-js then takes for a browser's, and fails. */
async function withoutTrace<T>(create: () => Promise<T>): Promise<T> {
  const globals = globalThis as { Worker?: unknown };
  const had = Object.hasOwn(globals, 'Worker');
  try {
    return await create();
  } finally {
    if (!had) delete globals.Worker;
  }
}
