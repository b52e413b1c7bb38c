import type { Operand } from '../../../core/backend';
import { fold, type Reader, reader, withContiguous } from '../build';
import type { Context, Kernel, KernelTable } from '../kernel';
import { coordinates, INDEX } from '../source';
import type { Value } from '../value';

interface ReduceAttrs {
  readonly axes: readonly number[];
}

/** How a reduction goes: see `fold`. */
interface Reduction {
  readonly init: string;
  readonly step: string;
  readonly join: string;
}

/** The extremum of nothing is never asked for. */
const extremum = (choose: string): Reduction => ({
  init: 'let t = 0; let began = 0;',
  step: `if (began < 0.5) { t = v0; began = 1; } else { t = ${choose}(t, v0); }`,
  join: `if (began < 0.5) { t = v0; began = 1; } else { t = ${choose}(t, v0); }`,
});

const makeReductions = (): Readonly<Record<string, Reduction>> => ({
  sum: { init: 'let t = 0;', step: 't = t + v0;', join: 't = t + v0;' },
  prod: { init: 'let t = 1;', step: 't = t * v0;', join: 't = t * v0;' },
  max: extremum('larger'),
  min: extremum('smaller'),
  any: { init: 'let t = 0;', step: 't = either(t, v0);', join: 't = either(t, v0);' },
  all: { init: 'let t = 1;', step: 't = both(t, v0);', join: 't = both(t, v0);' },
});

const reduction =
  (name: string, rule: Reduction): Kernel<ReduceAttrs> =>
  ([x], _, { axes }, context) =>
    fold(
      { name, shape: x!.shape, axes: [...axes].sort((a, b) => a - b), readers: [reader(x!, context)], ...rule },
      context,
    );

/** The first NaN wins, else the first of the best. */
const argExtremum =
  (name: string, isBetter: string): Kernel<{ readonly axis: number }> =>
  ([x], _, { axis }, context) =>
    fold(
      {
        name,
        shape: x!.shape,
        axes: [axis],
        readers: [reader(x!, context)],
        init: 'let t = 0; let best = 0; let began = 0; let done = 0;',
        step: `if (done < 0.5) { if (began < 0.5) { best = v0; began = 1; } else { if (v0 ${isBetter} best) { best = v0; t = n; } } if (isNothing(v0) > 0.5) { t = n; done = 1; } }`,
      },
      context,
    );

/** Every element adds up all that comes before it: many reads, but each by a thread of its own. */
const cumsum: Kernel<{ readonly axis: number; readonly reverse: boolean }> = (
  inputs,
  out,
  { axis, reverse },
  context,
) => {
  const { shape } = inputs[0]!;
  const n = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  return withContiguous(inputs, context, ([x]) => {
    const where = coordinates([out.block.length / (n * inner), n, inner], 'i');
    const counts = reverse ? 'n >= x1' : 'n <= x1';
    const body = `${INDEX} ${where} const first = x0 * ${n * inner} + x2; let t = 0; for (let n = 0; n < ${n}; n++) { if (${counts}) { t = t + a[first + n * ${inner}]; } } return t;`;
    return context.launch({ source: `function cumsum(a) { ${body} }`, size: out.block.length, arrays: [x!] });
  });
};

function makeKernels(): KernelTable {
  const kernels: Record<string, Kernel> = {
    argMax: argExtremum('argMax', '>') as Kernel,
    argMin: argExtremum('argMin', '<') as Kernel,
    cumsum: cumsum as Kernel,
  };
  for (const [name, rule] of Object.entries(makeReductions())) kernels[name] = reduction(name, rule) as Kernel;
  return kernels;
}

/** Sums and their kind over axes. */
export const REDUCE: KernelTable = /* @__PURE__ */ makeKernels();

/** Σ of an expression in `v0`, `v1`, … along one axis. */
export function sumAlong(
  name: string,
  term: string,
  shape: Operand['shape'],
  axis: number,
  readers: readonly Reader[],
  context: Context,
): Value {
  const join = 't = t + v0;';
  return fold({ name, shape, axes: [axis], readers, init: 'let t = 0;', step: `t = t + ${term};`, join }, context);
}
