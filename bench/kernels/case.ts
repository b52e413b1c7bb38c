import { type Backend, compile, scope, type Tensor, tensor, vjp } from 'kompakt';
import type * as kernels from '../../src/backends/wasm/kernels';
import type { DType, TypedArray } from '../../src/core/dtype';
import { noiseOf, sizeOf } from '../ours';
import type { NpArray, NumpyTs } from '../peers/numpy-ts';
import type { Tfjs, TfTensor } from '../peers/tfjs';

/** A kernel of the engine, as src/backends/wasm/kernels.ts calls it. */
export type KernelName = keyof typeof kernels;

/** What a row computes with. */
export interface Data {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype?: DType;
}

/** A row of the part `kernels`. */
export interface KernelCase {
  readonly work: string;
  /** The kernels that it times; a test runs the row and looks. */
  readonly kernels: readonly KernelName[];
  readonly flop?: number;
  operands(): Data[];
  ours(...operands: Tensor[]): Tensor;
  /**
   * To time not `ours` but its gradient by one of the operands, the one of this number: the last operand, which `ours` is not
   * given, is then the gradient of the result.
   */
  readonly by?: number;
  /** Whether to compile it, and show beside it what it takes one operation after the other. */
  readonly compiled?: boolean;
  tf?(tf: Tfjs, ...operands: TfTensor[]): TfTensor;
  np?(np: NumpyTs, ...operands: NpArray[]): NpArray;
}

/** Floats of a shape, in [−1, 1). */
export function floats(shape: readonly number[], seed = 1): Data {
  return { data: noiseOf(shape, seed), shape };
}

/** The same in double precision. */
export function doubles(shape: readonly number[], seed = 1): Data {
  return { data: Float64Array.from(noiseOf(shape, seed)), shape };
}

/** int32 from 0 up to a bound, which is not among them. */
export function integers(shape: readonly number[], bound: number, seed = 1): Data {
  return { data: Int32Array.from(noiseOf(shape, seed), (v) => Math.floor((v + 1) * 0.5 * bound)), shape };
}

/** int8 of all values. */
export function bytes(shape: readonly number[], seed = 1): Data {
  return { data: Int8Array.from(noiseOf(shape, seed), (v) => Math.floor(v * 128)), shape };
}

export function constant(shape: readonly number[], value: number): Data {
  return { data: new Int32Array(sizeOf(shape)).fill(value), shape };
}

/** Our ways of a case, on a backend. */
export interface Ready {
  compute(): Tensor;
  /** One operation after the other, where `compute` is compiled. */
  readonly eager?: () => Tensor;
  dispose(): void;
}

export function prepare({ operands, ours, by, compiled }: KernelCase, backend: Backend): Ready {
  const xs = operands().map(({ data, ...options }) => tensor(data, { ...options, backend }));
  const free = (more: readonly { dispose(): void }[]): void => {
    for (const x of [...xs, ...more]) x.dispose();
  };
  if (by !== undefined) {
    const [inputs, g] = [xs.slice(0, -1), xs.at(-1)!];
    const [y, pull] = vjp((t: Tensor) => ours(...inputs.with(by, t)), inputs[by]!);
    return { compute: () => pull(g)[0], dispose: () => free([y]) };
  }
  const eager = (): Tensor => scope(() => ours(...xs));
  if (compiled !== true) return { compute: () => ours(...xs), dispose: () => free([]) };
  const plan = compile(ours);
  return { compute: () => plan(...xs), eager, dispose: () => free([plan]) };
}
