import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import { i32, type ModuleBuilder } from '../assembler/index';
import { addressOf } from '../kernel';
import { contiguous, workspace } from '../layout/copy';
import { emitTask, type TaskContext } from '../task';

/** A contiguous copy in int32 of an operand of bytes. */
export function widened(x: Operand, context: TaskContext): Operand {
  const bytes = contiguous(x, context);
  const wide = workspace(context, 'int32', x.shape);
  const signed = x.dtype === 'int8';
  const size = sizeOf(x.shape);
  const code = context.code(`widen-${signed ? 'signed' : 'unsigned'}`, (m) => emitWiden(m, signed));
  context.launch(code, [addressOf(wide), addressOf(bytes)], { units: size, cost: size * 0.8, multiple: 64 });
  return wide;
}

function emitWiden(m: ModuleBuilder, signed: boolean): void {
  emitTask(m, { words: ['to', 'from'] }, (f, { to, from }, { begin, end }) => {
    const i = f.local('i32');
    const load = signed ? i32.load8S : i32.load8U;
    f.for(i, begin, end, 1, () => f.do(i32.store(i32.add(to, i32.shl(i, 2)), load(i32.add(from, i)))));
  });
}
