import { f64, i32, type ModuleBuilder } from '../../assembler/index';
import { addressOf } from '../../kernel';
import { contiguous, copyContiguous } from '../../layout/copy';
import { emitTask, type TaskKernel } from '../../task';

/** A unit is a row of the leaf. */
function emitAdd(m: ModuleBuilder): void {
  emitTask(m, { words: ['out', 'rows', 'n'], scalars: 1 }, (f, w, { begin, end, scalars: [value] }) => {
    const [i, row, at] = f.locals('i32', 3);
    f.for(i, begin, end, 1, () => {
      f.set(row, i32.load(i32.add(w.rows, i32.shl(i, 2))));
      f.if(i32.ltU(row, w.n), () => {
        f.set(at, i32.add(w.out, i32.shl(row, 3)));
        f.do(f64.store(at, f64.add(f64.load(at), value!)));
      });
    });
  });
}

/** Inputs `[raw, …leaves]`. */
export const addLeaves: TaskKernel<{ values: readonly number[] }> = ([raw, ...leaves], out, { values }, context) => {
  copyContiguous(raw!, out, context);
  const code = context.code('add-leaves', emitAdd);
  leaves.forEach((rows, leaf) => {
    const count = rows.shape[0]!;
    const words = [addressOf(out), addressOf(contiguous(rows, context)), raw!.shape[0]!];
    context.launch(code, words, { units: count, cost: 1.2 * count }, [values[leaf]!]);
  });
  return true;
};
