import { mergeAxes, type Shape } from '../../core/shape';
import type { ParameterType } from './code';

/** Positions in row-major order of some axes, in one array: with as few axes as possible, and a number of them that occurs often. */
export interface Walk {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The walk of each of several arrays over the same axes. */
export function walks(shape: Shape, strides: readonly (readonly number[])[]): readonly Walk[] {
  const merged = mergeAxes(shape, strides);
  const missing = roundedRank(merged.shape.length) - merged.shape.length;
  const pad = (values: readonly number[], value: number): number[] => [
    ...new Array<number>(missing).fill(value),
    ...values,
  ];
  return merged.layouts.map((s) => ({ shape: pad(merged.shape, 1), strides: pad(s, 0) }));
}

/** Fewer different numbers of axes mean less code to compile. */
function roundedRank(rank: number): number {
  return rank <= 2 ? Math.max(1, rank) : 2 * Math.ceil(rank / 2);
}

/** The parameters that `walkFunction` reads. */
export function walkFields(name: string, rank: number): Record<string, ParameterType> {
  const fields: Record<string, ParameterType> = {};
  for (let axis = 0; axis < rank; axis++) {
    if (axis > 0) fields[`${name}_size${axis}`] = 'u32';
    fields[`${name}_step${axis}`] = 'i32';
  }
  return fields;
}

/** Their values. */
export function walkParams(name: string, { shape, strides }: Walk): Record<string, number> {
  const params: Record<string, number> = {};
  shape.forEach((n, axis) => {
    if (axis > 0) params[`${name}_size${axis}`] = n;
    params[`${name}_step${axis}`] = strides[axis]!;
  });
  return params;
}

/** A function `name` of the number of a position, giving how far it is from the first. */
export function walkFunction(name: string, rank: number): string {
  const lines = [`fn ${name}(index: u32) -> i32 {`];
  if (rank === 1) return [...lines, `return i32(index) * p.${name}_step0;`, '}'].join('\n');
  lines.push('var rest = index;', 'var at = 0;');
  for (let axis = rank - 1; axis > 0; axis--) {
    lines.push(
      `at += i32(rest % p.${name}_size${axis}) * p.${name}_step${axis};`,
      `rest = rest / p.${name}_size${axis};`,
    );
  }
  return [...lines, `return at + i32(rest) * p.${name}_step0;`, '}'].join('\n');
}
