import { type Arg, type Expr, type FunctionRef, i32, type Local, type ModuleBuilder } from '../assembler/index';
import type { Arithmetic } from './arithmetic';
import { ANY_EDGES, type Edges } from './edges';
import { emitMicrokernel, type MicroSpec } from './micro';
import type { Tile } from './tile';

type I32 = Local<'i32'>;

/**
 * Emits `macro(a, b, c, cRow, m, n, k, accumulate, aStep, bK)`: all tiles of C[m × n], column by column, so that a panel
 * of B stays in the first-level cache. At the lower edge tiles have fewer rows, at the right one fewer vectors, of which
 * the last is cut. n must have the edge that is given, if one is; rows left over that have no kernel go one by one.
 */
export function emitMacrokernel(m: ModuleBuilder, spec: MicroSpec, edges: Edges = ANY_EDGES): FunctionRef<'void'> {
  const { rows, columns } = spec.tile;
  const { bytes, lanes } = spec.arithmetic;
  const vectors = columns / lanes;
  const micro = (r: number, v: number, cut: boolean) => emitMicrokernel(m, spec, { rows: r, vectors: v, cut });
  const single = micro(1, vectors, false);
  const fewer: [number, FunctionRef<'void'>][] = [];
  for (const r of sizesUpTo(rows - 1, edges.rows)) if (r > 1) fewer.push([r, micro(r, vectors, false)]);
  const whole = micro(rows, vectors, false);
  const cuts: [number, FunctionRef<'void'>][] = [];
  for (const v of sizesUpTo(vectors, edges.vectors)) cuts.push([v, micro(rows, v, true)]);
  const params = Array.from({ length: 10 }, () => 'i32' as const);
  return m.func('macro', params, 'void', (f, ...all) => {
    const [a, b, c, cRow, height, width, k, accumulate, aStep, bK] = all as unknown as I32[] & { length: 10 };
    const [down, across, aAt, cAt] = f.locals('i32', 4);
    const bAt = f.local('i32', b!);
    const tileOfA = f.local('i32', aTile());
    const tileOfC = f.local('i32', i32.mul(cRow!, rows));
    const run = (fn: FunctionRef<'void'>, ...more: readonly I32[]): void =>
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
    const go = (count: number, throughA: Arg<'i32'>, throughC: I32): void => {
      f.increment(aAt, throughA);
      f.increment(cAt, throughC);
      f.set(down, i32.sub(down, count));
    };
    f.set(across, width!);
    f.while(i32.geS(across, columns), () => {
      startColumn();
      f.while(i32.geS(down, rows), () => {
        run(whole);
        go(rows, tileOfA, tileOfC);
      });
      for (const [r, kernel] of fewer) {
        f.if(i32.eq(down, r), () => {
          run(kernel);
          f.set(down, 0);
        });
      }
      f.while(down, () => {
        run(single);
        go(1, spec.a === 'rows' ? aStep! : bytesToNextRow(spec), cRow!);
      });
      f.increment(bAt, spec.b === 'panels' ? i32.mul(k!, columns * bytes) : columns * bytes);
      f.increment(c!, columns * bytes);
      f.set(across, i32.sub(across, columns));
    });
    if (cuts.length === 0) return;
    f.if(i32.gtS(across, 0), () => {
      startColumn();
      f.while(i32.gtS(down, 0), () => {
        for (const [v, kernel] of cuts) {
          const inside = i32.and(i32.gtS(across, (v - 1) * lanes), i32.leS(across, v * lanes));
          f.if(inside, () => run(kernel, down, across));
        }
        go(rows, tileOfA, tileOfC);
      });
    });
  });
}

function sizesUpTo(most: number, size: number | 'any'): number[] {
  if (size !== 'any') return size === 0 ? [] : [size];
  return Array.from({ length: most }, (_, i) => i + 1);
}

/** In a panel of A, or in a column of it that lies in place. */
function bytesToNextRow({ tile, arithmetic, a }: MicroSpec): number {
  return arithmetic.bytes * (tile.access === 'shuffle' && a === 'panels' ? arithmetic.lanes : 1);
}

/** `paddedK` in generated code. */
function emitPaddedK({ access }: Tile, { lanes }: Arithmetic, k: Local<'i32'>): Expr<'i32'> {
  return access === 'shuffle' ? i32.and(i32.add(k, lanes - 1), -lanes) : k;
}
