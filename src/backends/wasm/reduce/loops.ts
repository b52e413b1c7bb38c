import {
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import { emitTask } from '../task';
import {
  combineLanes,
  type Family,
  keepFirst,
  loadShift,
  loadVector,
  storeFirst,
  vectorBytes,
  WideSum,
} from './family';

/**
 * What is stored: elements of the vectors that are combined; doubles, of float32 sums that more is added to; or float32, of
 * doubles.
 */
export type Stored = 'same' | 'wide' | 'demoted';

/** log2 of bytes per element stored. */
export function storedShift(family: Family, stored: Stored): number {
  return stored === 'same' ? family.shift : stored === 'wide' ? 3 : 2;
}

/** Vectors reduced side by side in a row, to hide the latency of an addition. */
const ACCUMULATORS = 8;
/** Rounds of a row (of ACCUMULATORS vectors each), and rows of a column, until float32 sums go to doubles. */
const ROUNDS = 8;
const BLOCK_ROWS = 8;
/** Vectors of a row that columns are reduced in side by side. */
export const WIDTH = 8;

/**
 * out[u] = over r of x[row·step + r]: rows of `n` neighbours to one element each. A row is cut into `blocks` blocks of
 * `block` elements, the last perhaps shorter; a block is a unit.
 */
export function emitRows(m: ModuleBuilder, family: Family, stored: Stored): void {
  const words = ['out', 'x', 'n', 'step', 'blocks', 'block'] as const;
  emitTask(m, { words }, (f, { out, x, n, step, blocks, block }, { begin, end }) => {
    const wide = family.widens ? new WideSum(f) : null;
    const accumulators = f.locals('v128', ACCUMULATORS);
    const [p, left, start] = f.locals('i32', 3);
    const row = f.local('i32', i32.add(x, i32.mul(i32.divU(begin, blocks), step)));
    const b = f.local('i32', i32.remU(begin, blocks));
    const at = f.local('i32', i32.add(out, i32.shl(begin, storedShift(family, stored))));
    const stop = f.local('i32', i32.add(out, i32.shl(end, storedShift(family, stored))));
    f.while(i32.ne(at, stop), () => {
      f.set(start, i32.mul(b, block));
      f.set(p, i32.add(row, i32.shl(start, loadShift(family))));
      f.set(left, i32.sub(n, start));
      f.set(left, i32.select(i32.gtU(left, block), block, left));
      emitRow(f, family, accumulators, wide, p, left);
      f.do(storeRow(family, stored, accumulators[0]!, wide, at));
      f.increment(at, 1 << storedShift(family, stored));
      f.increment(b, 1);
      f.if(i32.eq(b, blocks), () => {
        f.set(b, 0);
        f.increment(row, step);
      });
    });
  });
}

function storeRow(
  family: Family,
  stored: Stored,
  sum: Local<'v128'>,
  wide: WideSum | null,
  at: Local<'i32'>,
): Expr<'void'> {
  if (stored === 'demoted') return f32.store(at, f32.demote(f64x2.extract(sum, 0)));
  if (wide === null) return storeFirst(family, at, sum);
  return stored === 'wide' ? f64.store(at, wide.total()) : f32.store(at, f32.demote(wide.total()));
}

/** Reduces `left` elements from `p` on into `accumulators[0]` (all lanes), or into `wide`. */
function emitRow(
  f: FunctionBuilder,
  family: Family,
  accumulators: readonly Local<'v128'>[],
  wide: WideSum | null,
  p: Local<'i32'>,
  left: Local<'i32'>,
): void {
  const lanes = 16 >> family.shift;
  const [first] = accumulators as readonly [Local<'v128'>];
  const clear = (): void => accumulators.forEach((a) => f.set(a, family.identity));
  const round = (): void => {
    accumulators.forEach((a, k) => f.set(a, family.combine(a, loadVector(family, p, k))));
    f.increment(p, vectorBytes(family) * ACCUMULATORS);
  };
  const gather = (): void => {
    for (let width = ACCUMULATORS / 2; width >= 1; width /= 2) {
      for (let k = 0; k < width; k++)
        f.set(accumulators[k]!, family.combine(accumulators[k]!, accumulators[k + width]!));
    }
  };
  clear();
  if (wide !== null) {
    wide.clear();
    const block = ROUNDS * ACCUMULATORS * lanes;
    const rounds = f.local('i32');
    f.while(i32.geU(left, block), () => {
      // A loop: of rounds one after the other, V8 before 2025 makes accumulators one after the other.
      f.set(rounds, ROUNDS);
      f.loop((again) => {
        round();
        f.set(rounds, i32.sub(rounds, 1));
        f.brIf(again, rounds);
      });
      gather();
      wide.add(first);
      clear();
      f.set(left, i32.sub(left, block));
    });
  }
  f.if(i32.geU(left, ACCUMULATORS * lanes), () => {
    f.while(i32.geU(left, ACCUMULATORS * lanes), () => {
      round();
      f.set(left, i32.sub(left, ACCUMULATORS * lanes));
    });
    gather();
  });
  f.while(i32.geU(left, lanes), () => {
    f.set(first, family.combine(first, loadVector(family, p)));
    f.increment(p, vectorBytes(family));
    f.set(left, i32.sub(left, lanes));
  });
  f.if(left, () => f.set(first, family.combine(first, keepFirst(family, loadVector(family, p), left))));
  if (wide !== null) wide.add(first);
  else combineLanes(f, family, first);
}

/**
 * out[o][b][i] = over r of x[o·outerStep + r·step + i]: rows on top of each other to one row of `inner`, in `blocks`
 * blocks of `block` rows, the last perhaps shorter. Units are strips of `strip` neighbouring columns of such blocks.
 */
export function emitColumns(m: ModuleBuilder, family: Family, stored: Stored): void {
  const words = ['out', 'x', 'n', 'inner', 'outerStep', 'step', 'strips', 'strip', 'blocks', 'block'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const { n, inner, strips, strip, blocks, block } = w;
    const lanes = 16 >> family.shift;
    const outShift = storedShift(family, stored);
    const [unit, column, rows, p, out, left, first] = f.locals('i32', 7);
    const step = (width: number, store: (vectors: readonly Column[]) => void): void => {
      store(reduceDown(f, family, { width, p, n: rows, step: w.step }));
      f.increment(p, vectorBytes(family) * width);
      f.increment(out, (lanes * width) << outShift);
      f.set(left, i32.sub(left, width * lanes));
    };
    const whole = (width: number): void =>
      f.while(i32.geU(left, width * lanes), () =>
        step(width, (vectors) =>
          vectors.forEach((v, k) => storeLanes(f, family, stored, v, out, (k * lanes) << outShift)),
        ),
      );
    f.for(unit, begin, end, 1, () => {
      f.set(rows, i32.divU(unit, strips));
      f.set(column, i32.mul(i32.remU(unit, strips), strip));
      f.set(out, i32.add(w.out, i32.shl(i32.add(i32.mul(rows, inner), column), outShift)));
      f.set(first, i32.mul(i32.remU(rows, blocks), block));
      f.set(p, i32.add(w.x, i32.add(i32.mul(i32.divU(rows, blocks), w.outerStep), i32.mul(first, w.step))));
      f.increment(p, i32.shl(column, loadShift(family)));
      f.set(rows, i32.sub(n, first));
      f.set(rows, i32.select(i32.gtU(rows, block), block, rows));
      f.set(left, i32.sub(inner, column));
      f.set(left, i32.select(i32.gtU(left, strip), strip, left));
      whole(WIDTH);
      whole(WIDTH / 2);
      whole(1);
      f.if(left, () =>
        reduceDown(f, family, { width: 1, p, n: rows, step: w.step }).forEach((v) =>
          storeLanes(f, family, stored, v, out, 0, left),
        ),
      );
    });
  });
}

