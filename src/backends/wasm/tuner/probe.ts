import { i32, ModuleBuilder } from '../assembler/index';
import { ARITHMETICS } from '../gemm/arithmetic';
import type { ArithmeticName } from '../gemm/elements';
import { emitMicrokernel } from '../gemm/micro';
import type { Tile } from '../gemm/tile';

/** Steps along k: panels of a tile fill about half of the first-level cache, as in a large product. */
const STEPS = 256;
/** Calls of a microkernel between two readings of the clock: some ten microseconds. */
const CALLS = 24;
const PAGES = 2;
const B_AT = 32768;
const C_AT = 65536;

/** A microkernel on panels of its own in the first-level cache. */
export interface Probe {
  /** Multiply-adds in a nanosecond, of one measurement of some ten microseconds; null where the clock can't tell. */
  measure(): number | null;
}

/** Compiles a microkernel, without anything around it, over a small memory of its own. */
export function makeProbe(arithmetic: ArithmeticName, tile: Tile): Probe {
  const { bytes, lanes } = ARITHMETICS[arithmetic];
  const module = new ModuleBuilder({ maximumPages: PAGES, shared: false });
  const extent = { rows: tile.rows, vectors: tile.columns / lanes, cut: false };
  const spec = { tile, arithmetic: ARITHMETICS[arithmetic], a: 'panels', b: 'panels' } as const;
  const micro = emitMicrokernel(module, spec, extent);
  module.func('run', ['i32'], 'void', (f, calls) => {
    f.while(calls!, () => {
      f.do(f.call(micro, STEPS, 0, B_AT, C_AT, tile.columns * bytes, 0, 0, 0));
      f.set(calls!, i32.sub(calls!, 1));
    });
  });
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  // Zeros would do, but ones are the more common case.
  new Float32Array(memory.buffer).fill(1);
  const { run } = instance.exports as { run(calls: number): void };
  const work = CALLS * STEPS * tile.rows * tile.columns;
  return {
    measure: () => {
      const start = performance.now();
      run(CALLS);
      const elapsedMs = performance.now() - start;
      return elapsedMs > 0 ? work / (1e6 * elapsedMs) : null;
    },
  };
}
