import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  i8x16,
  i32,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import type { PackCase } from './pack-case';

type I32 = Local<'i32'>;

/** A shuffle of 32-bit lanes: 0–3 from the first vector, 4–7 from the second. */
export function shuffle32(a: V128, b: V128, lanes: readonly number[]): V128 {
  return i8x16.shuffle(
    a,
    b,
    lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
  );
}

/** The columns of the 4×4 matrix whose rows are in `r`, left in `r`. */
export function transpose4(f: FunctionBuilder, r: readonly Local<'v128'>[], t: readonly Local<'v128'>[]): void {
  const [r0, r1, r2, r3] = r as [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>];
  const [t0, t1, t2, t3] = t as [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>];
  f.set(t0, shuffle32(r0, r1, [0, 4, 1, 5]));
  f.set(t1, shuffle32(r2, r3, [0, 4, 1, 5]));
  f.set(t2, shuffle32(r0, r1, [2, 6, 3, 7]));
  f.set(t3, shuffle32(r2, r3, [2, 6, 3, 7]));
  f.set(r0, shuffle32(t0, t1, [0, 1, 4, 5]));
  f.set(r1, shuffle32(t0, t1, [2, 3, 6, 7]));
  f.set(r2, shuffle32(t2, t3, [0, 1, 4, 5]));
  f.set(r3, shuffle32(t2, t3, [2, 3, 6, 7]));
}

/**
 * Emits `name(to, step, k, p0, …)`: interleaves `count` (1, 2 or 4) runs of k 32-bit elements, so that element q of run
 * j lands at to + q·step + 4·j.
 */
function emitInterleave(m: ModuleBuilder, name: string, count: 1 | 2 | 4): FunctionRef<'void'> {
  const params = Array.from({ length: 3 + count }, () => 'i32' as const);
  return m.func(name, params, 'void', (f, ...all) => {
    const [to, step, k, ...runs] = all as unknown as [I32, I32, I32, ...I32[]];
    const rows = f.locals('v128', 4);
    const spare = f.locals('v128', 4);
    f.while(i32.geS(k, 4), () => {
      runs.forEach((p, j) => f.set(rows[j]!, v128.load(p)));
      storeInterleaved(f, count, rows, spare, to, step);
      for (const p of runs) f.increment(p, 16);
      f.set(k, i32.sub(k, 4));
    });
    f.while(i32.gtS(k, 0), () => {
      runs.forEach((p, j) => f.do(i32.store(to, i32.load(p), 4 * j)));
      for (const p of runs) f.increment(p, 4);
      f.increment(to, step);
      f.set(k, i32.sub(k, 1));
    });
  });
}

function storeInterleaved(
  f: FunctionBuilder,
  count: 1 | 2 | 4,
  rows: readonly Local<'v128'>[],
  spare: readonly Local<'v128'>[],
  to: I32,
  step: I32,
): void {
  if (count === 4) transpose4(f, rows, spare);
  if (count === 2) {
    f.set(spare[0]!, shuffle32(rows[0]!, rows[1]!, [0, 4, 1, 5]));
    f.set(spare[1]!, shuffle32(rows[0]!, rows[1]!, [2, 6, 3, 7]));
  }
  for (let q = 0; q < 4; q++) {
    if (count === 4) f.do(v128.store(to, rows[q]!));
    else if (count === 2) f.do(v128.store64Lane(to, spare[q >> 1]!, q & 1));
    else f.do(v128.store32Lane(to, rows[0]!, q));
    f.increment(to, step);
  }
}

/** The runs that one interleaving handles, for a panel `width` lanes wide: as many fours as fit, then a two, then a one. */
function interleaveGroups(width: number): { readonly first: number; readonly count: 1 | 2 | 4 }[] {
  const groups: { first: number; count: 1 | 2 | 4 }[] = [];
  for (let first = 0; first < width; ) {
    const left = width - first;
    const count = left >= 4 ? 4 : left >= 2 ? 2 : 1;
    groups.push({ first, count });
    first += count;
  }
  return groups;
}

/**
 * Emits `name(to, from, lanes, k, laneStride, kStride)`: packs a strided matrix into panels `width` lanes wide, element
 * (lane, p) at (p·width + lane) of its panel. Strides are in bytes and of any sign. Lanes over the edge of the last
 * panel hold zeros or a copy of the last lane; what is computed from them is cut away.
 */
