import { type Expr, type FunctionBuilder, i32, type Local, type ModuleBuilder, memory, v128 } from '../assembler/index';
import { emitTask } from '../task';
import type { Arithmetic } from './arithmetic';
import { matrix, overBatch, overK } from './driver';
import { STREAM_WORDS, stripOf } from './params';

type I32 = Local<'i32'>;

/** Rows of B that are added in one pass, by the rows of C that they are added to: what is multiplied fits the registers. */
const DEPTH = [0, 6, 4, 3, 3];
/** Rows of C that a pass adds to; with more, several passes follow each other over the same rows of B. */
const TOGETHER = 4;
/** Vectors of a row between two tests of the loop. */
const UNROLL = 4;

/** How many rows of C each pass adds to. */
function groupsOf(rows: number): number[] {
  const count = Math.ceil(rows / TOGETHER);
  return Array.from({ length: count }, (_, i) => Math.floor((rows + i) / count)).reverse();
}

/**
 * Emits a product of `rows` rows: it reads B row by row, as it lies in memory, and adds multiples of several rows at a
 * time to sums that stay in the first-level cache. Units are columns. Every element is summed in the order of k, in the
 * blocks of the other products, so it has their bits.
 */
export function emitStream(m: ModuleBuilder, arithmetic: Arithmetic, rows: number): void {
  const { bytes, lanes } = arithmetic;
  const strip = stripOf(rows);
  emitTask(m, { words: STREAM_WORDS }, (f, w, { begin, end, worker }) => {
    const sums = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    const [j, width, left, from, row, size] = f.locals('i32', 6);
    const passes = emitPasses(f, arithmetic, rows, { ...w, a: from, b: row, sums, size });
    overBatch(f, { begin, end, each: w.n, inner: w.inner }, (q, first, last) => {
      const a = f.local('i32', matrix(w.a, w.aOuter, w.aInner, q));
      const b = f.local('i32', matrix(w.b, w.bOuter, w.bInner, q));
      const c = f.local('i32', matrix(w.c, w.cOuter, w.cInner, q));
      f.for(j, first, last, strip / bytes, () => {
        f.set(width, i32.sub(last, j));
        f.set(width, i32.select(i32.gtU(width, strip / bytes), strip / bytes, width));
        // Whole vectors: what lies behind the last column is summed as well, and not stored.
        f.set(size, i32.mul(i32.and(i32.add(width, lanes - 1), -lanes), bytes));
        overK(f, w, 0, w.k, (p, kb) => {
          for (let r = 0; r < rows; r++) f.do(memory.fill(i32.add(sums, r * strip), 0, size));
          f.set(from, i32.add(a, i32.mul(p, w.aK)));
          f.set(row, i32.add(b, i32.add(i32.mul(p, w.bK), i32.mul(j, bytes))));
          f.set(left, kb);
          passes(left);
          const adds = f.local('i32', i32.or(w.accumulate, i32.ne(p, 0)));
          for (let r = 0; r < rows; r++) {
            const target = i32.add(c, i32.add(i32.mul(w.cRow, r), i32.mul(j, bytes)));
            storeRow(f, arithmetic, i32.add(sums, r * strip), target, width, adds);
          }
        });
      });
    });
  });
}

/** Where passes read and add. */
interface Places {
  readonly a: I32;
  readonly aRow: I32;
  readonly aK: I32;
  readonly b: I32;
  readonly bK: I32;
  readonly sums: I32;
  /** Bytes of a row. */
  readonly size: I32;
}

/** Emits, at each call, the passes over `left` rows of B from `b` on, which moves along with `a`. */
function emitPasses(f: FunctionBuilder, arithmetic: Arithmetic, rows: number, places: Places): (left: I32) => void {
  const groups = groupsOf(rows);
  const [at, till] = f.locals('i32', 2);
  const pass = (depth: number): void => {
    let first = 0;
    for (const count of groups) {
      f.set(at, i32.add(places.sums, first * stripOf(rows)));
      f.set(till, i32.add(at, places.size));
      emitPass(f, arithmetic, { ...places, first, count, depth, strip: stripOf(rows), at, till });
      first += count;
    }
    f.increment(places.a, i32.mul(places.aK, depth));
    f.increment(places.b, i32.mul(places.bK, depth));
  };
  return (left) => {
    for (const depth of [DEPTH[groups[0]!]!, 1]) {
      f.while(i32.geS(left, depth), () => {
        pass(depth);
        f.set(left, i32.sub(left, depth));
      });
    }
  };
}

interface Pass extends Places {
  /** Which rows of C. */
  readonly first: number;
  readonly count: number;
  /** How many rows of B. */
  readonly depth: number;
  /** Bytes between rows of sums. */
  readonly strip: number;
  /** The sums of the first row, used up, and where they end. */
  readonly at: I32;
  readonly till: I32;
}

/** sums[r] += Σ_u a[r][u]·b[u], u going through `depth` rows. */
function emitPass(f: FunctionBuilder, { splat, multiplyAdd }: Arithmetic, pass: Pass): void {
  const { first, count, depth, strip, a, aRow, aK, b, bK, at, till } = pass;
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const factors = upTo(count).map((r) =>
    upTo(depth).map((u) => f.local('v128', splat(i32.add(a, i32.add(i32.mul(aRow, first + r), i32.mul(aK, u))), 0))),
  );
  const pointers = upTo(depth).map((u) => f.local('i32', i32.add(b, i32.mul(bK, u))));
  const sums = f.locals('v128', count);
  const x = f.local('v128');
  const step = (v: number): void => {
    sums.forEach((sum, r) => f.set(sum, v128.load(at, r * strip + 16 * v)));
    pointers.forEach((pointer, u) => {
      f.set(x, v128.load(pointer, 16 * v));
      sums.forEach((sum, r) => f.set(sum, multiplyAdd(factors[r]![u]!, x, sum)));
    });
    sums.forEach((sum, r) => f.do(v128.store(at, sum, r * strip + 16 * v)));
  };
  for (const vectors of [UNROLL, 1]) {
    f.while(i32.leU(i32.add(at, 16 * vectors), till), () => {
      for (let v = 0; v < vectors; v++) step(v);
      for (const pointer of [...pointers, at]) f.increment(pointer, 16 * vectors);
    });
  }
}

/** Stores `width` sums, or adds them to what is there. */
function storeRow(
  f: FunctionBuilder,
  { bytes, lanes, add }: Arithmetic,
  sums: Expr<'i32'>,
  target: Expr<'i32'>,
  width: I32,
  adds: I32,
): void {
  const from = f.local('i32', sums);
  const to = f.local('i32', target);
  const left = f.local('i32', width);
  const value = f.local('v128');
  const step = (load: typeof v128.load32Zero, store: (address: I32) => Expr<'void'>, count: number): void => {
    f.set(value, load(from));
    f.if(adds, () => f.set(value, add(load(to), value)));
    f.do(store(to));
    for (const pointer of [from, to]) f.increment(pointer, count * bytes);
    f.set(left, i32.sub(left, count));
  };
  const loadOne = bytes === 4 ? v128.load32Zero : v128.load64Zero;
  const storeOne = bytes === 4 ? v128.store32Lane : v128.store64Lane;
  f.while(i32.geS(left, lanes), () => step(v128.load, (at) => v128.store(at, value), lanes));
  f.while(i32.gtS(left, 0), () => step(loadOne, (at) => storeOne(at, value, 0), 1));
}
