import { type Entry, entry } from '../compare';
import { importPackage, peer } from './load';

export interface NpArray {
  readonly shape: readonly number[];
  /** The elements in order, if the array is contiguous. */
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
  reshape(...shape: number[]): NpArray;
  readonly T: NpArray;
  transpose(axes?: readonly number[]): NpArray;
  dispose(): void;
}

type Map1 = (x: NpArray) => NpArray;
type Map2 = (a: NpArray, b: NpArray | number) => NpArray;

/** The parts of numpy-ts that are used here. */
export interface NumpyTs {
  array(data: Float32Array | Float64Array | Int32Array): NpArray;
  readonly matmul: (a: NpArray, b: NpArray) => NpArray;
  readonly add: Map2;
  readonly subtract: Map2;
  readonly multiply: Map2;
  readonly divide: Map2;
  readonly maximum: Map2;
  readonly abs: Map1;
  readonly argsort: Map1;
  readonly exp: Map1;
  readonly log: Map1;
  readonly reciprocal: Map1;
  readonly tanh: Map1;
  readonly sqrt: Map1;
  readonly negative: Map1;
  max(x: NpArray, axis: number, keepdims: boolean): NpArray;
  min(x: NpArray, axis: number, keepdims: boolean): NpArray;
  prod(x: NpArray, axis: number): NpArray;
  argmax(x: NpArray, axis: number): NpArray;
  argmin(x: NpArray, axis: number): NpArray;
  cumsum(x: NpArray, axis: number): NpArray;
  concatenate(xs: readonly NpArray[], axis: number): NpArray;
  pad(x: NpArray, pads: readonly (readonly [number, number])[]): NpArray;
  sum(x: NpArray, axis: number, keepdims: boolean): NpArray;
  sum(x: NpArray): number;
  mean(x: NpArray, axis: number, keepdims: boolean): NpArray;
}

/** numpy-ts (it has one thread), or the reason why not. */
export const numpyTs = peer('numpy-ts', async () => (await importPackage('numpy-ts')) as NumpyTs);

export function npArray(
  np: NumpyTs,
  data: Float32Array | Float64Array | Int32Array,
  shape: readonly number[],
): NpArray {
  return np.array(data).reshape(...shape);
}

/** An entry of numpy-ts. */
export function numpyTsEntry(compute: () => NpArray | number): Entry {
  return entry<NpArray | number>({
    name: 'numpy-ts',
    compute,
    // Its indices are int64.
    read: (t) => (typeof t === 'number' ? [t] : Float64Array.from(t.data as ArrayLike<number | bigint>, Number)),
    free: (t) => (typeof t === 'number' ? undefined : t.dispose()),
  });
}
