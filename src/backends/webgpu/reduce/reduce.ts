import type { Operand } from '../../../core/backend';
import type { DType } from '../../../core/dtype';
import { sizeOf } from '../../../core/shape';
import type { CodeSpec } from '../code';
import { functionsFor } from '../elementwise/functions';
import { elementType, type GPUKernel, type KernelContext, reshaped } from '../kernel';
import { type Walk, walkFields, walkFunction, walkParams, walks } from '../walk';

/** How elements become one: WGSL texts. */
export interface Fold {
  /** What nothing folds to. */
  identity(type: 'f32' | 'i32'): string;
  /** An element before it is folded. */
  map?(x: string, type: 'f32' | 'i32'): string;
  combine(a: string, b: string, type: 'f32' | 'i32'): string;
}

/** Which axes, as the ops have it. */
export interface ReduceAttrs {
  readonly axes: readonly number[];
}

/** Elements that one invocation folds by itself. */
const RUN = 128;
/** Elements that one workgroup folds together, where they are neighbours. */
const STRETCH = 16384;
const TEAM = 64;

/** The kept and the folded positions of an operand. */
export interface Split {
  readonly kept: Walk;
  readonly folded: Walk;
  /** How many of each. */
  readonly outer: number;
  readonly length: number;
}

export function splitAxes(x: Operand, axes: readonly number[]): Split {
  const pick = (from: readonly number[], folded: boolean): number[] =>
    from.filter((_, axis) => axes.includes(axis) === folded);
  const part = (folded: boolean): Walk => walks(pick(x.shape, folded), [pick(x.strides, folded)])[0]!;
  return {
    kept: part(false),
    folded: part(true),
    outer: sizeOf(pick(x.shape, false)),
    length: sizeOf(pick(x.shape, true)),
  };
}

/** The kernel of a reduction over any axes. */
export function reduceKernel(name: string, fold: Fold): GPUKernel<ReduceAttrs> {
  return ([x], out, { axes }, context) => {
    if (x!.dtype === 'float64') return false;
    foldAxes(name, fold, x!, out, axes, true, context);
    return true;
  };
}

/** Folds `axes` of `x` into the contiguous `out`, in parts that are folded in turn where there are many elements. */
function foldAxes(
  name: string,
  fold: Fold,
  x: Operand,
  out: Operand,
  axes: readonly number[],
  isFirst: boolean,
  context: KernelContext,
): void {
  const split = splitAxes(x, axes);
  const together = split.length > RUN && split.folded.strides.at(-1) === 1;
  const part = together ? STRETCH : RUN;
  const parts = Math.max(1, Math.ceil(split.length / part));
  const target = parts === 1 ? out : context.scratch(out.dtype, [parts, split.outer]);
  const code = foldCode(name, fold, x.dtype, out.dtype, split, together, isFirst, context);
  context.dispatch(code, {
    reads: [x],
    writes: [target],
    params: {
      first: context.first(x),
      outer: split.outer,
      length: split.length,
      part,
      results: parts * split.outer,
      ...walkParams('kept', split.kept),
      ...walkParams('folded', split.folded),
    },
    groups: together ? parts * split.outer : Math.ceil((parts * split.outer) / TEAM),
  });
  if (parts > 1) foldAxes(name, fold, target, reshaped(out, [split.outer]), [0], false, context);
}

function foldCode(
  name: string,
  fold: Fold,
  from: DType,
  to: DType,
  { kept, folded }: Split,
  together: boolean,
  isFirst: boolean,
  context: KernelContext,
) {
  const ranks = [kept.shape.length, folded.shape.length] as const;
  const types = [elementType(from) as 'f32' | 'i32', elementType(to) as 'f32' | 'i32'] as const;
  const key = `reduce ${name} ${types} ${ranks} ${together} ${isFirst}`;
  return context.code(key, () => foldSpec(fold, types, ranks, together, isFirst));
}

function foldSpec(
  fold: Fold,
  [from, to]: readonly ['f32' | 'i32', 'f32' | 'i32'],
  ranks: readonly [number, number],
  together: boolean,
  isFirst: boolean,
): CodeSpec {
  const element = 'x[p.first + base + folded(i)]';
  const mapped = isFirst && fold.map !== undefined ? fold.map(element, from) : element;
  const combine = (a: string, b: string): string => fold.combine(a, b, to);
  const place = [
    `let result = ${together ? 'group' : 'id'};`,
    'if (result >= p.results) { return; }',
    'let base = kept(result % p.outer);',
    'let start = (result / p.outer) * p.part;',
    'let end = min(start + p.part, p.length);',
    `var total: ${to} = ${fold.identity(to)};`,
  ];
  const main = together
    ? [
        ...place,
        `for (var i = start + lane; i < end; i += ${TEAM}u) { total = ${combine('total', mapped)}; }`,
        'team[lane] = total;',
        'workgroupBarrier();',
        `for (var half = ${TEAM / 2}u; half > 0u; half = half >> 1u) {`,
        `if (lane < half) { team[lane] = ${combine('team[lane]', 'team[lane + half]')}; }`,
        'workgroupBarrier();',
        '}',
        'if (lane == 0u) { y[result] = team[0]; }',
      ]
    : [...place, `for (var i = start; i < end; i++) { total = ${combine('total', mapped)}; }`, 'y[result] = total;'];
  const text = main.join('\n');
  return {
    reads: { x: from },
    writes: { y: to },
    params: {
      first: 'i32',
      outer: 'u32',
      length: 'u32',
      part: 'u32',
      results: 'u32',
      ...walkFields('kept', ranks[0]),
      ...walkFields('folded', ranks[1]),
    },
    workgroup: TEAM,
    declarations: [
      functionsFor(text),
      walkFunction('kept', ranks[0]),
      walkFunction('folded', ranks[1]),
      together ? `var<workgroup> team: array<${to}, ${TEAM}>;` : '',
    ].join('\n'),
    main: text,
  };
}
