import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import { contiguous, elementType, type GPUKernel, groupsFor, type KernelContext } from '../kernel';
import { lanesOf } from '../reduce/scan';

interface AxisAttrs {
  readonly axis: number;
}

/** An index in [0, n), negative ones counted from the end; beyond both, the nearest. */
const WRAP = 'fn wrap(i: i32, n: u32) -> u32 { return u32(clamp(select(i, i + i32(n), i < 0), 0, i32(n) - 1)); }';

/** Up to so many indices, every row of a result looks at all of them. */
const FEW = 256;

export const gather: GPUKernel<AxisAttrs> = ([x, indices], out, { axis }, context) => {
  const type = elementType(x!.dtype);
  const { n, inner } = lanesOf(x!.shape, axis);
  const [rows, wanted] = [contiguous(x!, context), contiguous(indices!, context)];
  const code = context.code(`gather ${type}`, () => ({
    reads: { x: type, indices: 'i32' },
    writes: { y: type },
    params: { size: 'u32', n: 'u32', inner: 'u32', count: 'u32', first: 'i32', firstIndex: 'i32' },
    declarations: WRAP,
    main: `if (id >= p.size) { return; }
let i = id % p.inner; let k = (id / p.inner) % p.count; let o = id / (p.inner * p.count);
let row = wrap(indices[p.firstIndex + i32(k)], p.n);
y[id] = x[p.first + i32((o * p.n + row) * p.inner + i)];`,
  }));
  const size = sizeOf(out.shape);
  const count = sizeOf(indices!.shape);
  const params = { size, n, inner, count, first: context.first(rows), firstIndex: context.first(wanted) };
  context.dispatch(code, { reads: [rows, wanted], writes: [out], params, groups: groupsFor(size, code) });
  return true;
};

/** How an integer of fewer bits than it is summed in wraps. */
function wrapped(text: string, dtype: Operand['dtype']): string {
  if (dtype === 'uint8') return `(${text}) & 255`;
  return dtype === 'int8' ? `((${text}) << 24u) >> 24u` : text;
}

/**
 * Every row of the result adds up what belongs to it, in the order of the updates, so that the sum is the same each time: it
 * looks at all indices where there are few, else at its own among them in order.
 */
export const scatterAdd: GPUKernel<AxisAttrs> = ([x, indices, updates], out, { axis }, context) => {
  const type = elementType(x!.dtype);
  const { n, inner } = lanesOf(x!.shape, axis);
  const [start, wanted, added] = [x!, indices!, updates!].map((t) => contiguous(t, context));
  const count = sizeOf(indices!.shape);
  const sorted = count > FEW;
  const order = sorted ? orderOf(wanted!, n, context) : null;
  const code = context.code(`scatter-add ${x!.dtype} ${sorted}`, () => ({
    reads: { x: type, indices: 'i32', updates: type, ...(sorted && { order: 'i32' as const }) },
    writes: { y: type },
    params: { size: 'u32', n: 'u32', inner: 'u32', count: 'u32', first: 'i32', firstIndex: 'i32', firstUpdate: 'i32' },
    declarations: WRAP,
    main: `if (id >= p.size) { return; }
let i = id % p.inner; let row = (id / p.inner) % p.n; let o = id / (p.inner * p.n);
var total = x[p.first + i32(id)];
${sorted ? OWN : ALL}
y[id] = ${wrapped('total', x!.dtype)};`,
  }));
  const size = sizeOf(out.shape);
  const [first, firstIndex, firstUpdate] = [start!, wanted!, added!].map((t) => context.first(t)) as [
    number,
    number,
    number,
  ];
  const params = { size, n, inner, count, first, firstUpdate, firstIndex: order === null ? firstIndex : 0 };
  const reads = order === null ? [start!, wanted!, added!] : [start!, order.keys, added!, order.positions];
  context.dispatch(code, { reads, writes: [out], params, groups: groupsFor(size, code) });
  return true;
};

const ALL = `for (var k = 0u; k < p.count; k++) {
  if (wrap(indices[p.firstIndex + i32(k)], p.n) == row) {
    total += updates[p.firstUpdate + i32((o * p.count + k) * p.inner + i)];
  }
}`;

