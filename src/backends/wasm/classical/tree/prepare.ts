import { f64, i32, type ModuleBuilder, v128 } from '../../assembler/index';
import { emitTask } from '../../task';

/** Words of the tasks that bring a tree into the form that the search reads; sizes in bytes where they say so. */
export const PREPARE_WORDS = [
  'points',
  'boxes',
  'n',
  'columns',
  'leaves',
  'ranges',
  'blocks',
  'leafBytes',
  'pairs',
] as const;

/**
 * A unit is a leaf: where its points begin and end, and the points two by two, column by column, so that a vector holds
 * a column of two. Behind an odd number of points the last one follows again.
 */
export function emitLeaves(m: ModuleBuilder): void {
  emitTask(m, { words: PREPARE_WORDS }, (f, w, { begin, end }) => {
    const [leaf, bit, start, stop, middle, j, c, from, other, to] = f.locals('i32', 10);
    f.for(leaf, begin, end, 1, () => {
      f.set(start, 0);
      f.set(stop, w.n);
      f.set(bit, i32.shrU(w.leaves, 1));
      f.while(bit, () => {
        f.set(middle, i32.shrU(i32.add(start, stop), 1));
        const isRight = i32.and(leaf, bit);
        f.if(
          isRight,
          () => f.set(start, middle),
          () => f.set(stop, middle),
        );
        f.set(bit, i32.shrU(bit, 1));
      });
      const range = f.local('i32', i32.add(w.ranges, i32.shl(leaf, 3)));
      f.do(i32.store(range, start));
      f.do(i32.store(range, stop, 4));
      f.set(to, i32.add(w.blocks, i32.mul(leaf, w.leafBytes)));
      f.for(j, start, stop, 2, () => {
        const pointAt = (index: typeof j) => i32.add(w.points, i32.shl(i32.mul(index, w.columns), 3));
        f.set(from, pointAt(j));
        f.set(other, i32.add(j, 1));
        f.set(other, i32.select(i32.ltU(other, stop), other, j));
        f.set(other, pointAt(other));
        f.for(c, 0, w.columns, 1, () => {
          f.do(f64.store(to, f64.load(from)));
          f.do(f64.store(to, f64.load(other), 8));
          f.increment(from, 8);
          f.increment(other, 8);
          f.increment(to, 16);
        });
      });
    });
  });
}

/** A unit is a node that is no leaf: column by column the lower bounds of its two children, and the upper ones. */
export function emitPairs(m: ModuleBuilder): void {
  emitTask(m, { words: PREPARE_WORDS }, (f, w, { begin, end }) => {
    const [node, c, left, right, to] = f.locals('i32', 5);
    const width = f.local('i32', i32.shl(w.columns, 3));
    const twoLanes = (offset: typeof width | 0) =>
      v128.load64Lane(i32.add(right, offset), v128.load64Zero(i32.add(left, offset)), 1);
    f.for(node, begin, end, 1, () => {
      f.set(to, i32.add(w.pairs, i32.mul(node, i32.shl(w.columns, 5))));
      f.set(left, i32.add(w.boxes, i32.mul(i32.add(i32.shl(node, 1), 1), i32.shl(width, 1))));
      f.set(right, i32.add(left, i32.shl(width, 1)));
      f.for(c, 0, w.columns, 1, () => {
        f.do(v128.store(to, twoLanes(0)));
        f.do(v128.store(to, twoLanes(width), 16));
        f.increment(left, 8);
        f.increment(right, 8);
        f.increment(to, 32);
      });
    });
  });
}
