import type { Operand } from '../../../core/backend';
import { addressOf } from '../kernel';
import { contiguous, workspace } from '../layout/copy';
import type { TaskContext, TaskKernel } from '../task';
import { FAMILIES, type Family } from './family';
import { type Reduction, reduceColumns, reduceRows, storedFamily } from './launch';
import type { Stored } from './loops';
import { scaled, scaledFrom, withoutRepeats } from './repeated';
import { widened } from './widen';

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

function reduction(op: string): TaskKernel<ReduceAttrs> {
  return ([x], out, { axes }, context) => {
    if (x!.shape.includes(0) || familyOf(op, x!, out) === null) return false;
    if (op === 'prod') {
      reduceInto(op, x!, out, axes, 'same', context);
      return true;
    }
    const { once, count } = withoutRepeats(x!, axes);
    if (op !== 'sum' || count === 1) {
      reduceInto(op, once, out, axes, 'same', context);
      return true;
    }
    const sums = workspace(context, scaledFrom(out.dtype), out.shape);
    reduceInto(op, once, sums, axes, out.dtype === 'float32' ? 'wide' : 'same', context);
    scaled(sums, out, count, context);
    return true;
  };
}

/** How an operand is reduced; narrow integers and booleans add up as int32. Null where there is no way. */
function familyOf(op: string, x: Operand, out: Operand): Family | null {
  return FAMILIES[`${op} ${x.dtype}`] ?? (out.dtype === 'int32' ? FAMILIES[`${op} int32`] : undefined) ?? null;
}

function reduceInto(
  op: string,
  x: Operand,
  out: Operand,
  axes: readonly number[],
  stored: Stored,
  context: TaskContext,
): void {
  const family = familyOf(op, x, out)!;
  const from = family.input === x.dtype ? x : widened(x, context);
  const target = { op, family, stored: family.promotes ? 'demoted' : stored, out: addressOf(out) } as const;
  reduce(target, from, axes, context);
}

type Target = Omit<Reduction, 'x'>;

function reduce(target: Target, x: Operand, axes: readonly number[], context: TaskContext): void {
  const groups = groupAxes(x, axes);
  if (groups !== null && reduceGroups({ ...target, x: addressOf(x) }, groups, context)) return;
  reduce(target, contiguous(x, context), axes, context);
}

/** Reduces group by group, the last first. False, before anything is launched, where the strides don't allow it. */
function reduceGroups(r: Reduction, groups: Group[], context: TaskContext): boolean {
  const [a, b, c] = groups;
  if (groups.length > 3 || (groups.length === 3 && a!.reduced)) return reduceInSteps(r, groups, context);
  const rows = (outer: number, n: number, step: number): void => reduceRows(r, outer, n, step, context);
  const columns = (outer: number, n: number, inner: number, outerStep: number, step: number): void =>
    reduceColumns(r, { outer, n, inner, outerStep, step }, context);
  if (a === undefined) rows(1, 1, 0);
  else if (groups.length === 1) {
    // One group, reduced, or kept where all reduced axes have length 1: then a reduction of single elements.
    if (a.reduced && a.stride === 1) rows(1, a.size, 0);
    else if (!a.reduced && a.stride === 1) columns(1, 1, a.size, 0, 0);
    else return false;
  } else if (groups.length === 2 && !a.reduced && b!.stride === 1) rows(a.size, b!.size, a.stride);
  else if (groups.length === 2 && !a.reduced && a.stride === 1) columns(1, b!.size, a.size, 0, b!.stride);
  else if (groups.length === 2 && a.reduced && b!.stride === 1) columns(1, a.size, b!.size, 0, a.stride);
  else if (groups.length === 2 && a.reduced && a.stride === 1) rows(b!.size, a.size, b!.stride);
  else if (groups.length === 3 && c!.stride === 1) columns(a.size, b!.size, c!.size, a.stride, b!.stride);
  else return false;
  return true;
}

/** Reduces the last group alone into workspace, then the rest; contiguous operands only. */
function reduceInSteps(r: Reduction, groups: Group[], context: TaskContext): boolean {
  let step = 1;
  for (let g = groups.length - 1; g >= 0; g--) {
    if (groups[g]!.stride !== step) return false;
    step *= groups[g]!.size;
  }
  const at = groups.findLastIndex((g) => g.reduced);
  const n = groups[at]!.size;
  const inner = groups[at + 1]?.size ?? 1;
  const outer = groups.slice(0, at).reduce((m, g) => m * g.size, 1);
  const out = context.workspace((outer * inner) << r.family.shift);
  if (inner === 1) reduceRows({ ...r, stored: 'same', out }, outer, n, n, context);
  else reduceColumns({ ...r, stored: 'same', out }, { outer, n, inner, outerStep: n * inner, step: inner }, context);
  return reduceGroups({ ...r, family: storedFamily(r, 'same'), x: out }, withoutGroup(groups, at), context);
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

// A const each, so that a program has those it reaches.
export const sum = /* @__PURE__ */ reduction('sum');
export const prod = /* @__PURE__ */ reduction('prod');
export const max = /* @__PURE__ */ reduction('max');
export const min = /* @__PURE__ */ reduction('min');
export const any = /* @__PURE__ */ reduction('any');
export const all = /* @__PURE__ */ reduction('all');
