import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import { contiguous, elementType, type GPUKernel, groupsFor, type KernelContext } from '../kernel';

interface CumsumAttrs {
  readonly axis: number;
  readonly reverse: boolean;
}

/** Lanes of contiguous data: element j of lane (o, i) lies at (o·n + j)·inner + i. */
export interface Lanes {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

export function lanesOf(shape: readonly number[], axis: number): Lanes {
  return { outer: sizeOf(shape.slice(0, axis)), n: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

/** Elements that one invocation sums one after the other. */
const RUN = 128;

/** Running sums: of runs, then of the sums of runs, which are added to what comes behind them. */
export const cumsum: GPUKernel<CumsumAttrs> = ([x], out, { axis, reverse }, context) => {
  scan(contiguous(x!, context), out, lanesOf(x!.shape, axis), reverse, context);
  return true;
};

function scan(x: Operand, out: Operand, lanes: Lanes, reverse: boolean, context: KernelContext): void {
  const { outer, n, inner } = lanes;
  const runs = Math.ceil(n / RUN);
  const from = elementType(x.dtype);
  const type = elementType(out.dtype);
  const sums = context.scratch(out.dtype, [outer, runs, inner]);
  const place = 'let i = id % p.inner; let run = (id / p.inner) % p.runs; let o = id / (p.inner * p.runs);';
  const at = `(o * p.n + ${reverse ? 'p.n - 1u - j' : 'j'}) * p.inner + i`;
  const params = { first: context.first(x), n, inner, runs, count: outer * runs * inner };
  const fields = { first: 'i32', n: 'u32', inner: 'u32', runs: 'u32', count: 'u32' } as const;
  const within = context.code(`scan ${from} ${type} ${reverse}`, () => ({
    reads: { x: from },
    writes: { y: type, sums: type },
    params: fields,
    main: `if (id >= p.count) { return; }
${place}
var total = ${type}(0);
for (var j = run * ${RUN}u; j < min((run + 1u) * ${RUN}u, p.n); j++) {
  let at = ${at};
  total += ${type}(x[p.first + i32(at)]);
  y[at] = total;
}
sums[id] = total;`,
  }));
  context.dispatch(within, { reads: [x], writes: [out, sums], params, groups: groupsFor(params.count, within) });
  if (runs === 1) return;
  const before = context.scratch(out.dtype, [outer, runs, inner]);
  scan(sums, before, { outer, n: runs, inner }, false, context);
  const across = context.code(`scan, further runs ${type} ${reverse}`, () => ({
    reads: { before: type },
    writes: { y: type },
    params: { n: 'u32', inner: 'u32', runs: 'u32', size: 'u32' },
    main: `if (id >= p.size) { return; }
let i = id % p.inner; let k = (id / p.inner) % p.n; let o = id / (p.inner * p.n);
let j = ${reverse ? 'p.n - 1u - k' : 'k'};
let run = j / ${RUN}u;
if (run > 0u) { y[id] += before[(o * p.runs + run - 1u) * p.inner + i]; }`,
  }));
  const size = outer * n * inner;
  context.dispatch(across, {
    reads: [before],
    writes: [out],
    params: { n, inner, runs, size },
    groups: groupsFor(size, across),
  });
}
