import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  f64,
  f64x2,
  i32,
  i64x2,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../../assembler/index';
import { roundUp } from '../../gemm/params';
import { emitTask } from '../../task';
import { PREPARE_WORDS } from './prepare';

type I32 = Local<'i32'>;

export const SEARCH_WORDS = [
  ...PREPARE_WORDS,
  'queries',
  'rows',
  'order',
  'm',
  'k',
  'others',
  'out',
  'scratch',
  'scratchBytes',
  'stackBytes',
] as const;

/** Bytes of scratch memory for nodes that wait: the number of each, and the bound of its box. */
export function stackBytes(leaves: number): number {
  return 16 * (Math.log2(leaves) + 1);
}
/** Up to here loops over columns are written out: code for each number. */
export const MOST_UNROLLED = 8;
/** And up to here a query stays in registers. */
const MOST_KEPT = 4;

/** Scratch memory of a worker: nodes that wait, distances and rows of the k nearest so far. */
export function searchScratch(k: number, leaves: number): number {
  return roundUp(stackBytes(leaves) + 12 * k, 64);
}

/**
 * `offer(ranks, rows, last, rank, row, skip)`: takes a point among the nearest if it is; the rank that points must not
 * exceed from now on.
 */
function emitOffer(m: ModuleBuilder): FunctionRef<'f64'> {
  const params = ['i32', 'i32', 'i32', 'f64', 'i32', 'i32'] as const;
  return m.func('offer', params, 'f64', (f, ranks, rows, last, rank, row, skip) => {
    const rankAt = (i: I32, offset = 0) => f64.load(i32.add(ranks, i32.shl(i, 3)), offset);
    const rowAt = (i: I32, offset = 0) => i32.load(i32.add(rows, i32.shl(i, 2)), offset);
    const worst = f.local('f64', rankAt(last));
    f.if(f64.gt(rank, worst), () => f.return(worst));
    // A row of −1, where there is none yet, is the highest.
    const isLater = i32.and(f64.eq(rank, worst), i32.gtU(row, rowAt(last)));
    f.if(i32.or(i32.eq(row, skip), isLater), () => f.return(worst));
    const before = f.local('i32', i32.sub(last, 1));
    const other = f.local('f64');
    f.block((done) =>
      f.loop((again) => {
        f.brIf(done, i32.ltS(before, 0));
        f.set(other, rankAt(before));
        const isBefore = i32.or(f64.lt(rank, other), i32.and(f64.eq(rank, other), i32.ltU(row, rowAt(before))));
        f.brIf(done, i32.eqz(isBefore));
        f.do(f64.store(i32.add(ranks, i32.shl(before, 3)), other, 8));
        f.do(i32.store(i32.add(rows, i32.shl(before, 2)), rowAt(before), 4));
        f.set(before, i32.sub(before, 1));
        f.br(again);
      }),
    );
    f.do(f64.store(i32.add(ranks, i32.shl(before, 3)), rank, 8));
    f.do(i32.store(i32.add(rows, i32.shl(before, 2)), row, 4));
    f.result(rankAt(last));
  });
}

/** Code over the columns of a query, in both lanes. */
interface Columns {
  /** Reads the query at `q`. */
  start(): void;
  /** Visits the columns in their order: the value, and where columns of `bytes` bytes each, from `table` on, have it. */
  each(table: I32, bytes: number, visit: (x: V128, at: Expr<'i32'>, offset: number) => void): void;
}

/** `count`: how many columns, or null where only `columns` knows. */
function emitColumns(f: FunctionBuilder, q: I32, columns: I32, count: number | null): Columns {
  if (count === null) {
    const [x, at, end] = f.locals('i32', 3);
    return {
      start: () => f.set(end, i32.add(q, i32.shl(columns, 3))),
      each: (table, bytes, visit) => {
        f.set(at, table);
        f.for(x, q, end, 8, () => {
          visit(v128.load64Splat(x), at, 0);
          f.increment(at, bytes);
        });
      },
    };
  }
  const kept = f.locals('v128', count <= MOST_KEPT ? count : 0) as Local<'v128'>[];
  return {
    start: () => kept.forEach((x, c) => f.set(x, v128.load64Splat(q, 8 * c))),
    each: (table, bytes, visit) => {
      for (let c = 0; c < count; c++) visit(kept[c] ?? v128.load64Splat(q, 8 * c), table, bytes * c);
    },
  };
}

/**
 * A unit is a place in the order of the queries. The scalar is how much farther than the farthest point found a box must be
 * to be left out. `count` as for `emitColumns`.
 */
