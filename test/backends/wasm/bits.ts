import { expect } from 'vitest';
import { wasm } from '../../../src/backends/wasm/index';
import type { Backend } from '../../../src/core/backend';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { countFallbacks, expectSame, ShatteringBackend, type Twin, wasmBackend } from './support';

const others: Readonly<Record<string, Backend>> = {
  shattering: new ShatteringBackend(),
  plain: wasm({ deterministic: true }),
};

/** Runs on every backend and expects the bits of the reference, from a kernel. */
export function expectBits(operands: readonly Twin[], run: (...xs: Tensor[]) => Tensor, label = ''): Tensor {
  const want = run(...operands.map((x) => x.truth));
  let got: Tensor | undefined;
  const fallen = countFallbacks(wasmBackend, () => {
    got = run(...operands.map((x) => x.tested));
  });
  expectSame(got!, want, 0, label);
  expect(fallen, label).toEqual([]);
  for (const [name, backend] of Object.entries(others)) {
    const copies = operands.map(({ truth }) =>
      tensor(truth.dataSync(), { shape: truth.shape, dtype: truth.dtype, backend }),
    );
    expectSame(run(...copies), want, 0, `${name}: ${label}`);
  }
  return want;
}
