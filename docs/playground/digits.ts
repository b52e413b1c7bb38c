import { SIDE } from './pad';

/** Pictures in [0, 1], `[n, 28, 28, 1]`, with their digits. */
export interface Digits {
  readonly x: { readonly data: Float32Array; readonly shape: number[] };
  readonly y: Int32Array;
}

const SIZE = SIDE * SIDE;

/** The file that the build wrote: for each picture its digit, then its pixels as bytes. */
export async function loadDigits(address: string): Promise<Digits> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} can't be fetched: ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const n = bytes.length / (SIZE + 1);
  const data = new Float32Array(n * SIZE);
  const y = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const at = i * (SIZE + 1);
    y[i] = bytes[at]!;
    for (let p = 0; p < SIZE; p++) data[i * SIZE + p] = bytes[at + 1 + p]! / 255;
  }
  return { x: { data, shape: [n, SIDE, SIDE, 1] }, y };
}

/** Pictures `from` to `to`. */
export function part({ x, y }: Digits, from: number, to: number): Digits {
  const end = Math.min(to, y.length);
  return {
    x: { data: x.data.subarray(from * SIZE, end * SIZE), shape: [end - from, SIDE, SIDE, 1] },
    y: y.subarray(from, end),
  };
}
