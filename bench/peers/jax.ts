import { type Entry, entry } from '../compare';
import { importPackage, peer } from './load';

export interface JaxArray {
  /** The array once more: every function consumes the references that it is given. */
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  dataSync(): ArrayLike<number>;
  blockUntilReady(): Promise<JaxArray>;
  dispose(): void;
}

type JaxFunction = (...arrays: JaxArray[]) => JaxArray;

/** The parts of jax-js that are used here. */
export interface Jax {
  init(...devices: string[]): Promise<string[]>;
  defaultDevice(device: string): string;
  jit(f: JaxFunction): JaxFunction;
  readonly numpy: {
    array(data: Float32Array, options: { shape: readonly number[] }): JaxArray;
    readonly matmul: JaxFunction;
    readonly abs: JaxFunction;
    readonly sqrt: JaxFunction;
  };
  readonly nn: { readonly relu: JaxFunction };
}

/** jax-js on its WASM device, or the reason why not. Its workers need a global `Worker`, which Node lacks: one thread. */
export const jax = peer('jax-js', async () => {
  // It asks for `navigator`, which Node has from version 21 on.
  const globals = globalThis as { navigator?: unknown };
  globals.navigator ??= {};
  const loaded = (await importPackage('@jax-js/jax')) as Jax;
  await loaded.init('wasm');
  loaded.defaultDevice('wasm');
  return loaded;
});

/** An entry of jax-js: through `jit`, its fast way; the result is waited for, since it computes lazily. */
export function jaxEntry(f: JaxFunction, ...operands: readonly JaxArray[]): Entry {
  return entry<JaxArray>({
    name: 'jax-js',
    compute: async () => {
      const result = f(...operands.map((x) => x.ref));
      await result.blockUntilReady();
      return result;
    },
    read: (t) => t.ref.dataSync(),
    free: (t) => t.dispose(),
  });
}
