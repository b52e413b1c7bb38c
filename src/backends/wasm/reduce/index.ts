import type { Operand } from '../../../core/backend';
import { isContiguous } from '../../../core/shape';
import { elementwiseKernel } from '../elementwise/kernel';
import { addressOf, type Kernel, type KernelContext, type KernelTable } from '../kernel';
import { contiguous, workspace } from '../layout/copy';
import { argMax, argMin } from './arg';
import { FAMILIES, type Family } from './family';
import { buildReduction, type ReduceExports } from './loops';

interface ReduceAttrs {
  readonly axes: readonly number[];
}

/** Neighbouring axes, all reduced or all kept, as one. */
interface Group {
  readonly reduced: boolean;
  size: number;
  /** Of the innermost, in elements. */
  stride: number;
}

/** The axes of `x` in groups, or null if one of them does not run evenly through memory. Axes of length 1 are left out. */
function groupAxes({ shape, strides }: Operand, axes: readonly number[]): Group[] | null {
  const groups: Group[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const reduced = axes.includes(axis);
    const last = groups[groups.length - 1];
    if (last === undefined || last.reduced !== reduced) {
      groups.push({ reduced, size, stride: strides[axis]! });
    } else {
      if (last.stride !== strides[axis]! * size) return null;
      last.size *= size;
      last.stride = strides[axis]!;
    }
  }
  return groups;
}

const cast = /* @__PURE__ */ elementwiseKernel('cast');

function reduction(op: string): Kernel<ReduceAttrs> {
  return (inputs, out, { axes }, context) => {
    const [x] = inputs as readonly [Operand];
    if (x.shape.includes(0)) return false;
    const family = FAMILIES[`${op} ${x.dtype}`];
    if (family !== undefined) return reduce(op, family, x, out, axes, context);
    // Narrow integers and booleans add up as int32.
    const wider = FAMILIES[`${op} int32`];
    if (out.dtype !== 'int32' || wider === undefined) return false;
    const widened = workspace(context, 'int32', x.shape);
    return cast([x], widened, undefined as never, context) && reduce(op, wider, widened, out, axes, context);
  };
}

function reduce(
  op: string,
  family: Family,
  x: Operand,
  out: Operand,
  axes: readonly number[],
  context: KernelContext,
): boolean {
  const groups = groupAxes(x, axes);
  if (groups !== null && reduceGroups(op, family, addressOf(x), groups, addressOf(out), context)) return true;
  if (isContiguous(x.shape, x.strides)) return false;
  return reduce(op, family, contiguous(x, context), out, axes, context);
}

/** Reduces group by group, the last first. False where the strides don't allow it. */
function reduceGroups(
  op: string,
  family: Family,
  x: number,
  groups: Group[],
  out: number,
  context: KernelContext,
): boolean {
  const { rows, columns } = context.module<ReduceExports & WebAssembly.Exports>(`${op}-${family.input}`, (m) =>
    buildReduction(m, family),
  );
  const { shift } = family;
  const [a, b, c] = groups;
  if (groups.length > 3 || (groups.length === 3 && a!.reduced))
    return reduceInSteps(op, family, x, groups, out, context);
  if (a === undefined) rows(out, x, 1, 1, 0);
  else if (groups.length === 1) {
    // One group, reduced, or kept where all reduced axes have length 1: then a reduction of single elements.
    if (a.reduced && a.stride === 1) rows(out, x, 1, a.size, 0);
    else if (!a.reduced && a.stride === 1) columns(out, x, 1, 1, a.size, 0, 0);
    else return false;
  } else if (groups.length === 2 && !a.reduced && b!.stride === 1) rows(out, x, a.size, b!.size, a.stride << shift);
  else if (groups.length === 2 && !a.reduced && a.stride === 1)
    columns(out, x, 1, b!.size, a.size, 0, b!.stride << shift);
  else if (groups.length === 2 && a.reduced && b!.stride === 1)
    columns(out, x, 1, a.size, b!.size, 0, a.stride << shift);
  else if (groups.length === 2 && a.reduced && a.stride === 1) rows(out, x, b!.size, a.size, b!.stride << shift);
  else if (groups.length === 3 && c!.stride === 1)
    columns(out, x, a.size, b!.size, c!.size, a.stride << shift, b!.stride << shift);
  else return false;
  return true;
}

/** Reduces the last group alone into workspace, then the rest; contiguous operands only. */
function reduceInSteps(
  op: string,
  family: Family,
  x: number,
  groups: Group[],
  out: number,
  context: KernelContext,
): boolean {
  let step = 1;
  for (let g = groups.length - 1; g >= 0; g--) {
    if (groups[g]!.stride !== step) return false;
    step *= groups[g]!.size;
  }
  const at = groups.findLastIndex((g) => g.reduced);
  const n = groups[at]!.size;
  const inner = groups[at + 1]?.size ?? 1;
  const outer = groups.slice(0, at).reduce((m, g) => m * g.size, 1);
  const { rows, columns } = context.module<ReduceExports & WebAssembly.Exports>(`${op}-${family.input}`, (m) =>
    buildReduction(m, family),
  );
  const bytes = (outer * inner) << family.shift;
  const partial = context.arena.allocate(bytes);
  try {
    if (inner === 1) rows(partial, x, outer, n, n << family.shift);
    else columns(partial, x, outer, n, inner, (n * inner) << family.shift, inner << family.shift);
    return reduceGroups(op, family, partial, withoutGroup(groups, at), out, context);
  } finally {
    context.arena.release(partial, bytes);
  }
}

/** The groups of a contiguous operand once group `at` is gone; its neighbours, both kept, become one. */
function withoutGroup(groups: readonly Group[], at: number): Group[] {
  const left: Group[] = [];
  groups.forEach((g, i) => {
    if (i === at) return;
    const last = left[left.length - 1];
    if (last !== undefined && last.reduced === g.reduced) last.size *= g.size;
    else left.push({ ...g });
  });
  let stride = 1;
  for (const g of [...left].reverse()) {
    g.stride = stride;
    stride *= g.size;
  }
  return left;
}

const makeReductions = (): KernelTable => ({
  sum: reduction('sum'),
  prod: reduction('prod'),
  max: reduction('max'),
  min: reduction('min'),
  any: reduction('any'),
  all: reduction('all'),
  argMax,
  argMin,
});
/** Reductions over any axes, and positions of extrema along one. */
export const REDUCTIONS: KernelTable = /* @__PURE__ */ makeReductions();