export function emitPack(
  m: ModuleBuilder,
  name: string,
  width: number,
  bytes: 4 | 8,
  { neighbours, whole }: PackCase = { neighbours: 'any', whole: false },
): FunctionRef<'void'> {
  const groups = bytes === 4 && neighbours !== 'lanes' ? interleaveGroups(width) : [];
  const interleave = new Map(
    [...new Set(groups.map((g) => g.count))].map((n) => [n, emitInterleave(m, `${name}Interleave${n}`, n)] as const),
  );
  return m.func(
    name,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    'void',
    (f, to, from, lanes, k, laneStride, kStride) => {
      const i = f.local('i32');
      const left = f.local('i32');
      const panelBytes = f.local('i32', i32.mul(k, width * bytes));
      const lane = (j: number): Expr<'i32'> =>
        i32.add(from, i32.mul(laneStride, j === 0 ? 0 : i32.select(i32.gtU(left, j), j, i32.sub(left, 1))));
      const interleaved = (): void => {
        for (const { first, count } of groups) {
          const runs = Array.from({ length: count }, (_, j) => lane(first + j));
          f.do(f.call(interleave.get(count)!, i32.add(to, first * 4), width * 4, k, ...runs));
        }
      };
      const scalar = (): void => copyScalars(f, { to, from, k, kStride, laneStride, left, width, bytes });
      const fullPanels = (): void => {
        copyPanels(f, { to, from, k, kStride, width, bytes }, i32.divU(lanes, width));
        if (whole) return;
        f.set(i, i32.sub(lanes, i32.remU(lanes, width)));
        f.increment(to, i32.mul(i32.divU(i, width), panelBytes));
        f.increment(from, i32.mul(i, bytes));
      };
      const remaining = (pack: () => void): void =>
        f.for(i, i, lanes, width, () => {
          f.set(left, i32.sub(lanes, i));
          pack();
          f.increment(to, panelBytes);
          f.increment(from, i32.mul(laneStride, width));
        });
      if (neighbours === 'steps') return remaining(interleaved);
      if (neighbours === 'lanes') {
        fullPanels();
        return whole ? undefined : remaining(scalar);
      }
      const inRows = i32.eq(laneStride, bytes);
      f.if(groups.length > 0 ? i32.and(inRows, i32.ne(kStride, bytes)) : inRows, fullPanels);
      remaining(() => {
        if (groups.length > 0) f.if(i32.eq(kStride, bytes), interleaved, scalar);
        else scalar();
      });
    },
  );
}

interface CopyRows {
  readonly to: I32;
  readonly from: I32;
  readonly k: I32;
  readonly kStride: I32;
  readonly width: number;
  readonly bytes: 4 | 8;
}

/**
 * Rows that are read side by side: lines of a matrix whose rows lie a multiple of 4 KiB apart share a set of the
 * first-level cache, so that more would drive each other out before their next panel is read.
 */
const ROWS_AT_A_TIME = 8;

/** Full panels whose lanes are neighbours in memory: some rows of all panels, then the next. */
function copyPanels(f: FunctionBuilder, { to, from, k, kStride, width, bytes }: CopyRows, panels: Expr<'i32'>): void {
  const [row, rows, count, left, panel, start, source, target] = f.locals('i32', 8);
  const size = width * bytes;
  f.set(count, panels);
  f.for(row, 0, k, ROWS_AT_A_TIME, () => {
    f.set(rows, i32.sub(k, row));
    f.set(rows, i32.select(i32.ltU(rows, ROWS_AT_A_TIME), rows, ROWS_AT_A_TIME));
    f.set(start, i32.add(from, i32.mul(row, kStride)));
    f.set(panel, i32.add(to, i32.mul(row, size)));
    f.set(left, count);
    f.while(left, () => {
      f.set(source, start);
      f.set(target, panel);
      copyRows(f, { to: target, from: source, k: rows, kStride, width, bytes });
      f.increment(start, size);
      f.increment(panel, i32.mul(k, size));
      f.set(left, i32.sub(left, 1));
    });
  });
}

/** Rows of a full panel, or some of them. Changes where to and from. */
function copyRows(f: FunctionBuilder, { to, from, k, kStride, width, bytes }: CopyRows): void {
  const p = f.local('i32', k);
  const size = width * bytes;
  f.while(p, () => {
    let at = 0;
    for (; at + 16 <= size; at += 16) f.do(v128.store(to, v128.load(from, at), at));
    for (; at < size; at += bytes) {
      if (bytes === 4) f.do(i32.store(to, i32.load(from, at), at));
      else f.do(v128.store64Lane(to, v128.load64Zero(from, at), 0, at));
    }
    f.increment(to, size);
    f.increment(from, kStride);
    f.set(p, i32.sub(p, 1));
  });
}

/** Any strides, one element at a time; zeros over the edge. */
function copyScalars(f: FunctionBuilder, c: CopyRows & { readonly laneStride: I32; readonly left: I32 }): void {
  const { to, from, k, kStride, laneStride, left, width, bytes } = c;
  const source = f.local('i32');
  const row = f.local('i32', from);
  const target = f.local('i32', to);
  const p = f.local('i32', k);
  const j = f.local('i32');
  const put = (value: V128): void =>
    f.do(bytes === 4 ? v128.store32Lane(target, value, 0) : v128.store64Lane(target, value, 0));
  f.while(p, () => {
    f.set(source, row);
    f.for(j, 0, width, 1, () => {
      f.if(
        i32.ltU(j, left),
        () => put(bytes === 4 ? v128.load32Zero(source) : v128.load64Zero(source)),
        () => put(v128.zero()),
      );
      f.increment(source, laneStride);
      f.increment(target, bytes);
    });
    f.increment(row, kStride);
    f.set(p, i32.sub(p, 1));
  });
}
