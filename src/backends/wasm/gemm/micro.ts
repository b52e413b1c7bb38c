import {
  type FunctionBuilder,
  type FunctionRef,
  i8x16,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index';
import type { Arithmetic } from './arithmetic';
import { type Tile, UNROLL } from './tile';

type Vector = Local<'v128'>;
type I32 = Local<'i32'>;

/** What a microkernel reads, and with what it computes. */
export interface MicroSpec {
  readonly tile: Tile;
  readonly arithmetic: Arithmetic;
  /**
   * A as packed panels, or in place: rows whose elements are neighbours along k, or columns whose elements are
   * neighbours from row to row.
   */
  readonly a: 'panels' | 'rows' | 'columns';
  /** B as packed panels, or in place: rows whose columns are neighbours. */
  readonly b: 'panels' | 'rows';
}

/** The part of a tile that is computed. */
export interface Extent {
  readonly rows: number;
  readonly vectors: number;
  /** Whether only some of the rows, and some lanes of the last vector, are stored. */
  readonly cut: boolean;
}

/** What `UNROLL` is in kernels for edges. */
const EDGE_UNROLL = 2;

/** The operands of a microkernel as locals, which it uses up. */
interface Operands {
  readonly k: I32;
  /** One pointer into a panel or to a column, or one to each row. */
  readonly a: readonly I32[];
  readonly b: I32;
  /** Between steps along k of A's columns, and of B's rows. */
  readonly aK: I32;
  readonly bK: I32;
}

/**
 * Emits the microkernel `(k, a, b, c, cRow, accumulate, aStep, bK)`: C[rows × columns] = Σ_p a[p]·b[p]. Every element of
 * C is summed in the order of p from zero, so its bits do not depend on the tile. With `accumulate` the sum is added to
 * what C holds. `aStep` lies between rows or columns of A, `bK` between rows of B, where they are read in place.
 *
 * One that cuts takes `(…, down, across)` too: how many rows and columns of C there are. Rows of A from number `down` on
 * are not read, the last one is instead.
 */
export function emitMicrokernel(m: ModuleBuilder, spec: MicroSpec, extent: Extent): FunctionRef<'void'> {
  const { arithmetic } = spec;
  const params = Array.from({ length: extent.cut ? 10 : 8 }, () => 'i32' as const);
  return m.func(`micro${extent.rows}x${extent.vectors}${extent.cut ? 'cut' : ''}`, params, 'void', (f, ...all) => {
    const [k, a, b, c, cRow, accumulate, aStep, bK, down, across] = all as unknown as I32[] & { length: 10 };
    const sums: Vector[][] = [];
    for (let r = 0; r < extent.rows; r++) sums.push(f.locals('v128', extent.vectors));
    const pointers = [a!];
    for (let r = 1; spec.a === 'rows' && r < extent.rows; r++) {
      const row = extent.cut ? i32.select(i32.gtU(down!, r), r, i32.sub(down!, 1)) : r;
      pointers.push(f.local('i32', i32.add(a!, i32.mul(aStep!, row))));
    }
    const sum = spec.tile.access === 'shuffle' && spec.a !== 'columns' ? sumShuffles : sumSplats;
    sum(f, spec, sums, { k: k!, a: pointers, b: b!, aK: aStep!, bK: bK! });
    const store = (withOld: boolean): void => {
      const at = f.local('i32', c!);
      for (let r = 0; r < sums.length; r++) {
        const row = sums[r]!;
        for (let v = 0; withOld && v < row.length; v++) {
          f.set(row[v]!, arithmetic.add(v128.load(at, 16 * v), row[v]!));
        }
        if (extent.cut) f.if(i32.gtU(down!, r), () => storeCut(f, arithmetic, row, at, across!));
        else for (let v = 0; v < row.length; v++) f.do(v128.store(at, row[v]!, 16 * v));
        if (r < sums.length - 1) f.increment(at, cRow!);
      }
    };
    f.if(
      accumulate!,
      () => store(true),
      () => store(false),
    );
  });
}

/** Stores the first `across` lanes of a row, whose last vector may be cut. */
function storeCut(
  f: FunctionBuilder,
  { lanes, bytes }: Arithmetic,
  row: readonly Vector[],
  at: I32,
  across: I32,
): void {
  const last = row.length - 1;
  const putOne = bytes === 4 ? v128.store32Lane : v128.store64Lane;
  row.slice(0, last).forEach((s, v) => f.do(v128.store(at, s, 16 * v)));
  f.if(
    i32.geU(across, row.length * lanes),
    () => f.do(v128.store(at, row[last]!, 16 * last)),
    () => {
      for (let lane = 0; lane < lanes - 1; lane++) {
        const store = () => f.do(putOne(at, row[last]!, lane, 16 * last + lane * bytes));
        if (lane === 0) store();
        else f.if(i32.gtU(across, last * lanes + lane), store);
      }
    },
  );
}

type Sums = readonly (readonly Vector[])[];

/** Loads a step's vectors of B: `u` steps further in a panel, or the next row in place. */
function loadB(f: FunctionBuilder, spec: MicroSpec, bs: readonly Vector[], { b, bK }: Operands, u: number): void {
  const { tile, arithmetic } = spec;
  const offset = spec.b === 'panels' ? u * tile.columns * arithmetic.bytes : 0;
  for (let v = 0; v < bs.length; v++) f.set(bs[v]!, v128.load(b, offset + 16 * v));
  if (spec.b === 'rows') f.increment(b, bK);
}

function advanceB(f: FunctionBuilder, { tile, arithmetic, b: reading }: MicroSpec, b: I32, steps: number): void {
  if (reading === 'panels') f.increment(b, steps * tile.columns * arithmetic.bytes);
}

function sumSplats(f: FunctionBuilder, spec: MicroSpec, sums: Sums, operands: Operands): void {
  const { bytes, splat, multiplyAdd } = spec.arithmetic;
  const { k, a, aK, b } = operands;
  const bs = f.locals('v128', sums[0]!.length);
  const x = f.local('v128');
  const element = (r: number, u: number) => {
    if (spec.a === 'rows') return splat(a[r]!, u * bytes);
    return splat(a[0]!, ((spec.a === 'panels' ? u * spec.tile.rows : 0) + r) * bytes);
  };
  const step = (u: number): void => {
    loadB(f, spec, bs, operands, u);
    for (let r = 0; r < sums.length; r++) {
      f.set(x, element(r, u));
      const row = sums[r]!;
      for (let v = 0; v < row.length; v++) f.set(row[v]!, multiplyAdd(x, bs[v]!, row[v]!));
    }
    if (spec.a === 'columns') f.increment(a[0]!, aK);
  };
  const advance = (steps: number): void => {
    if (spec.a !== 'columns') {
      for (const pointer of a) f.increment(pointer, steps * bytes * (spec.a === 'rows' ? 1 : spec.tile.rows));
    }
    advanceB(f, spec, b, steps);
    f.set(k, i32.sub(k, steps));
  };
  const unroll = spec.tile.unroll ?? (sums.length === spec.tile.rows ? UNROLL : EDGE_UNROLL);
  if (unroll > 1) {
    f.while(i32.geS(k, unroll), () => {
      for (let u = 0; u < unroll; u++) step(u);
      advance(unroll);
    });
  }
  f.while(i32.gtS(k, 0), () => {
    step(0);
    advance(1);
  });
}

function sumShuffles(f: FunctionBuilder, spec: MicroSpec, sums: Sums, operands: Operands): void {
  const { bytes, lanes, multiplyAdd } = spec.arithmetic;
  const { k, a, b } = operands;
  const inRows = spec.a === 'rows';
  const bs = f.locals('v128', sums[0]!.length);
  const as = f.locals('v128', sums.length);
  const x = f.local('v128');
  const loadRows = (): void => as.forEach((row, r) => f.set(row, inRows ? v128.load(a[r]!) : v128.load(a[0]!, 16 * r)));
  const step = (u: number): void => {
    loadB(f, spec, bs, operands, u);
    const repeated = Array.from({ length: 16 }, (_, i) => u * bytes + (i % bytes));
    sums.forEach((row, r) => {
      f.set(x, i8x16.shuffle(as[r]!, as[r]!, repeated));
      row.forEach((sum, v) => f.set(sum, multiplyAdd(x, bs[v]!, sum)));
    });
  };
  f.while(i32.geS(k, lanes), () => {
    loadRows();
    for (let u = 0; u < lanes; u++) step(u);
    for (const pointer of a) f.increment(pointer, inRows ? 16 : 16 * spec.tile.rows);
    advanceB(f, spec, b, lanes);
    f.set(k, i32.sub(k, lanes));
  });
  f.if(k, () => {
    loadRows();
    step(0);
    for (let u = 1; u < lanes - 1; u++) f.if(i32.gtS(k, u), () => step(u));
  });
}
