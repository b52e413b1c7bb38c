import type { Operand } from '../../../core/backend';
import type { Shape } from '../../../core/shape';
import { type FunctionBuilder, i32, type Local } from '../assembler/index';

type Strides = readonly number[];

/** The axes of several layouts over one shape, those of length 1 dropped and evenly continuing neighbours joined. */
export function mergeTogether(shape: Shape, layouts: readonly Strides[]): { shape: number[]; layouts: number[][] } {
  const merged: number[] = [];
  const steps = layouts.map((): number[] => []);
  shape.forEach((n, axis) => {
    if (n === 1) return;
    const last = merged.length - 1;
    const joins = last >= 0 && layouts.every((strides, k) => steps[k]![last] === strides[axis]! * n);
    if (joins) merged[last]! *= n;
    else merged.push(n);
    layouts.forEach((strides, k) => {
      steps[k]![joins ? last : merged.length - 1] = strides[axis]!;
    });
  });
  return { shape: merged, layouts: steps };
}

/** The shape and strides of an operand with axes of length 1 dropped and evenly continuing neighbours joined. */
export function mergeAxes({ shape, strides }: { shape: Shape; strides: Strides }): {
  shape: number[];
  strides: number[];
} {
  const merged = mergeTogether(shape, [strides]);
  return { shape: merged.shape, strides: merged.layouts[0]! };
}

/** A view of `x` with one axis moved to another place. */
export function axisMoved({ block, dtype, shape, strides, offset }: Operand, from: number, to: number): Operand {
  const move = (values: readonly number[]): number[] => values.toSpliced(from, 1).toSpliced(to, 0, values[from]!);
  return { block, dtype, offset, shape: move(shape), strides: move(strides) };
}

/** Axes around a row in generated code: how long they are, and per pointer the bytes from one index to the next. */
export interface OuterAxes {
  readonly sizes: readonly Local<'i32'>[];
  readonly pointers: readonly { readonly at: Local<'i32'>; readonly steps: readonly Local<'i32'>[] }[];
  /** Where to keep the index on each axis, if that is wanted. */
  readonly indices?: readonly Local<'i32'>[];
}

/** Emits a walk over positions of outer axes, row-major: pointers start at position `begin`, and `next` moves them on by one. */
export function emitWalk(f: FunctionBuilder, { sizes, pointers, indices }: OuterAxes, begin: Local<'i32'>): () => void {
  const rest = f.local('i32', begin);
  const counters = indices ?? sizes.map(() => f.local('i32'));
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    f.set(counters[axis]!, axis === 0 ? rest : i32.remU(rest, sizes[axis]!));
    if (axis > 0) f.set(rest, i32.divU(rest, sizes[axis]!));
    for (const { at, steps } of pointers) f.increment(at, i32.mul(counters[axis]!, steps[axis]!));
  }
  const advance = (axis: number): void => {
    if (axis < 0) return;
    const [counter, size] = [counters[axis]!, sizes[axis]!];
    f.increment(counter, 1);
    for (const { at, steps } of pointers) f.increment(at, steps[axis]!);
    if (axis === 0) return;
    f.if(i32.eq(counter, size), () => {
      f.set(counter, 0);
      for (const { at, steps } of pointers) f.set(at, i32.sub(at, i32.mul(size, steps[axis]!)));
      advance(axis - 1);
    });
  };
  return () => advance(sizes.length - 1);
}
