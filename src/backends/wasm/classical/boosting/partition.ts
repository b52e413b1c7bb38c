import { type FunctionRef, i32, type ModuleBuilder, memory } from '../../assembler/index';
import { addressOf } from '../../kernel';
import { contiguous } from '../../layout/copy';
import { emitTask, type TaskKernel } from '../../task';

/** Rows that are parted together, and how many such blocks there are at most. */
const BLOCK = 4096;
const MOST_BLOCKS = 256;

const SIDES_PARAMS = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;

/** A function that writes rows to `left` and to `right`, each to its side, and is the end of the left ones. */
function emitSides(m: ModuleBuilder, isPacked: boolean): FunctionRef<'i32'> {
  return m.func('sides', SIDES_PARAMS, 'i32', (f, rows, rowsEnd, bins, step, n, goesLeft, left, right) => {
    const [at, row, side] = f.locals('i32', 3);
    // Every row is written to both sides; the one whose end moves keeps it.
    f.for(at, rows, rowsEnd, 4, () => {
      f.set(row, i32.load(at));
      const known = i32.select(i32.ltU(row, n), row, i32.sub(n, 1));
      f.set(side, i32.load8U(i32.add(bins, isPacked ? i32.shl(known, 2) : i32.mul(known, step))));
      // Any other byte than 1 is not left.
      f.set(side, i32.shl(i32.eq(i32.load8U(i32.add(goesLeft, side)), 1), 2));
      f.do(i32.store(left, row));
      f.do(i32.store(right, row));
      f.increment(left, side);
      f.increment(right, i32.sub(4, side));
    });
    f.result(left);
  });
}

/** A unit is a block: its rows that go left and the others, each side by side, and how many bytes go left. */
function emitBlocks(m: ModuleBuilder, isPacked: boolean): void {
  const words = ['rows', 'count', 'bins', 'step', 'n', 'goesLeft', 'lefts', 'rights', 'counts', 'block'] as const;
  const sides = emitSides(m, isPacked);
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const [b, start, last, left] = f.locals('i32', 4);
    f.for(b, begin, end, 1, () => {
      f.set(start, i32.shl(i32.mul(b, w.block), 2));
      f.set(last, i32.mul(i32.add(b, 1), w.block));
      f.set(last, i32.add(w.rows, i32.shl(i32.select(i32.ltU(last, w.count), last, w.count), 2)));
      f.set(left, i32.add(w.lefts, start));
      const right = i32.add(w.rights, start);
      const end = f.call(sides, i32.add(w.rows, start), last, w.bins, w.step, w.n, w.goesLeft, left, right);
      f.do(i32.store(i32.add(w.counts, i32.shl(b, 2)), i32.sub(end, left)));
    });
  });
}

/** A unit is a block: its sides go to their places. */
function emitJoin(m: ModuleBuilder): void {
  const words = ['count', 'lefts', 'rights', 'counts', 'block', 'blocks', 'out'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const [b, i, before, all, own, start, size] = f.locals('i32', 7);
    f.for(b, begin, end, 1, () => {
      f.set(before, 0);
      f.set(all, 0);
      f.for(i, 0, w.blocks, 1, () => {
        f.set(own, i32.load(i32.add(w.counts, i32.shl(i, 2))));
        f.increment(before, i32.select(i32.ltU(i, b), own, 0));
        f.increment(all, own);
      });
      f.set(own, i32.load(i32.add(w.counts, i32.shl(b, 2))));
      f.set(start, i32.shl(i32.mul(b, w.block), 2));
      f.set(size, i32.sub(i32.shl(w.count, 2), start));
      f.set(size, i32.select(i32.ltU(size, i32.shl(w.block, 2)), size, i32.shl(w.block, 2)));
      f.do(memory.copy(i32.add(w.out, before), i32.add(w.lefts, start), own));
      f.set(before, i32.add(w.out, i32.add(all, i32.sub(start, before))));
      f.do(memory.copy(before, i32.add(w.rights, start), i32.sub(size, own)));
    });
  });
}

/** Inputs `[rows, bins, goesLeft]`. */
export const partitionRows: TaskKernel<undefined> = ([rows, bins, goesLeft], out, _attrs, context) => {
  const count = rows!.shape[0]!;
  const n = bins!.shape[0]!;
  if (n === 0) return false;
  const block = Math.max(BLOCK, Math.ceil(count / MOST_BLOCKS));
  const blocks = Math.ceil(count / block);
  const [lefts, rights] = [context.workspace(4 * count), context.workspace(4 * count)];
  const counts = context.workspace(4 * blocks);
  const [given, mask] = [rows!, goesLeft!].map((x) => addressOf(contiguous(x, context))) as [number, number];
  const isPacked = bins!.strides[0] === 4;
  const sides = context.code(`partition-blocks-${isPacked}`, (m) => emitBlocks(m, isPacked));
  const words = [given, count, addressOf(bins!), bins!.strides[0]!, n, mask, lefts, rights, counts, block];
  context.launch(sides, words, { units: blocks, cost: 2.5 * count });
  const join = context.code('partition-join', emitJoin);
  const places = [count, lefts, rights, counts, block, blocks, addressOf(out)];
  context.launch(join, places, { units: blocks, cost: 0.3 * count + blocks * blocks });
  return true;
};
