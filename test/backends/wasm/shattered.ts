import { expect } from 'vitest';
import { compile } from '../../../src/compile/compile';
import type { Backend } from '../../../src/core/backend';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { ShatteringBackend } from './support';

const shattering = new ShatteringBackend();

/** The same operand, its layout too, on another backend. */
function copyTo(backend: Backend, { block, dtype, shape, strides, offset, backend: from }: Tensor): Tensor {
  return tensor(from.readSync(block, 0, block.length), { dtype, backend }).view({ shape, strides, offset });
}

/**
 * Expects that neither dividing tasks at random nor recording them in a plan changes a bit of what `f` makes of `inputs`, which
 * are on one backend.
 */
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
  const planned = compile(f);
  const recorded = bits(planned(...inputs));
  planned.dispose();
  const expectBits = (results: readonly Uint8Array[], what: string): void =>
    results.forEach((got, i) => {
      const at = got.findIndex((byte, j) => byte !== whole[i]![j]);
      if (at >= 0) expect.fail(`${label}: byte ${at} of result ${i} ${what}`);
    });
  expectBits(divided, 'depends on how the work is divided');
  expectBits(recorded, 'is another one in a plan');
}