/** A vector of a column: reduced in the family's dtype, or a sum in doubles. */
type Column = Local<'v128'> | WideSum;

/** Stores all lanes of a vector, or the first `count` (fewer than all). */
function storeLanes(
  f: FunctionBuilder,
  family: Family,
  stored: Stored,
  column: Column,
  out: Local<'i32'>,
  offset: number,
  count?: Local<'i32'>,
): void {
  const parts: V128[] = [];
  if (column instanceof WideSum) {
    if (stored === 'wide') parts.push(column.low, column.high);
    else parts.push(f.local('v128', column.floats()));
  } else parts.push(stored === 'demoted' ? f.local('v128', f32x4.demoteF64x2Zero(column)) : column);
  if (count === undefined) {
    if (stored === 'demoted') f.do(v128.store64Lane(out, parts[0]!, 0, offset));
    else parts.forEach((part, k) => f.do(v128.store(out, part, offset + 16 * k)));
    return;
  }
  const shift = storedShift(family, stored);
  const perPart = 16 >> shift;
  for (let k = 0; k < (16 >> family.shift) - 1; k++) {
    const [part, lane, at] = [parts[Math.floor(k / perPart)]!, k % perPart, offset + (k << shift)];
    f.if(i32.gtU(count, k), () => {
      if (shift === 3) f.do(v128.store64Lane(out, part, lane, at));
      else if (shift === 2) f.do(v128.store32Lane(out, part, lane, at));
      else f.do(i32.store8(out, i8x16.extractU(part, lane), at));
    });
  }
}

interface Down {
  readonly width: number;
  readonly p: Local<'i32'>;
  readonly n: Local<'i32'>;
  readonly step: Local<'i32'>;
}

/** Reduces `width` neighbouring vectors over `n` rows `step` apart, from `p` on. */
function reduceDown(f: FunctionBuilder, family: Family, { width, p, n, step }: Down): Column[] {
  const sums = f.locals('v128', width);
  const q = f.local('i32', p);
  const left = f.local('i32', n);
  const row = (): void => {
    sums.forEach((s, k) => f.set(s, family.combine(s, loadVector(family, q, k))));
    f.increment(q, step);
    f.set(left, i32.sub(left, 1));
  };
  const clear = (): void => sums.forEach((s) => f.set(s, family.identity));
  clear();
  if (!family.widens) {
    f.while(left, row);
    return sums;
  }
  const wide = sums.map(() => new WideSum(f));
  for (const w of wide) w.clear();
  const rounds = f.local('i32');
  f.while(left, () => {
    f.set(rounds, i32.select(i32.ltU(left, BLOCK_ROWS), left, BLOCK_ROWS));
    f.loop((again) => {
      row();
      f.set(rounds, i32.sub(rounds, 1));
      f.brIf(again, rounds);
    });
    sums.forEach((s, k) => wide[k]!.add(s));
    clear();
  });
  return wide;
}