/** \`order\` sorts the indices: the row's own begin where they are no longer smaller. */
const OWN = `var low = 0u; var high = p.count;
while (low < high) {
  let middle = (low + high) / 2u;
  if (indices[order[middle]] < i32(row)) { low = middle + 1u; } else { high = middle; }
}
for (; low < p.count && indices[order[low]] == i32(row); low++) {
  total += updates[p.firstUpdate + i32((o * p.count + u32(order[low])) * p.inner + i)];
}`;

/** The indices in [0, n), and the positions that sort them. */
function orderOf(wanted: Operand, n: number, context: KernelContext): { keys: Operand; positions: Operand } {
  const count = sizeOf(wanted.shape);
  const keys = context.scratch('int32', [count]);
  const code = context.code('wrap indices', () => ({
    reads: { indices: 'i32' },
    writes: { y: 'i32' },
    params: { size: 'u32', n: 'u32', first: 'i32' },
    declarations: WRAP,
    main: 'if (id < p.size) { y[id] = i32(wrap(indices[p.first + i32(id)], p.n)); }',
  }));
  const params = { size: count, n, first: context.first(wanted) };
  context.dispatch(code, { reads: [wanted], writes: [keys], params, groups: groupsFor(count, code) });
  const positions = context.scratch('int32', [count]);
  context.run({ name: 'argSort' }, [keys], positions, { axis: 0, descending: false });
  return { keys, positions };
}

export const takeAlongAxis: GPUKernel<AxisAttrs> = ([x, indices], out, { axis }, context) => {
  const type = elementType(x!.dtype);
  const { n, inner } = lanesOf(x!.shape, axis);
  const [values, wanted] = [contiguous(x!, context), contiguous(indices!, context)];
  const code = context.code(`take-along ${type}`, () => ({
    reads: { x: type, indices: 'i32' },
    writes: { y: type },
    params: { size: 'u32', n: 'u32', inner: 'u32', count: 'u32', first: 'i32', firstIndex: 'i32' },
    declarations: WRAP,
    main: `if (id >= p.size) { return; }
let i = id % p.inner; let o = id / (p.inner * p.count);
let j = wrap(indices[p.firstIndex + i32(id)], p.n);
y[id] = x[p.first + i32((o * p.n + j) * p.inner + i)];`,
  }));
  const size = sizeOf(out.shape);
  const params = {
    size,
    n,
    inner,
    count: indices!.shape[axis]!,
    first: context.first(values),
    firstIndex: context.first(wanted),
  };
  context.dispatch(code, { reads: [values, wanted], writes: [out], params, groups: groupsFor(size, code) });
  return true;
};

export const scatterAddAlongAxis: GPUKernel<AxisAttrs> = ([x, indices, updates], out, { axis }, context) => {
  const type = elementType(x!.dtype);
  const { n, inner } = lanesOf(x!.shape, axis);
  const [start, wanted, added] = [x!, indices!, updates!].map((t) => contiguous(t, context));
  const code = context.code(`scatter-add-along ${x!.dtype}`, () => ({
    reads: { x: type, indices: 'i32', updates: type },
    writes: { y: type },
    params: { size: 'u32', n: 'u32', inner: 'u32', count: 'u32', first: 'i32', firstIndex: 'i32', firstUpdate: 'i32' },
    declarations: WRAP,
    main: `if (id >= p.size) { return; }
let i = id % p.inner; let j = (id / p.inner) % p.n; let o = id / (p.inner * p.n);
var total = x[p.first + i32(id)];
for (var k = 0u; k < p.count; k++) {
  let at = i32((o * p.count + k) * p.inner + i);
  if (wrap(indices[p.firstIndex + at], p.n) == j) { total += updates[p.firstUpdate + at]; }
}
y[id] = ${wrapped('total', x!.dtype)};`,
  }));
  const size = sizeOf(out.shape);
  const params = {
    size,
    n,
    inner,
    count: indices!.shape[axis]!,
    first: context.first(start!),
    firstIndex: context.first(wanted!),
    firstUpdate: context.first(added!),
  };
  context.dispatch(code, { reads: [start!, wanted!, added!], writes: [out], params, groups: groupsFor(size, code) });
  return true;
};
