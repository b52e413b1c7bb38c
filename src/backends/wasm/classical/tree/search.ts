import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  f64,
  f64x2,
  i32,
  i64x2,
  type Label,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../../assembler/index';
import { roundUp } from '../../gemm/params';
import type { Words } from '../../gemm/words';
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

/** Emits the parts of the search for one query. */
class Search {
  readonly i: I32;
  readonly #q: I32;
  readonly #skip: I32;
  readonly #node: I32;
  /** Nodes that wait, and the end of them. */
  readonly #stack: I32;
  readonly #top: I32;
  /** What has been found so far. */
  readonly #ranks: I32;
  readonly #found: I32;
  readonly #last: I32;
  readonly #worst: Local<'f64'>;
  readonly #firstLeaf: I32;
  readonly #columns: Columns;

  constructor(
    readonly f: FunctionBuilder,
    readonly w: Words<(typeof SEARCH_WORDS)[number]>,
    worker: I32,
    count: number | null,
  ) {
    [this.i, this.#q, this.#skip, this.#node, this.#top] = f.locals('i32', 5);
    this.#worst = f.local('f64');
    this.#stack = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    this.#ranks = f.local('i32', i32.add(this.#stack, w.stackBytes));
    this.#found = f.local('i32', i32.add(this.#ranks, i32.shl(w.k, 3)));
    this.#last = f.local('i32', i32.sub(w.k, 1));
    this.#firstLeaf = f.local('i32', i32.sub(w.leaves, 1));
    this.#columns = emitColumns(f, this.#q, w.columns, count);
  }

  /** Nothing is found yet for query `i`, and the root is next. */
  begin(): void {
    const { f, w } = this;
    const j = f.local('i32');
    f.set(this.#q, i32.add(w.queries, i32.shl(i32.mul(this.i, w.columns), 3)));
    f.set(this.#skip, i32.select(w.others, this.i, -1));
    this.#columns.start();
    f.for(j, 0, w.k, 1, () => {
      f.do(f64.store(i32.add(this.#ranks, i32.shl(j, 3)), Infinity));
      f.do(i32.store(i32.add(this.#found, i32.shl(j, 2)), -1));
    });
    f.set(this.#worst, Infinity);
    f.set(this.#top, this.#stack);
    f.set(this.#node, 0);
  }

  /** Down to a leaf, by the nearer box each time; the other one waits. */
  descend(): void {
    const { f, w } = this;
    const [at, left, isLeft] = f.locals('i32', 3);
    const [sum, gap, x] = f.locals('v128', 3);
    f.while(i32.ltU(this.#node, this.#firstLeaf), () => {
      f.set(at, i32.add(w.pairs, i32.mul(this.#node, i32.shl(w.columns, 5))));
      f.set(sum, v128.zero());
      this.#columns.each(at, 32, (value, box, offset) => {
        f.set(x, value);
        // max(0, below, above), where what is no number counts as 0.
        f.set(gap, f64x2.pmax(v128.zero(), f64x2.sub(v128.load(box, offset), x)));
        f.set(gap, f64x2.pmax(gap, f64x2.sub(x, v128.load(box, offset + 16))));
        f.set(sum, f64x2.add(sum, f64x2.mul(gap, gap)));
      });
      const [a, b] = [f64x2.extract(sum, 0), f64x2.extract(sum, 1)];
      f.set(left, i32.add(i32.shl(this.#node, 1), 1));
      f.set(isLeft, f64.le(a, b));
      f.do(i32.store(this.#top, i32.add(left, isLeft)));
      f.do(f64.store(this.#top, f64.select(isLeft, b, a), 8));
      f.increment(this.#top, 16);
      f.set(this.#node, i32.sub(i32.add(left, 1), isLeft));
    });
  }

  /** The points of the leaf, two at a time; few are near enough to be offered. */
  scan(offer: FunctionRef<'f64'>): void {
    const { f, w } = this;
    const [leaf, range, j, stop, at] = f.locals('i32', 5);
    const [sum, x, limit] = f.locals('v128', 3);
    f.set(leaf, i32.sub(this.#node, this.#firstLeaf));
    f.set(range, i32.add(w.ranges, i32.shl(leaf, 3)));
    f.set(stop, i32.load(range, 4));
    f.set(at, i32.add(w.blocks, i32.mul(leaf, w.leafBytes)));
    f.set(limit, f64x2.splat(this.#worst));
    const take = (lane: number): void => {
      const row = i32.load(i32.add(w.rows, i32.shl(j, 2)), 4 * lane);
      const rank = f64x2.extract(sum, lane);
      f.set(this.#worst, f.call(offer, this.#ranks, this.#found, this.#last, rank, row, this.#skip));
    };
    f.for(j, i32.load(range), stop, 2, () => {
      f.set(sum, v128.zero());
      this.#columns.each(at, 16, (value, point, offset) => {
        f.set(x, f64x2.sub(value, v128.load(point, offset)));
        f.set(sum, f64x2.add(sum, f64x2.mul(x, x)));
      });
      f.increment(at, i32.shl(w.columns, 4));
      f.if(i32.ne(i64x2.bitmask(f64x2.gt(sum, limit)), 3), () => {
        take(0);
        f.if(i32.ltU(i32.add(j, 1), stop), () => take(1));
        f.set(limit, f64x2.splat(this.#worst));
      });
    });
  }

  /** Goes on with the last node that waits and may have a point near enough; branches to `done` where there is none. */
  next(done: Label, slack: Local<'f64'>): void {
    const { f } = this;
    const limit = f.local('f64');
    f.set(limit, f64.mul(this.#worst, slack));
    f.loop((again) => {
      f.brIf(done, i32.eq(this.#top, this.#stack));
      f.increment(this.#top, -16);
      f.brIf(again, f64.gt(f64.load(this.#top, 8), limit));
    });
    f.set(this.#node, i32.load(this.#top));
  }

  /** Writes the rows that were found. */
  finish(): void {
    const { f, w } = this;
    const j = f.local('i32');
    const to = f.local('i32', i32.add(w.out, i32.shl(i32.mul(this.i, w.k), 2)));
    f.for(j, 0, i32.shl(w.k, 2), 4, () => f.do(i32.store(i32.add(to, j), i32.load(i32.add(this.#found, j)))));
  }
}

/**
 * A unit is a place in the order of the queries. The scalar is how much farther than the farthest point found a box must be
 * to be left out. `count` as for `emitColumns`.
 */
export function emitSearch(m: ModuleBuilder, count: number | null): void {
  const offer = emitOffer(m);
  emitTask(m, { words: SEARCH_WORDS, scalars: 1 }, (f, w, { begin, end, worker, scalars: [slack] }) => {
    const u = f.local('i32');
    const search = new Search(f, w, worker, count);
    f.for(u, begin, end, 1, () => {
      f.set(search.i, i32.load(i32.add(w.order, i32.shl(u, 2))));
      f.if(i32.ltU(search.i, w.m), () => {
        search.begin();
        f.block((done) =>
          f.loop((again) => {
            search.descend();
            search.scan(offer);
            search.next(done, slack!);
            f.br(again);
          }),
        );
        search.finish();
      });
    });
  });
}
