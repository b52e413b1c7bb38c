import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import type { CodeSpec } from '../code';
import { contiguous, elementType, type GPUKernel, groupsFor, type KernelContext } from '../kernel';
import { lanesOf } from '../reduce/scan';

/** Elements that a workgroup sorts by itself. */
const SHARED = 1024;
const TEAM = 128;

/**
 * Sorts by Batcher's bitonic network: pairs of (key, position) of a power of two of elements, those past the end being the
 * largest. A key is a number whose order as u32 is the one wanted, NaN last; ties go by position, so the sort is stable.
 */
function argSortInto(x: Operand, out: Operand, axis: number, descending: boolean, context: KernelContext): void {
  const { outer, n, inner } = lanesOf(x.shape, axis);
  const count = out.shape[axis]!;
  const lanes = outer * inner;
  const plain = contiguous(x, context);
  const type = elementType(x.dtype) as 'f32' | 'i32';
  let span = 2;
  while (span < n) span *= 2;
  const params = { first: context.first(plain), n, inner, count, lanes, span, descending: Number(descending) };
  if (span <= SHARED) {
    const code = context.code(`sort ${type} ${span}`, () => sharedSort(type, span));
    context.dispatch(code, { reads: [plain], writes: [out], params, groups: lanes });
    return;
  }
  const pairs = context.scratch('int32', [lanes * span * 2]);
  const fill = context.code(`sort, keys ${type}`, () => ({
    reads: { x: type },
    writes: { pairs: 'vec2<u32>' },
    params: FIELDS,
    declarations: keyFunction(type),
    main: `if (id >= p.lanes * p.span) { return; }\npairs[id] = pair_at(id / p.span, id % p.span);`,
  }));
  const all = lanes * span;
  context.dispatch(fill, { reads: [plain], writes: [pairs], params, groups: groupsFor(all, fill) });
  const step = context.code('sort, a step', () => ({
    reads: {},
    writes: { pairs: 'vec2<u32>' },
    params: { count: 'u32', block: 'u32', gap: 'u32', span: 'u32' },
    declarations: BEHIND,
    main: `if (id >= p.count) { return; }
let at = id / p.gap * p.gap * 2u + id % p.gap;
let upward = ((at % p.span) & p.block) == 0u;
let a = pairs[at]; let b = pairs[at + p.gap];
if (behind(a, b) == upward) { pairs[at] = b; pairs[at + p.gap] = a; }`,
  }));
  for (let block = 2; block <= span; block *= 2) {
    for (let gap = block / 2; gap > 0; gap /= 2) {
      const own = { count: all / 2, block: block === span ? 0 : block, gap, span };
      context.dispatch(step, { reads: [], writes: [pairs], params: own, groups: groupsFor(all / 2, step) });
    }
  }
  const take = context.code('sort, positions', () => ({
    reads: { pairs: 'vec2<u32>' },
    writes: { y: 'i32' },
    params: FIELDS,
    main: `if (id >= p.lanes * p.count) { return; }
let i = id % p.inner; let k = (id / p.inner) % p.count; let o = id / (p.inner * p.count);
y[id] = i32(pairs[(o * p.inner + i) * p.span + k].y);`,
  }));
  context.dispatch(take, { reads: [pairs], writes: [out], params, groups: groupsFor(lanes * count, take) });
}

const FIELDS = {
  first: 'i32',
  n: 'u32',
  inner: 'u32',
  count: 'u32',
  lanes: 'u32',
  span: 'u32',
  descending: 'u32',
} as const;

const BEHIND = 'fn behind(a: vec2<u32>, b: vec2<u32>) -> bool { return a.x > b.x || (a.x == b.x && a.y > b.y); }';

const keyFunction = (type: 'f32' | 'i32'): string => {
  const key =
    type === 'i32'
      ? 'var key = bitcast<u32>(value) ^ 0x80000000u; if (p.descending == 1u) { key = ~key; }'
      : `let bits = select(bitcast<u32>(value), 0u, value == 0.0);
  var key = select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
  if (p.descending == 1u) { key = ~key; }
  if ((bits & 0x7fffffffu) > 0x7f800000u) { key = 0xffffffffu; }`;
  return `fn pair_at(lane: u32, j: u32) -> vec2<u32> {
  if (j >= p.n) { return vec2<u32>(0xffffffffu, j); }
  let value = x[p.first + i32((lane / p.inner * p.n + j) * p.inner + lane % p.inner)];
  ${key}
  return vec2<u32>(key, j);
}`;
};

function sharedSort(type: 'f32' | 'i32', span: number): CodeSpec {
  return {
    reads: { x: type },
    writes: { y: 'i32' },
    params: FIELDS,
    workgroup: TEAM,
    declarations: `${keyFunction(type)}\n${BEHIND}\nvar<workgroup> pairs: array<vec2<u32>, ${span}>;`,
    main: `if (group >= p.lanes) { return; }
for (var j = lane; j < ${span}u; j += ${TEAM}u) { pairs[j] = pair_at(group, j); }
workgroupBarrier();
for (var block = 2u; block <= ${span}u; block = block << 1u) {
  for (var gap = block >> 1u; gap > 0u; gap = gap >> 1u) {
    for (var q = lane; q < ${span / 2}u; q += ${TEAM}u) {
      let at = q / gap * gap * 2u + q % gap;
      let upward = (at & block) == 0u || block == ${span}u;
      let a = pairs[at]; let b = pairs[at + gap];
      if (behind(a, b) == upward) { pairs[at] = b; pairs[at + gap] = a; }
    }
    workgroupBarrier();
  }
}
for (var k = lane; k < p.count; k += ${TEAM}u) {
  y[(group / p.inner * p.count + k) * p.inner + group % p.inner] = i32(pairs[k].y);
}`,
  };
}

export const argSort: GPUKernel<{ readonly axis: number; readonly descending: boolean }> = (
  [x],
  out,
  { axis, descending },
  context,
) => {
  if (sizeOf(out.shape) > 0) argSortInto(x!, out, axis, descending, context);
  return true;
};

/** The first k positions of a descending order. */
export const topK: GPUKernel<{ readonly axis: number }> = ([x], out, { axis }, context) => {
  if (sizeOf(out.shape) > 0) argSortInto(x!, out, axis, true, context);
  return true;
};
