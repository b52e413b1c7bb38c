import { type FunctionBuilder, f32, i8x16, i32, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { combineLanes, type Family, keepFirst, storeFirst, WideSum } from './family';

/** Code of one family. All steps are in bytes; `n` elements are reduced to one. */
export interface ReduceExports {
  /** out[o] = over r of x[o·step + r]: each row of neighbours to one element. */
  rows(out: number, x: number, outer: number, n: number, step: number): void;
  /** out[o][i] = over r of x[o·outerStep + r·step + i]: rows on top of each other to one row of `inner`. */
  columns(out: number, x: number, outer: number, n: number, inner: number, outerStep: number, step: number): void;
}

/** Vectors reduced side by side in a row, to hide the latency of an addition. */
const ACCUMULATORS = 8;
/** Rounds of a row (of ACCUMULATORS vectors each), and rows of a column, until float32 sums go to doubles. */
const ROUNDS = 8;
const BLOCK_ROWS = 8;
/** Vectors of a row that `columns` reduces side by side. */
const WIDTH = 4;

export function buildReduction(m: ModuleBuilder, family: Family): void {
  m.func('rows', ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, out, x, outer, n, step) => {
    const wide = family.widens ? new WideSum(f) : null;
    const accumulators = f.locals('v128', ACCUMULATORS);
    const p = f.local('i32');
    const left = f.local('i32');
    f.loop((again) => {
      f.set(p, x);
      f.set(left, n);
      emitRow(f, family, accumulators, wide, p, left);
      f.increment(out, 1 << family.shift);
      f.increment(x, step);
      f.set(outer, i32.sub(outer, 1));
      f.do(storeRow(f, family, accumulators[0]!, wide, out));
      f.brIf(again, outer);
    });
  });
  m.func('columns', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', emitColumns(family));
}

/** The store of a row's result, one element before `out`, which has moved on. */
function storeRow(f: FunctionBuilder, family: Family, sum: Local<'v128'>, wide: WideSum | null, out: Local<'i32'>) {
  const at = f.local('i32', i32.sub(out, 1 << family.shift));
  return wide === null ? storeFirst(family, at, sum) : f32.store(at, wide.total());
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
    accumulators.forEach((a, k) => f.set(a, family.combine(a, v128.load(p, 16 * k))));
    f.increment(p, 16 * ACCUMULATORS);
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
    f.while(i32.geU(left, block), () => {
      for (let r = 0; r < ROUNDS; r++) round();
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
    f.set(first, family.combine(first, v128.load(p)));
    f.increment(p, 16);
    f.set(left, i32.sub(left, lanes));
  });
  f.if(left, () => f.set(first, family.combine(first, keepFirst(family, v128.load(p), left))));
  if (wide !== null) wide.add(first);
  else combineLanes(f, family, first);
}

/** Blocks of WIDTH vectors, then single vectors, then what is left of one. */
function emitColumns(family: Family) {
  type I32 = Local<'i32'>;
  return (f: FunctionBuilder, out: I32, x: I32, outer: I32, n: I32, inner: I32, outerStep: I32, step: I32): void => {
    const lanes = 16 >> family.shift;
    const left = f.local('i32');
    const p = f.local('i32');
    const block = (width: number, store: (k: number, value: Local<'v128'>) => void): void => {
      reduceDown(f, family, width, p, n, step).forEach((value, k) => store(k, value));
    };
    const whole = (width: number): void => {
      f.while(i32.geU(left, width * lanes), () => {
        block(width, (k, value) => f.do(v128.store(out, value, 16 * k)));
        f.increment(p, 16 * width);
        f.increment(out, 16 * width);
        f.set(left, i32.sub(left, width * lanes));
      });
    };
    f.loop((again) => {
      f.set(p, x);
      f.set(left, inner);
      whole(WIDTH);
      whole(1);
      f.if(left, () => {
        block(1, (_, value) => {
          f.loop((more) => {
            f.do(storeFirst(family, out, value));
            f.set(
              value,
              i8x16.shuffle(
                value,
                value,
                Array.from({ length: 16 }, (_, i) => (i + (1 << family.shift)) % 16),
              ),
            );
            f.increment(out, 1 << family.shift);
            f.set(left, i32.sub(left, 1));
            f.brIf(more, left);
          });
        });
      });
      f.increment(x, outerStep);
      f.set(outer, i32.sub(outer, 1));
      f.brIf(again, outer);
    });
  };
}

/** Reduces `width` neighbouring vectors over `n` rows `step` apart, from `p` on. */
function reduceDown(
  f: FunctionBuilder,
  family: Family,
  width: number,
  p: Local<'i32'>,
  n: Local<'i32'>,
  step: Local<'i32'>,
): Local<'v128'>[] {
  const sums = f.locals('v128', width);
  const q = f.local('i32', p);
  const left = f.local('i32', n);
  const row = (): void => {
    sums.forEach((s, k) => f.set(s, family.combine(s, v128.load(q, 16 * k))));
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
  sums.forEach((s, k) => f.set(s, wide[k]!.floats()));
  return sums;
}
