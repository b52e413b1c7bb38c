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
import { addressOf, type Kernel } from '../kernel';
import { contiguous } from '../layout/copy';

interface ArgExports {
  rows(out: number, x: number, outer: number, n: number): void;
  columns(out: number, x: number, outer: number, n: number, inner: number): void;
}

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

function buildArg(m: ModuleBuilder, largest: boolean): void {
  const vectorBetter = largest ? f32x4.gt : f32x4.lt;
  const scalarBetter = largest ? f32.gt : f32.lt;
  m.func('rows', ['i32', 'i32', 'i32', 'i32'], 'void', (f, out, x, outer, n) => {
    const best = f.local('v128');
    const at = f.local('v128');
    const value = f.local('v128');
    const index = f.local('v128');
    const k = f.local('i32');
    f.loop((again) => {
      // Lanes beyond a short row start as copies of the first element, which loses against itself.
      f.set(best, v128.load32Splat(x));
      f.set(at, v128.zero());
      f.set(index, i32x4.const(0, 1, 2, 3));
      f.for(k, 0, i32.and(n, -4), 4, () => {
        f.set(value, v128.load(i32.add(x, i32.shl(k, 2))));
        emitBetter(f, vectorBetter, best, at, value, index);
        f.set(index, i32x4.add(index, i32x4.const(4)));
      });
      f.if(i32.and(n, 3), () => {
        const inside = i32x4.ltS(index, i32x4.splat(n));
        f.set(value, v128.bitselect(v128.load(i32.add(x, i32.shl(k, 2))), best, inside));
        emitBetter(f, vectorBetter, best, at, value, index);
      });
      f.do(i32.store(out, emitBestLane(f, scalarBetter, best, at)));
      f.increment(out, 4);
      f.increment(x, i32.shl(n, 2));
      f.set(outer, i32.sub(outer, 1));
      f.brIf(again, outer);
    });
  });
  m.func('columns', ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, out, x, outer, n, inner) => {
    const best = f.local('v128');
    const at = f.local('v128');
    const value = f.local('v128');
    const [i, k, p] = f.locals('i32', 3);
    const left = f.local('i32');
    const step = f.local('i32', i32.shl(inner, 2));
    f.loop((again) => {
      f.for(i, 0, inner, 4, () => {
        f.set(p, i32.add(x, i32.shl(i, 2)));
        f.set(best, v128.load(p));
        f.set(at, v128.zero());
        f.for(k, 1, n, 1, () => {
          f.increment(p, step);
          f.set(value, v128.load(p));
          emitBetter(f, vectorBetter, best, at, value, i32x4.splat(k));
        });
        f.set(left, i32.sub(inner, i));
        f.if(
          i32.geU(left, 4),
          () => f.do(v128.store(i32.add(out, i32.shl(i, 2)), at)),
          () => {
            for (let lane = 0; lane < 3; lane++) {
              f.if(i32.gtU(left, lane), () => f.do(v128.store32Lane(i32.add(out, i32.shl(i, 2)), at, lane, 4 * lane)));
            }
          },
        );
      });
      f.increment(out, step);
      f.increment(x, i32.mul(n, step));
      f.set(outer, i32.sub(outer, 1));
      f.brIf(again, outer);
    });
  });
}

function argKernel(name: string, largest: boolean): Kernel<{ axis: number }> {
  return ([x], out, { axis }, context) => {
    if (x!.dtype !== 'float32') return false;
    const { rows, columns } = context.module<ArgExports & WebAssembly.Exports>(name, (m) => buildArg(m, largest));
    const outer = sizeOf(x!.shape.slice(0, axis));
    const n = x!.shape[axis]!;
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const y = contiguous(x!, context);
    if (inner === 1) rows(addressOf(out), addressOf(y), outer, n);
    else columns(addressOf(out), addressOf(y), outer, n, inner);
    return true;
  };
}

export const argMax = /* @__PURE__ */ argKernel('argMax', true);
export const argMin = /* @__PURE__ */ argKernel('argMin', false);
