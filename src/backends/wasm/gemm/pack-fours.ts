import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index';
import { transpose4 } from './pack';

type I32 = Local<'i32'>;

/**
 * Emits `name(to, from, lanes, k, laneStride, kStride)` for panels `[k / 4][width][4]` of 32-bit elements: four
 * neighbours along k of one lane lie together. Strides are in bytes and of any sign. What lies beyond k, and lanes over
 * the edge, are junk that nothing reads or that is cut away.
 */
export function emitPackFours(m: ModuleBuilder, name: string, width: number): FunctionRef<'void'> {
  return m.func(
    name,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    'void',
    (f, to, from, lanes, k, laneStride, kStride) => {
      const i = f.local('i32');
      const left = f.local('i32');
      const panelBytes = f.local('i32', i32.mul(i32.and(i32.add(k, 3), -4), width * 4));
      const source: FoursSource = { to, from, k, kStride, laneStride, left, width };
      f.for(i, 0, lanes, width, () => {
        f.set(left, i32.sub(lanes, i));
        f.if(
          i32.eq(kStride, 4),
          () => foursAlongK(f, source),
          () =>
            f.if(
              i32.eq(laneStride, 4),
              () => foursAcross(f, source),
              () => foursScalar(f, source),
            ),
        );
        f.increment(to, panelBytes);
        f.increment(from, i32.mul(laneStride, width));
      });
    },
  );
}

interface FoursSource {
  readonly to: I32;
  readonly from: I32;
  readonly k: I32;
  readonly kStride: I32;
  readonly laneStride: I32;
  readonly left: I32;
  readonly width: number;
}

/** Lane `j`, or the last one there is. */
function laneAddress({ from, laneStride, left }: FoursSource, j: number): Expr<'i32'> {
  return j === 0 ? from : i32.add(from, i32.mul(laneStride, i32.select(i32.gtU(left, j), j, i32.sub(left, 1))));
}

/** Fours are neighbours in memory already. */
function foursAlongK(f: FunctionBuilder, source: FoursSource): void {
  const { to, k, width } = source;
  const target = f.local('i32', to);
  const runs = Array.from({ length: width }, (_, j) => f.local('i32', laneAddress(source, j)));
  const p = f.local('i32');
  f.for(p, 0, k, 4, () => {
    runs.forEach((run, j) => f.do(v128.store(target, v128.load(run), 16 * j)));
    for (const run of runs) f.increment(run, 16);
    f.increment(target, 16 * width);
  });
}

/** Lanes are neighbours in memory: 4×4 blocks are transposed. */
function foursAcross(f: FunctionBuilder, { to, from, k, kStride, width }: FoursSource): void {
  const target = f.local('i32', to);
  const p = f.local('i32');
  const rows = f.locals('v128', 4);
  const spare = f.locals('v128', 4);
  const sources = f.locals('i32', 4);
  f.for(p, 0, k, 4, () => {
    // Past the end of k the last row is read again.
    sources.forEach((s, u) => {
      const row = u === 0 ? p : i32.select(i32.ltU(i32.add(p, u), k), i32.add(p, u), i32.sub(k, 1));
      f.set(s, i32.add(from, i32.mul(row, kStride)));
    });
    for (let lane = 0; lane < width; lane += 4) {
      sources.forEach((s, u) => f.set(rows[u]!, v128.load(s, 4 * lane)));
      transpose4(f, rows, spare);
      for (let j = lane; j < Math.min(width, lane + 4); j++) f.do(v128.store(target, rows[j - lane]!, 16 * j));
    }
    f.increment(target, 16 * width);
  });
}

function foursScalar(f: FunctionBuilder, source: FoursSource): void {
  const { to, k, kStride, width } = source;
  const target = f.local('i32', to);
  const runs = Array.from({ length: width }, (_, j) => f.local('i32', laneAddress(source, j)));
  const p = f.local('i32');
  f.for(p, 0, k, 1, () => {
    runs.forEach((run, j) => f.do(i32.store(target, i32.load(run), 16 * j)));
    for (const run of runs) f.increment(run, kStride);
    // Four to a group, then on to the next.
    f.increment(target, i32.select(i32.eq(i32.and(p, 3), 3), 16 * width - 12, 4));
  });
}