export function emitSearch(m: ModuleBuilder, count: number | null): void {
  const offer = emitOffer(m);
  emitTask(m, { words: SEARCH_WORDS, scalars: 1 }, (f, w, { begin, end, worker, scalars: [slack] }) => {
    const [u, i, q, skip, node, left, top, isLeft] = f.locals('i32', 8);
    const [leaf, range, j, stop, at] = f.locals('i32', 5);
    const worst = f.local('f64');
    const [sum, gap, x, limit] = f.locals('v128', 4);
    const stack = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    const ranks = f.local('i32', i32.add(stack, w.stackBytes));
    const found = f.local('i32', i32.add(ranks, i32.shl(w.k, 3)));
    const last = f.local('i32', i32.sub(w.k, 1));
    const firstLeaf = f.local('i32', i32.sub(w.leaves, 1));
    const columns = emitColumns(f, q, w.columns, count);

    const begun = (): void => {
      f.set(q, i32.add(w.queries, i32.shl(i32.mul(i, w.columns), 3)));
      f.set(skip, i32.select(w.others, i, -1));
      columns.start();
      f.for(j, 0, w.k, 1, () => {
        f.do(f64.store(i32.add(ranks, i32.shl(j, 3)), Infinity));
        f.do(i32.store(i32.add(found, i32.shl(j, 2)), -1));
      });
      f.set(worst, Infinity);
      f.set(top, stack);
      f.set(node, 0);
    };
    /** Down to the leaf whose boxes are nearest; the others wait. */
    const descend = (): void =>
      f.while(i32.ltU(node, firstLeaf), () => {
        f.set(at, i32.add(w.pairs, i32.mul(node, i32.shl(w.columns, 5))));
        f.set(sum, v128.zero());
        columns.each(at, 32, (value, box, offset) => {
          f.set(x, value);
          // max(0, below, above) as `boxRank` has it: what is not a number counts as 0.
          f.set(gap, f64x2.pmax(v128.zero(), f64x2.sub(v128.load(box, offset), x)));
          f.set(gap, f64x2.pmax(gap, f64x2.sub(x, v128.load(box, offset + 16))));
          f.set(sum, f64x2.add(sum, f64x2.mul(gap, gap)));
        });
        f.set(left, i32.add(i32.shl(node, 1), 1));
        f.set(isLeft, f64.le(f64x2.extract(sum, 0), f64x2.extract(sum, 1)));
        f.do(i32.store(top, i32.add(left, isLeft)));
        f.do(f64.store(top, f64.select(isLeft, f64x2.extract(sum, 1), f64x2.extract(sum, 0)), 8));
        f.increment(top, 16);
        f.set(node, i32.sub(i32.add(left, 1), isLeft));
      });
    const scan = (): void => {
      f.set(leaf, i32.sub(node, firstLeaf));
      f.set(range, i32.add(w.ranges, i32.shl(leaf, 3)));
      f.set(stop, i32.load(range, 4));
      f.set(at, i32.add(w.blocks, i32.mul(leaf, w.leafBytes)));
      f.set(limit, f64x2.splat(worst));
      f.for(j, i32.load(range), stop, 2, () => {
        f.set(sum, v128.zero());
        columns.each(at, 16, (value, point, offset) => {
          f.set(x, f64x2.sub(value, v128.load(point, offset)));
          f.set(sum, f64x2.add(sum, f64x2.mul(x, x)));
        });
        f.increment(at, i32.shl(w.columns, 4));
        f.if(i32.ne(i64x2.bitmask(f64x2.gt(sum, limit)), 3), () => {
          const row = i32.add(w.rows, i32.shl(j, 2));
          const take = (lane: number): void =>
            f.set(worst, f.call(offer, ranks, found, last, f64x2.extract(sum, lane), i32.load(row, 4 * lane), skip));
          take(0);
          f.if(i32.ltU(i32.add(j, 1), stop), () => take(1));
          f.set(limit, f64x2.splat(worst));
        });
      });
    };
    f.for(u, begin, end, 1, () => {
      f.set(i, i32.load(i32.add(w.order, i32.shl(u, 2))));
      f.if(i32.ltU(i, w.m), () => {
        begun();
        f.block((done) =>
          f.loop((next) => {
            descend();
            scan();
            f.set(worst, f64.mul(worst, slack!));
            f.loop((pop) => {
              f.brIf(done, i32.eq(top, stack));
              f.increment(top, -16);
              f.brIf(pop, f64.gt(f64.load(top, 8), worst));
            });
            f.set(node, i32.load(top));
            f.set(worst, f64.load(i32.add(ranks, i32.shl(last, 3))));
            f.br(next);
          }),
        );
        f.set(at, i32.add(w.out, i32.shl(i32.mul(i, w.k), 2)));
        f.for(j, 0, w.k, 1, () => f.do(i32.store(i32.add(at, i32.shl(j, 2)), i32.load(i32.add(found, i32.shl(j, 2))))));
      });
    });
  });
}
