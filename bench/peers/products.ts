import type { Entry } from '../compare';
import { jax, jaxEntry } from './jax';
import { available } from './load';
import { npArray, numpyTs, numpyTsEntry } from './numpy-ts';
import { type OrtOptions, onnxruntimeNode, onnxruntimeWeb, ortEntry } from './onnxruntime';
import { TFJS_PACKAGES, tfjs, tfjsEntry } from './tfjs';

/** The peers without native code, by their names in tables. */
export const JS_PEERS = ['tfjs-wasm', 'onnxruntime-web', 'numpy-ts', 'jax-js'];
export const PRODUCT_PACKAGES = [...TFJS_PACKAGES, 'onnxruntime-web', 'numpy-ts', '@jax-js/jax', 'onnxruntime-node'];

/** A product to compare: A and B, both known at the call only. */
export interface Product {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly shapeA: readonly number[];
  readonly shapeB: readonly number[];
}

/** Entries, and what to call when they are done with. */
export interface Contest {
  readonly entries: Entry[];
  close(): Promise<void>;
}

/** The four JavaScript peers' ways of A·B, those that loaded. */
export async function jsProducts({ a, b, shapeA, shapeB }: Product, print: (line: string) => void): Promise<Contest> {
  const entries: Entry[] = [];
  const closing: (() => unknown)[] = [];
  const tf = available(await tfjs('wasm'), print);
  if (tf !== undefined) {
    const [p, q] = [tf.tensor(a, shapeA), tf.tensor(b, shapeB)];
    entries.push(tfjsEntry(() => tf.matMul(p, q)));
    closing.push(() => [p, q].forEach((t) => t.dispose()));
  }
  const web = await ortProducts({ a, b, shapeA, shapeB }, 'web', print);
  entries.push(...web.entries);
  closing.push(web.close);
  const np = available(await numpyTs(), print);
  if (np !== undefined) {
    const [p, q] = [npArray(np, a, shapeA), npArray(np, b, shapeB)];
    entries.push(numpyTsEntry(() => np.matmul(p, q)));
    closing.push(() => [p, q].forEach((t) => t.dispose()));
  }
  const jx = available(await jax(), print);
  if (jx !== undefined) {
    const [p, q] = [jx.numpy.array(a, { shape: shapeA }), jx.numpy.array(b, { shape: shapeB })];
    entries.push(jaxEntry(jx.jit(jx.numpy.matmul), p, q));
    closing.push(() => [p, q].forEach((t) => t.dispose()));
  }
  return { entries, close: () => closeAll(closing) };
}

/** A·B by one of the builds of onnxruntime. */
export async function ortProducts(
  { a, b, shapeA, shapeB }: Product,
  build: 'web' | 'node',
  print: (line: string) => void,
  options: OrtOptions = {},
): Promise<Contest> {
  const ort = available(await (build === 'web' ? onnxruntimeWeb() : onnxruntimeNode()), print);
  if (ort === undefined) return { entries: [], close: async () => {} };
  const shape = [...shapeA.slice(0, -1), shapeB.at(-1)!];
  const { entry, release } = await ortEntry(
    ort,
    {
      inputs: [
        { name: 'a', dtype: 'float32', shape: shapeA },
        { name: 'b', dtype: 'float32', shape: shapeB },
      ],
      nodes: [{ op: 'MatMul', inputs: ['a', 'b'], output: 'c' }],
      output: { name: 'c', dtype: 'float32', shape },
    },
    { a, b },
    options,
  );
  return { entries: [entry], close: release };
}

export async function closeAll(closing: readonly (() => unknown)[]): Promise<void> {
  for (const close of closing) await close();
}
