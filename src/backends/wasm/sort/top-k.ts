import { sizeOf } from '../../../core/shape';
import { type Expr, f32x4, f64x2, i32, i32x4, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { addressOf } from '../kernel';
import { axisMoved } from '../layout/axes';
import { contiguous, copyContiguous, workspace } from '../layout/copy';
import { emitTask, type TaskKernel } from '../task';
import { emitInsert, isSortable, sortRows } from './arg-sort';
import { keysOf, type Sortable } from './keys';

interface TopKAttrs {
  readonly axis: number;
  readonly k: number;
}

/** So few are kept sorted while a row is read once; for more, it is sorted. */
const FEW = 32;

/** Positions of the `k` largest along an axis, the largest first. */
export const topK: TaskKernel<TopKAttrs> = ([x], out, { axis, k }, context) => {
  const { dtype, shape } = x!;
  if (!isSortable(dtype)) return false;
  const last = shape.length - 1;
  const rows = contiguous(axisMoved(x!, axis, last), context);
  const n = shape[axis]!;
  if (k > FEW) {
    const order = workspace(context, 'int32', rows.shape);
    sortRows(context, rows, addressOf(order), true);
    const first = { ...order, shape: [...rows.shape.slice(0, -1), k] };
    copyContiguous(axisMoved(first, last, axis), out, context);
    return true;
  }
  const picks = axis === last ? out : workspace(context, 'int32', [...rows.shape.slice(0, -1), k]);
  const units = sizeOf(shape) / n;
  const keys = keysOf(dtype, true);
  const code = context.code(`top-k-${dtype}`, (m) => emitTopK(m, dtype));
  const scratch = context.workspace(context.workers * SCRATCH);
  const words = [addressOf(picks), addressOf(rows), n, k, scratch];
  const cost = units * (n * (keys.bytes / 8) + k * 20);
  context.launch(code, words, { units, cost, multiple: Math.ceil(16 / k) });
  if (axis !== last) copyContiguous(axisMoved(picks, last, axis), out, context);
  return true;
};

/** Bytes of the keys kept, and of room for one more key and position, for each worker. */
const SCRATCH = 512;

/** Whether none of the elements of a vector at `address` may be larger than the one at `least`; where NaN is about, no. */
function noneLarger(dtype: Sortable, address: Local<'i32'>, least: Local<'v128'>): Expr<'i32'> {
  const x = v128.load(address);
  const le = { float32: f32x4.le, float64: f64x2.le, int32: i32x4.leS }[dtype];
  return i32x4.allTrue(le(x, least));
}

function emitTopK(m: ModuleBuilder, dtype: Sortable): void {
  const keys = keysOf(dtype, true);
  const lanes = 16 / keys.bytes;
  emitTask(m, { words: ['out', 'x', 'n', 'k', 'scratch'] }, (f, { out, x, n, k, scratch }, { begin, end, worker }) => {
    const [unit, i, from, count, whole, inner] = f.locals('i32', 6);
    const least = f.local('v128');
    const [key, worst] = f.locals(keys.type, 2);
    f.increment(scratch, i32.mul(worker, SCRATCH));
    f.increment(out, i32.mul(begin, i32.shl(k, 2)));
    f.increment(x, i32.mul(begin, i32.mul(n, keys.bytes)));
    f.set(whole, i32.sub(n, lanes - 1));
    const insert = (): void => emitInsert(f, keys, { key, position: i, keysAt: scratch, positionsAt: out, count });
    const learn = (): void => {
      f.set(worst, keys.load(i32.add(scratch, i32.mul(i32.sub(k, 1), keys.bytes))));
      const at = i32.add(x, i32.mul(i32.load(i32.add(out, i32.shl(i32.sub(k, 1), 2))), keys.bytes));
      f.set(least, keys.bytes === 8 ? v128.load64Splat(at) : v128.load32Splat(at));
    };
    const visit = (): void => {
      keys.read(f, from, key);
      f.if(keys.less(key, worst), () => {
        // The last one falls out: the new one is inserted among those before it.
        f.set(count, i32.sub(k, 1));
        insert();
        learn();
      });
      f.increment(from, keys.bytes);
      f.increment(i, 1);
    };
    f.for(unit, begin, end, 1, () => {
      f.set(from, x);
      f.for(i, 0, k, 1, () => {
        keys.read(f, from, key);
        f.set(count, i);
        insert();
        f.increment(from, keys.bytes);
      });
      learn();
      f.while(i32.ltS(i, whole), () => {
        f.if(
          noneLarger(dtype, from, least),
          () => {
            f.increment(from, 16);
            f.increment(i, lanes);
          },
          () => {
            f.set(inner, lanes);
            f.loop((again) => {
              visit();
              f.set(inner, i32.sub(inner, 1));
              f.brIf(again, inner);
            });
          },
        );
      });
      f.while(i32.ltS(i, n), visit);
      f.increment(out, i32.shl(k, 2));
      f.increment(x, i32.mul(n, keys.bytes));
    });
  });
}
