import { isFloating } from '../../../core/dtype';
import { sizeOf } from '../../../core/shape';
import {
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index';
import { addressOf, elementShift } from '../kernel';
import { contiguous } from '../layout/copy';
import { emitTask, type TaskKernel } from '../task';
import { widened } from './widen';

interface ScanAttrs {
  readonly axis: number;
  readonly reverse: boolean;
}

type Scanned = 'float32' | 'float64' | 'int32';

/** Vectors of neighbouring lanes summed side by side. */
const WIDTH = 4;

/** Running sums along an axis, of float32 in doubles. */
export const cumsum: TaskKernel<ScanAttrs> = ([x], out, { axis, reverse }, context) => {
  const { dtype, shape } = x!;
  const from = isFloating(dtype) || dtype === 'int32' ? contiguous(x!, context) : widened(x!, context);
  const kind = from.dtype as Scanned;
  const n = shape[axis]!;
  const inner = sizeOf(shape.slice(axis + 1));
  const row = inner << elementShift(kind);
  const start = reverse ? (n - 1) * row : 0;
  const code = context.code(`cumsum-${kind}`, (m) => emitCumsum(m, kind));
  const words = [addressOf(out), addressOf(from), n, inner, start, reverse ? -row : row];
  const units = sizeOf(shape) / n;
  const multiple = inner === 1 ? 1 : WIDTH * (16 >> elementShift(kind));
  const nanoseconds = inner === 1 ? 1.3 : 0.7;
  context.launch(code, words, { units, cost: units * (5 + n * nanoseconds), multiple });
  return true;
};

/** Units are lanes; vectors of neighbouring ones are summed side by side. */
function emitCumsum(m: ModuleBuilder, dtype: Scanned): void {
  const shift = elementShift(dtype);
  const lanes = 16 >> shift;
  const words = ['out', 'x', 'n', 'inner', 'start', 'step'] as const;
  emitTask(m, { words }, (f, { out, x, n, inner, start, step }, { begin, end }) => {
    const [outer, lane, left, p, q, k] = f.locals('i32', 6);
    const unit = f.local('i32', begin);
    const scan = (width: number, body: () => void): void => {
      f.set(p, i32.add(x, outer));
      f.set(q, i32.add(out, outer));
      f.set(k, n);
      f.loop((again) => {
        body();
        f.increment(p, step);
        f.increment(q, step);
        f.set(k, i32.sub(k, 1));
        f.brIf(again, k);
      });
      f.increment(outer, width << shift);
      f.set(left, i32.sub(left, width));
    };
    f.while(i32.ltU(unit, end), () => {
      f.set(lane, i32.remU(unit, inner));
      f.set(outer, i32.shl(i32.add(i32.mul(i32.mul(i32.divU(unit, inner), n), inner), lane), shift));
      f.increment(outer, start);
      f.set(left, i32.sub(inner, lane));
      f.set(left, i32.select(i32.gtU(left, i32.sub(end, unit)), i32.sub(end, unit), left));
      f.increment(unit, left);
      for (const width of [WIDTH, 1]) {
        const columns = vectorSums(f, dtype, width);
        f.while(i32.geU(left, width * lanes), () => {
          columns.clear();
          scan(width * lanes, () => columns.step(p, q));
        });
      }
      const total = singleSum(f, dtype);
      f.while(left, () => {
        total.clear();
        scan(1, () => total.step(p, q));
      });
    });
  });
}

interface Sums {
  clear(): void;
  /** Adds what is at `from`, and stores the sums at `to`. */
  step(from: Local<'i32'>, to: Local<'i32'>): void;
}

function vectorSums(f: FunctionBuilder, dtype: Scanned, width: number): Sums {
  const sums = f.locals('v128', dtype === 'float32' ? 2 * width : width);
  const [x] = f.locals('v128', 1);
  const upper = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
  const both = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  const clear = (): void => sums.forEach((sum) => f.set(sum, v128.zero()));
  const step = (from: Local<'i32'>, to: Local<'i32'>): void => {
    for (let k = 0; k < width; k++) {
      f.set(x, v128.load(from, 16 * k));
      if (dtype !== 'float32') {
        f.set(sums[k]!, (dtype === 'float64' ? f64x2 : i32x4).add(sums[k]!, x));
        f.do(v128.store(to, sums[k]!, 16 * k));
        continue;
      }
      const [low, high] = [sums[2 * k]!, sums[2 * k + 1]!];
      f.set(low, f64x2.add(low, f64x2.promoteLowF32x4(x)));
      f.set(high, f64x2.add(high, f64x2.promoteLowF32x4(i8x16.shuffle(x, x, upper))));
      const floats = i8x16.shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), both);
      f.do(v128.store(to, floats, 16 * k));
    }
  };
  return { clear, step };
}

function singleSum(f: FunctionBuilder, dtype: Scanned): Sums {
  if (dtype === 'int32') {
    const total = f.local('i32');
    return {
      clear: () => f.set(total, 0),
      step: (from, to) => {
        f.increment(total, i32.load(from));
        f.do(i32.store(to, total));
      },
    };
  }
  const total = f.local('f64');
  const single = dtype === 'float32';
  return {
    clear: () => f.set(total, 0),
    step: (from, to) => {
      f.set(total, f64.add(total, single ? f64.promote(f32.load(from)) : f64.load(from)));
      f.do(single ? f32.store(to, f32.demote(total)) : f64.store(to, total));
    },
  };
}
