import { i32, type ModuleBuilder } from '../assembler/index';
import type { Arithmetic } from '../gemm/arithmetic';
import { emitMicrokernel } from '../gemm/micro';
import type { Tile } from '../gemm/tile';

const B_AT = 32768;
const C_AT = 65536;

/** Emits `run(calls)`: so many calls of a microkernel, of so many steps along k each, on panels at fixed places. */
export function emitProbe(m: ModuleBuilder, arithmetic: Arithmetic, tile: Tile, steps: number): void {
  const { bytes, lanes } = arithmetic;
  const extent = { rows: tile.rows, vectors: tile.columns / lanes, cut: false };
  const micro = emitMicrokernel(m, { tile, arithmetic, a: 'panels', b: 'panels' }, extent);
  m.func('run', ['i32'], 'void', (f, calls) => {
    f.while(calls!, () => {
      f.do(f.call(micro, steps, 0, B_AT, C_AT, tile.columns * bytes, 0, 0, 0));
      f.set(calls!, i32.sub(calls!, 1));
    });
  });
}
