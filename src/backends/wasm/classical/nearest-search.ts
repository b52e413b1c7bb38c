import { scalarsAt } from '../arena';
import {
  type Expr,
  type FunctionRef,
  f32,
  f32x4,
  f64,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index';
import { reordersSteps } from '../features';
import { readWords, type Words } from '../gemm/words';
import { PREPARE_WORDS } from './nearest-prepare';
import { emitSquaredDistance, type Loader } from './table';

type I32 = Local<'i32'>;

/** Queries of a tile. */
export const TILE_ROWS = 6;
/** Columns between two tests of the loop, where the engine leaves their order as it is. */
const UNROLL = 4;
/** Queries that share a panel of references while it is in the first-level cache. */
export const BLOCK = 8 * TILE_ROWS;

export const SEARCH_WORDS = [...PREPARE_WORDS, 'panelBytes', 'k', 'others', 'out', 'scratch', 'scratchBytes'] as const;

/** Bytes of scratch memory: for each query of a block a threshold, a mask, and the distances of its k nearest so far. */
export function searchScratch(k: number): number {
  return BLOCK * (8 + 8 * k);
}

/**
 * `tile(q, qRow, left, panel, columns, thresholds, masks)`: which of eight references may be near enough to each of six
 * queries, those with q·r − ½‖r‖² not below the query's threshold; 0 where there are none, else one byte of bits for
 * each query in `masks`. Queries from number `left` on are the last one again.
 */
function emitTile(m: ModuleBuilder, fused: boolean): FunctionRef<'i32'> {
  const params = Array.from({ length: 7 }, () => 'i32' as const);
  return m.func('tile', params, 'i32', (f, ...all) => {
    const [q, qRow, left, panel, columns, thresholds, masks] = all as unknown as [I32, I32, I32, I32, I32, I32, I32];
    const sums = Array.from({ length: TILE_ROWS }, () => f.locals('v128', 2));
    const [low, high, x, below] = f.locals('v128', 4);
    const found = f.local('i32');
    const rows = sums.map((_, r) => {
      const row = r === 0 ? 0 : i32.select(i32.gtU(left, r), r, i32.sub(left, 1));
      return f.local('i32', i32.add(q, i32.mul(qRow, row)));
    });
    for (const [a, b] of sums) {
      f.set(a, v128.load(panel));
      f.set(b, v128.load(panel, 16));
    }
    f.increment(panel, 32);
    const step = (u: number): void => {
      f.set(low, v128.load(panel, 32 * u));
      f.set(high, v128.load(panel, 32 * u + 16));
      sums.forEach(([a, b], r) => {
        f.set(x, v128.load32Splat(rows[r]!, 4 * u));
        f.set(a, fused ? f32x4.relaxedMadd(x, low, a) : f32x4.add(a, f32x4.mul(x, low)));
        f.set(b, fused ? f32x4.relaxedMadd(x, high, b) : f32x4.add(b, f32x4.mul(x, high)));
      });
    };
    const advance = (steps: number): void => {
      for (const row of rows) f.increment(row, 4 * steps);
      f.increment(panel, 32 * steps);
      f.set(columns, i32.sub(columns, steps));
    };
    if (!reordersSteps()) {
      f.while(i32.geS(columns, UNROLL), () => {
        for (let u = 0; u < UNROLL; u++) step(u);
        advance(UNROLL);
      });
    }
    f.while(columns, () => {
      step(0);
      advance(1);
    });
    f.set(below, i32x4.const(-1));
    sums.forEach((pair, r) => {
      f.set(x, v128.load32Splat(thresholds, 4 * r));
      // Sums that are not numbers are not below.
      for (const sum of pair) {
        f.set(sum, f32x4.lt(sum, x));
        f.set(below, v128.and(below, sum));
      }
    });
    f.if(i32.eqz(i32x4.allTrue(below)), () => {
      sums.forEach(([a, b], r) => {
        const bits = i32.or(i32x4.bitmask(a), i32.shl(i32x4.bitmask(b), 4));
        f.do(i32.store(masks, i32.xor(bits, 255), 4 * r));
      });
      f.set(found, 1);
    });
    f.result(found);
  });
}

/** Where one query of a block keeps what has been found for it. */
interface Slot {
  readonly threshold: Expr<'i32'>;
  readonly distances: Expr<'i32'>;
}

function slotOf(w: Words<'k'>, scratch: I32, slot: Expr<'i32'>): Slot {
  return {
    threshold: i32.add(scratch, i32.shl(slot, 2)),
    distances: i32.add(i32.add(scratch, 8 * BLOCK), i32.shl(i32.mul(slot, w.k), 3)),
  };
}

/**
 * `offer(params, scratch, slot, i, j, certain)`: measures reference j for query i, and if it is among the k nearest so
 * far, inserts it and sets the threshold anew.
 */
function emitOffer(m: ModuleBuilder, loader: Loader): FunctionRef<'void'> {
  return m.func(
    'offer',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
    'void',
    (f, params, scratch, slot, i, j, certain) => {
      const w = readWords(f, params, SEARCH_WORDS);
      const skip = i32.or(i32.geU(j, w.n), i32.and(w.others, i32.eq(i, j)));
      f.if(skip, () => f.return());
      const row = (table: I32, index: I32): Local<'i32'> =>
        f.local('i32', i32.add(table, i32.shl(i32.mul(index, w.columns), loader.shift)));
      const distance = f.local('f64');
      emitSquaredDistance(f, loader, distance, row(w.queries, i), row(w.references, j), w.columns);
      f.set(distance, f64.select(f64.eq(distance, distance), distance, Infinity));
      const first = f.local('i32', slotOf(w, scratch, slot).distances);
      const numbers = f.local('i32', i32.add(w.out, i32.shl(i32.mul(i, w.k), 2)));
      const place = f.local('i32', i32.sub(w.k, 1));
      const distanceAt = (index: Expr<'i32'>) => i32.add(first, i32.shl(index, 3));
      const numberAt = (index: Expr<'i32'>) => i32.add(numbers, i32.shl(index, 2));
      /** Whether the reference comes before the one at a place; of equal distances the lower number does. */
      const isBefore = (index: Expr<'i32'>) => {
        const other = f64.load(distanceAt(index));
        const tie = i32.and(f64.eq(distance, other), i32.ltU(j, i32.load(numberAt(index))));
        return i32.or(f64.lt(distance, other), tie);
      };
      f.if(i32.eqz(isBefore(place)), () => f.return());
      const before = i32.sub(place, 1);
      f.block((done) =>
        f.loop((again) => {
          f.brIf(done, i32.eqz(place));
          f.brIf(done, i32.eqz(isBefore(before)));
          f.do(f64.store(distanceAt(place), f64.load(distanceAt(before))));
          f.do(i32.store(numberAt(place), i32.load(numberAt(before))));
          f.set(place, before);
          f.br(again);
        }),
      );
      f.do(f64.store(distanceAt(place), distance));
      f.do(i32.store(numberAt(place), j));
      const scale = f.local('f64', f64.load(i32.add(w.scale, i32.shl(w.columns, 3))));
      const norm = f.local('f64', f64.load(i32.add(w.norms, i32.shl(i, 3))));
      const most = f.local('f64', f64.mul(f64.mul(f64.load(distanceAt(i32.sub(w.k, 1))), scale), scale));
      // −½ (most − the query's share), and so much less that no rounding can make it more.
      const rest = f64.sub(
        f64.add(most, f64.add(2 ** -100, f64.mul(2 ** -22, f64.add(most, norm)))),
        f64.mul(certain, norm),
      );
      f.do(f32.store(slotOf(w, scratch, slot).threshold, f32.demote(f64.mul(-0.5, rest))));
    },
  );
}

/** A unit is a query. */
export function emitSearch(m: ModuleBuilder, loader: Loader, fused: boolean): void {
  const tile = emitTile(m, fused);
  const offer = emitOffer(m, loader);
  m.func('run', ['i32', 'i32', 'i32', 'i32'], 'void', (f, params, begin, end, worker) => {
    const w = readWords(f, params, SEARCH_WORDS);
    const certain = f.local('f64', f64.load(params, scalarsAt(SEARCH_WORDS.length)));
    const scratch = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    const masks = f.local('i32', i32.add(scratch, 4 * BLOCK));
    const qRow = f.local('i32', i32.shl(w.columns, 2));
    const [i, height, j, r, t, mask, last, panel, q, at] = f.locals('i32', 10);
    const slot = f.local('i32');
    /** Nothing has been found for any query of the block. */
    const reset = (): void =>
      f.for(slot, 0, height, 1, () => {
        f.do(f32.store(slotOf(w, scratch, slot).threshold, -Infinity));
        f.set(at, slotOf(w, scratch, slot).distances);
        f.set(t, i32.add(w.out, i32.shl(i32.mul(i32.add(i, slot), w.k), 2)));
        f.for(r, 0, w.k, 1, () => {
          f.do(f64.store(at, Infinity));
          f.do(i32.store(t, -1));
          f.increment(at, 8);
          f.increment(t, 4);
        });
      });
    /** Measures what a tile found: lane by lane, so that references come in order. */
    const measure = (): void =>
      f.for(slot, r, last, 1, () => {
        f.set(mask, i32.load(i32.add(masks, i32.shl(i32.sub(slot, r), 2))));
        f.while(mask, () => {
          f.set(t, i32.add(j, i32.ctz(mask)));
          f.set(mask, i32.and(mask, i32.sub(mask, 1)));
          f.do(f.call(offer, params, scratch, slot, i32.add(i, slot), t, certain));
        });
      });
    f.for(i, begin, end, BLOCK, () => {
      f.set(height, i32.sub(end, i));
      f.set(height, i32.select(i32.ltU(height, BLOCK), height, BLOCK));
      reset();
      f.set(panel, w.panels);
      f.for(j, 0, w.n, 8, () => {
        f.set(q, i32.add(w.rows, i32.mul(i, qRow)));
        f.for(r, 0, height, TILE_ROWS, () => {
          const left = i32.sub(height, r);
          const thresholds = i32.add(scratch, i32.shl(r, 2));
          f.if(f.call(tile, q, qRow, left, panel, w.columns, thresholds, masks), () => {
            f.set(last, i32.add(r, TILE_ROWS));
            f.set(last, i32.select(i32.ltU(last, height), last, height));
            measure();
          });
          f.increment(q, i32.mul(qRow, TILE_ROWS));
        });
        f.increment(panel, w.panelBytes);
      });
    });
  });
}
