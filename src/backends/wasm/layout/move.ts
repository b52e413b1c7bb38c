import { type Shape, sizeOf } from '../../../core/shape';
import { type FunctionBuilder, i32, i64, type Local, type ModuleBuilder, memory } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import { emitWalk, mergeTogether } from './axes';
import { copyBytes, emitCopy } from './bytes';

/** A place in memory over which a shape is laid; strides in elements. */
export interface Place {
  readonly address: number;
  readonly strides: readonly number[];
}

/** Rows of at least this many bytes are copied by the engine's own memory copy; below, calling it costs more. */
export const LONG_ROW = 512;
/** So few rows, each of at least so many bytes, are copied one by one, each divided. */
const FEW_ROWS = 8;
const HUGE_ROW = 65536;

/** Copies elements of `bytes` bytes between two layouts of one shape, which may not overlap. */
export function move(context: TaskContext, bytes: number, shape: Shape, to: Place, from: Place): void {
  const merged = mergeTogether(shape, [to.strides, from.strides]);
  const [t, s] = merged.layouts.map((strides) => strides.map((x) => x * bytes)) as [number[], number[]];
  const last = merged.shape.length - 1;
  const isRun = last < 0 || (t[last] === bytes && s[last] === bytes);
  const outer = merged.shape.slice(0, -1);
  const n = merged.shape[last] ?? 1;
  const rows = sizeOf(outer);
  if (rows * n === 0) return;
  if (isRun && outer.length <= 1 && rows <= FEW_ROWS && (rows === 1 || n * bytes >= HUGE_ROW)) {
    for (let r = 0; r < rows; r++)
      copyBytes(context, to.address + r * (t[0] ?? 0), from.address + r * (s[0] ?? 0), n * bytes);
    return;
  }
  const kind = !isRun ? `step-${bytes}` : n * bytes >= LONG_ROW ? 'long' : 'short';
  const code = context.code(`move-${kind}-${outer.length}`, (m) =>
    emitMove(m, outer.length, (f, row) => {
      if (!isRun) emitSteps(f, row, bytes);
      else if (kind === 'long') f.do(memory.copy(row.to, row.from, row.n));
      else emitCopy(f, row.to, row.from, row.n);
    }),
  );
  const axes = outer.flatMap((size, axis) => [size, t[axis]!, s[axis]!]);
  const words = [to.address, from.address, isRun ? n * bytes : n, t[last] ?? 0, s[last] ?? 0, ...axes];
  const row = isRun ? 3 + (n * bytes) / 12 : 3 + n;
  context.launch(code, words, { units: rows, cost: rows * row });
}

/** One row: `n` elements (bytes, of a run), each `toStep` and `fromStep` after the one before. */
interface Row {
  readonly to: Local<'i32'>;
  readonly from: Local<'i32'>;
  readonly n: Local<'i32'>;
  readonly toStep: Local<'i32'>;
  readonly fromStep: Local<'i32'>;
}

/** Rows inside `rank` outer axes; a row is a unit. */
function emitMove(m: ModuleBuilder, rank: number, emitRow: (f: FunctionBuilder, row: Row) => void): void {
  const names = Array.from({ length: rank }, (_, k) => [`n${k}`, `t${k}`, `s${k}`] as const);
  const words = ['to', 'from', 'n', 'toStep', 'fromStep', ...names.flat()] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const { to, from, n, toStep, fromStep } = w as Record<string, Local<'i32'>> as unknown as Row;
    const pick = (which: 0 | 1 | 2): Local<'i32'>[] => names.map((three) => w[three[which]]!);
    const pointers = [
      { at: to, steps: pick(1) },
      { at: from, steps: pick(2) },
    ];
    const next = emitWalk(f, { sizes: pick(0), pointers }, begin);
    const left = f.local('i32', i32.sub(end, begin));
    f.while(left, () => {
      emitRow(f, { to, from, n, toStep, fromStep });
      next();
      f.set(left, i32.sub(left, 1));
    });
  });
}

function emitSteps(f: FunctionBuilder, row: Row, bytes: number): void {
  const to = f.local('i32', row.to);
  const from = f.local('i32', row.from);
  const left = f.local('i32', row.n);
  const single = (): void => {
    if (bytes === 8) f.do(i64.store(to, i64.load(from)));
    else if (bytes === 4) f.do(i32.store(to, i32.load(from)));
    else f.do(i32.store8(to, i32.load8U(from)));
    f.increment(to, row.toStep);
    f.increment(from, row.fromStep);
  };
  const several = (count: number): void =>
    f.while(i32.geU(left, count), () => {
      for (let k = 0; k < count; k++) single();
      f.set(left, i32.sub(left, count));
    });
  several(4);
  several(1);
}
