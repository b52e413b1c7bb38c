import { sizeOf } from '../../../core/shape';
import {
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import { emitTask, type TaskKernel } from '../task';

type Vector = Local<'v128'>;

/** Keeps in `best` and `at` the better of them and (`value`, `index`), lane by lane: later ones only if strictly better, a first NaN always. */
function emitBetter(
  f: FunctionBuilder,
  isBetter: (a: V128, b: V128) => V128,
  best: Vector,
  at: Vector,
  value: Vector,
  index: V128,
): void {
  const firstNaN = v128.andnot(f32x4.ne(value, value), f32x4.ne(best, best));
  const better = f.local('v128', v128.or(isBetter(value, best), firstNaN));
  f.set(at, v128.bitselect(index, at, better));
  f.set(best, v128.bitselect(value, best, better));
}

/** Of the four lanes' candidates, the position of the best; of equal ones the first. */
function emitBestLane(
  f: FunctionBuilder,
  isBetter: (a: Local<'f32'>, b: Local<'f32'>) => ReturnType<typeof f32.gt>,
  best: Vector,
  at: Vector,
): Local<'i32'> {
  const value = f.local('f32', f32x4.extract(best, 0));
  const position = f.local('i32', i32x4.extract(at, 0));
  for (let lane = 1; lane < 4; lane++) {
    const other = f.local('f32', f32x4.extract(best, lane));
    const place = f.local('i32', i32x4.extract(at, lane));
    const earlier = f.local('i32', i32.ltS(place, position));
    const isNaN = f32.ne(other, other);
    const wasNaN = f32.ne(value, value);
    const winsByNaN = i32.and(isNaN, i32.or(i32.eqz(wasNaN), earlier));
    const wins = i32.or(isBetter(other, value), i32.or(i32.and(f32.eq(other, value), earlier), winsByNaN));
    f.if(wins, () => {
      f.set(value, other);
      f.set(position, place);
    });
  }
  return position;
}

type Better = Readonly<{ vector: (a: V128, b: V128) => V128; scalar: typeof f32.gt }>;

/** Positions in rows of `n` neighbours; a row is a unit. */
function emitRows(m: ModuleBuilder, { vector, scalar }: Better): void {
  emitTask(m, { words: ['out', 'x', 'n'] }, (f, w, { begin, end }) => {
    const { n } = w;
    const [best, at, value, index] = f.locals('v128', 4);
    const k = f.local('i32');
    const rowBytes = f.local('i32', i32.shl(n, 2));
    const x = f.local('i32', i32.add(w.x, i32.mul(begin, rowBytes)));
    const out = f.local('i32', i32.add(w.out, i32.shl(begin, 2)));
    const left = f.local('i32', i32.sub(end, begin));
    f.while(left, () => {
      // Lanes beyond a short row start as copies of the first element, which loses against itself.
      f.set(best, v128.load32Splat(x));
      f.set(at, v128.zero());
      f.set(index, i32x4.const(0, 1, 2, 3));
      f.for(k, 0, i32.and(n, -4), 4, () => {
        f.set(value, v128.load(i32.add(x, i32.shl(k, 2))));
        emitBetter(f, vector, best, at, value, index);
        f.set(index, i32x4.add(index, i32x4.const(4)));
      });
      f.if(i32.and(n, 3), () => {
        const inside = i32x4.ltS(index, i32x4.splat(n));
        f.set(value, v128.bitselect(v128.load(i32.add(x, i32.shl(k, 2))), best, inside));
        emitBetter(f, vector, best, at, value, index);
      });
      f.do(i32.store(out, emitBestLane(f, scalar, best, at)));
      f.increment(out, 4);
      f.increment(x, rowBytes);
      f.set(left, i32.sub(left, 1));
    });
  });
}

/** Positions down columns, `strips` vectors of neighbouring columns to each of the outer indices; a vector is a unit. */
function emitColumns(m: ModuleBuilder, { vector }: Better): void {
  emitTask(m, { words: ['out', 'x', 'n', 'inner', 'strips'] }, (f, { out, x, n, inner, strips }, { begin, end }) => {
    const [best, at, value] = f.locals('v128', 3);
    const [unit, k, p, to, outer, column, left] = f.locals('i32', 7);
    const step = f.local('i32', i32.shl(inner, 2));
    f.for(unit, begin, end, 1, () => {
      f.set(outer, i32.divU(unit, strips));
      f.set(column, i32.shl(i32.remU(unit, strips), 2));
      f.set(to, i32.add(out, i32.shl(i32.add(i32.mul(outer, inner), column), 2)));
      f.set(p, i32.add(x, i32.shl(i32.add(i32.mul(i32.mul(outer, n), inner), column), 2)));
      f.set(best, v128.load(p));
      f.set(at, v128.zero());
      f.for(k, 1, n, 1, () => {
        f.increment(p, step);
        f.set(value, v128.load(p));
        emitBetter(f, vector, best, at, value, i32x4.splat(k));
      });
      f.set(left, i32.sub(inner, column));
      f.if(
        i32.geU(left, 4),
        () => f.do(v128.store(to, at)),
        () => {
          for (let lane = 0; lane < 3; lane++)
            f.if(i32.gtU(left, lane), () => f.do(v128.store32Lane(to, at, lane, 4 * lane)));
        },
      );
    });
  });
}

function argKernel(name: string, better: () => Better): TaskKernel<{ axis: number }> {
  return ([x], out, { axis }, context) => {
    if (x!.dtype !== 'float32') return false;
    const outer = sizeOf(x!.shape.slice(0, axis));
    const n = x!.shape[axis]!;
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const cost = outer * n * inner;
    const words = [addressOf(out), addressOf(contiguous(x!, context)), n];
    if (inner === 1) {
      const code = context.code(`${name}-rows`, (m) => emitRows(m, better()));
      context.launch(code, words, { units: outer, cost });
    } else {
      const strips = Math.ceil(inner / 4);
      const code = context.code(`${name}-columns`, (m) => emitColumns(m, better()));
      context.launch(code, [...words, inner, strips], { units: outer * strips, cost });
    }
    return true;
  };
}

export const argMax = /* @__PURE__ */ argKernel('argMax', () => ({ vector: f32x4.gt, scalar: f32.gt }));
export const argMin = /* @__PURE__ */ argKernel('argMin', () => ({ vector: f32x4.lt, scalar: f32.lt }));
