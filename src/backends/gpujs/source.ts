import type { Operand } from '../../core/backend';
import type { Shape } from '../../core/shape';

/** Names of arrays that a kernel reads, in order. */
export const ARRAYS: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k', 'l', 'm'];

/** Statement that declares the number of the element to compute. */
export const INDEX = 'const i = this.thread.x;';

/**
 * Statements that declare the coordinates of element `index` (a name) of a contiguous array of `shape`, called `prefix` and
 * the number of the axis. Everything is a whole number below 2^24, which float32 holds exactly.
 */
export function coordinates(shape: Shape, index: string, prefix = 'x'): string {
  const lines: string[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis]!;
    if (axis === 0) lines.push(`const ${prefix}0 = ${rest};`);
    else if (n === 1) lines.push(`const ${prefix}${axis} = 0;`);
    else {
      const q = `${prefix}q${axis}`;
      lines.push(`const ${q} = quotient(${rest}, ${n});`, `const ${prefix}${axis} = ${rest} - ${q} * ${n};`);
      rest = q;
    }
  }
  return lines.join(' ');
}

/**
 * offset + Σ names[i]·strides[i] as an expression, without what is 0: gpu.js takes a sum of literals for a float, which is no
 * index in WebGL.
 */
export function place(names: readonly string[], strides: readonly number[], offset: number): string {
  const up = names.flatMap((name, i) => (strides[i]! > 0 ? [`${name} * ${strides[i]}`] : []));
  const down = names.flatMap((name, i) => (strides[i]! < 0 ? [` - ${name} * ${-strides[i]!}`] : []));
  const constant = offset !== 0 || up.length === 0 ? [String(offset)] : [];
  return [...constant, ...up].join(' + ') + down.join('');
}

/** The sum of two places. */
export function plus(a: string, b: string): string {
  if (a === '0') return b;
  return b === '0' ? a : `${a} + ${b}`;
}

/** The axes of several layouts over one shape, neighbours that all of them run through evenly made one. */
export interface Merged {
  readonly shape: number[];
  /** Per layout, per axis. */
  readonly strides: number[][];
}

/** Fewest axes that describe all of `layouts` over `shape`. */
export function merge(shape: Shape, layouts: readonly (readonly number[])[]): Merged {
  const merged: Merged = { shape: [], strides: layouts.map(() => []) };
  shape.forEach((n, axis) => {
    if (n === 1) return;
    const last = merged.shape.length - 1;
    if (last >= 0 && layouts.every((s, l) => merged.strides[l]![last] === s[axis]! * n)) merged.shape[last]! *= n;
    else merged.shape.push(n);
    const at = merged.shape.length - 1;
    layouts.forEach((s, l) => {
      merged.strides[l]![at] = s[axis]!;
    });
  });
  return merged;
}

/** Statements that declare coordinates over `shape`, and where they lie in each operand, whose strides are over `shape`. */
export function places(
  shape: Shape,
  operands: readonly { readonly strides: readonly number[]; readonly offset: number }[],
): { readonly declare: string; readonly at: string[] } {
  const merged = merge(
    shape,
    operands.map((x) => x.strides),
  );
  const names = merged.shape.map((_, axis) => `x${axis}`);
  return {
    declare: `${INDEX} ${coordinates(merged.shape, 'i')}`,
    at: operands.map((x, l) => place(names, merged.strides[l]!, x.offset)),
  };
}

/** A number as a literal that every mode reads back as the same float32. */
export function literal(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} can't be written in a kernel.`);
  return String(Math.fround(value));
}

/** Whether the first element and the order of `x` are those of a fresh block. */
export function isPlain({ offset, shape, strides }: Operand): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return offset === 0;
}
