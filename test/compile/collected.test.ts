import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { WasmBackend } from '../../src/backends/wasm/backend';
import { wasm } from '../../src/backends/wasm/index';
import { compile } from '../../src/compile/compile';
import type { Tensor } from '../../src/core/tensor';
import { add, exp, tensor } from '../../src/index';

it('frees the memory of plans whose function is collected undisposed', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const backend = wasm() as WasmBackend;
  const x = tensor([1, 2], { backend });
  const before = backend.arena.bytesInUse;
  (() => {
    for (let i = 0; i < 20; i++) compile((y: Tensor) => add(y, exp(tensor([i, i], { backend }))))(x).dispose();
  })();
  expect(backend.arena.bytesInUse).toBeGreaterThanOrEqual(before + 20 * 64);
  for (let tries = 0; tries < 200 && backend.arena.bytesInUse > before; tries++) {
    collect();
    await new Promise<void>((resolve) => setTimeout(resolve, 5));
  }
  expect(backend.arena.bytesInUse).toBe(before);
});
