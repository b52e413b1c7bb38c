import { expect, it } from 'vitest';
import type { WasmBackend } from '../../src/backends/wasm/backend';
import { wasm } from '../../src/backends/wasm/index';
import { compile } from '../../src/compile/compile';
import type { Tensor } from '../../src/core/tensor';
import { add, exp, tensor } from '../../src/index';
import { settled } from '../setup/collect';

it('frees the memory of plans whose function is collected undisposed', async () => {
  const backend = wasm() as WasmBackend;
  const x = tensor([1, 2], { backend });
  const before = backend.arena.bytesInUse;
  (() => {
    for (let i = 0; i < 20; i++) compile((y: Tensor) => add(y, exp(tensor([i, i], { backend }))))(x).dispose();
  })();
  expect(backend.arena.bytesInUse).toBeGreaterThanOrEqual(before + 20 * 64);
  for (let tries = 0; tries < 200 && backend.arena.bytesInUse > before; tries++) {
    await settled();
  }
  expect(backend.arena.bytesInUse).toBe(before);
});
