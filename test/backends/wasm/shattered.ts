import { expect } from 'vitest';
import type { Backend } from '../../../src/core/backend';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { ShatteringBackend } from './support';

const shattering = new ShatteringBackend();

/** The same operand, its layout too, on another backend. */
function copyTo(backend: Backend, { block, dtype, shape, strides, offset, backend: from }: Tensor): Tensor {
  return tensor(from.readSync(block, 0, block.length), { dtype, backend }).view({ shape, strides, offset });
}

/** Expects that dividing tasks at random changes no bit of what `f` makes of `inputs`, which are on one backend. */
export function expectSameBitsShattered(
  f: (...inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  label = '',
): void {
  const bits = (results: readonly Tensor[]): Uint8Array[] =>
    results.map((y) => {
      const { buffer, byteOffset, byteLength } = y.dataSync();
      return new Uint8Array(buffer, byteOffset, byteLength);
    });
  const whole = bits(f(...inputs));
  const divided = bits(f(...inputs.map((x) => copyTo(shattering, x))));
  divided.forEach((got, i) => {
    const at = got.findIndex((byte, j) => byte !== whole[i]![j]);
    if (at >= 0) expect.fail(`${label}: byte ${at} of result ${i} depends on how the work is divided`);
  });
}
