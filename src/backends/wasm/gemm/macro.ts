import { type Expr, type FunctionRef, i32, type Local, type ModuleBuilder } from '../assembler/index';
import { emitMicrokernel, type MicroSpec } from './micro';
import { emitPaddedK } from './tile';

type I32 = Local<'i32'>;

/**
 * Emits `macro(a, b, c, cRow, m, n, k, accumulate, aStep, bK)`: all tiles of C[m × n], column by column, so that a panel
 * of B stays in the first-level cache. At the lower edge tiles have fewer rows, at the right one fewer vectors, of which
 * the last is cut.
 */
export function emitMacrokernel(m: ModuleBuilder, spec: MicroSpec): FunctionRef<'void'> {
  const { rows, columns } = spec.tile;
  const { bytes, lanes } = spec.arithmetic;
  const vectors = columns / lanes;
  const wholes = Array.from({ length: rows }, (_, r) => emitMicrokernel(m, spec, { rows: r + 1, vectors, cut: false }));
  const cuts = Array.from({ length: vectors }, (_, v) => emitMicrokernel(m, spec, { rows, vectors: v + 1, cut: true }));
  const params = Array.from({ length: 10 }, () => 'i32' as const);
  return m.func('macro', params, 'void', (f, ...all) => {
    const [a, b, c, cRow, height, width, k, accumulate, aStep, bK] = all as unknown as I32[] & { length: 10 };
    const [down, across, aAt, cAt] = f.locals('i32', 4);
    const bAt = f.local('i32', b!);
    const tileOfA = f.local('i32', aTile());
    const tileOfC = f.local('i32', i32.mul(cRow!, rows));
    const micro = (fn: FunctionRef<'void'>, ...more: readonly I32[]): void =>
      f.do(f.call(fn, k!, aAt, bAt, cAt, cRow!, accumulate!, aStep!, bK!, ...more));
    function aTile(): Expr<'i32'> {
      if (spec.a === 'rows') return i32.mul(aStep!, rows);
      if (spec.a === 'columns') return i32.const(rows * bytes);
      return i32.mul(emitPaddedK(spec.tile, spec.arithmetic, k!), rows * bytes);
    }
    const startColumn = (): void => {
      f.set(aAt, a!);
      f.set(cAt, c!);
      f.set(down, height!);
    };
    const nextTile = (): void => {
      f.increment(aAt, tileOfA);
      f.increment(cAt, tileOfC);
      f.set(down, i32.sub(down, rows));
    };
    f.set(across, width!);
    f.while(i32.geS(across, columns), () => {
      startColumn();
      f.while(i32.geS(down, rows), () => {
        micro(wholes[rows - 1]!);
        nextTile();
      });
      for (let r = 1; r < rows; r++) f.if(i32.eq(down, r), () => micro(wholes[r - 1]!));
      f.increment(bAt, spec.b === 'panels' ? i32.mul(k!, columns * bytes) : columns * bytes);
      f.increment(c!, columns * bytes);
      f.set(across, i32.sub(across, columns));
    });
    f.if(i32.gtS(across, 0), () => {
      startColumn();
      f.while(i32.gtS(down, 0), () => {
        cuts.forEach((cut, v) => {
          const inside = i32.and(i32.gtS(across, v * lanes), i32.leS(across, (v + 1) * lanes));
          f.if(inside, () => micro(cut, down, across));
        });
        nextTile();
      });
    });
  });
}
