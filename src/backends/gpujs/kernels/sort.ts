import { sizeOf } from '../../../core/shape';
import { map, reader } from '../build';
import type { Context, Kernel, KernelTable } from '../kernel';
import { coordinates, INDEX } from '../source';
import type { Value } from '../value';

/**
 * One step of Batcher's bitonic network on the positions `b`: each looks at its partner, `s1` away, and takes the earlier or the later of
 * the two, by the direction of its block of `s0`.
 */
const stepSource = (n: number, span: number): string => {
  const position = `const lane = quotient(i, ${span}); const j = i - lane * ${span};`;
  const partner =
    'const h = quotient(j, s1); const odd = h - 2 * Math.floor(h / 2); let other = i + s1; if (odd > 0.5) { other = i - s1; }';
  const both = `const p = b[i]; const q = b[other]; const first = lane * ${n};`;
  const values = `let u = 0; if (p < ${n}) { u = a[first + p]; } let v = 0; if (q < ${n}) { v = a[first + q]; }`;
  // Positions past the end come last, whatever stands there.
  const order = `let mine = 0; if (p >= ${n} || q >= ${n}) { mine = isLess(p, q); } else { mine = precedes(u, v, p, q); }`;
  const direction =
    'const block = quotient(j, s0); let takes = block - 2 * Math.floor(block / 2); if (odd > 0.5) { takes = 1 - takes; }';
  return `function sortStep(a, b, s0, s1) { ${INDEX} ${position} ${partner} ${both} ${values} ${order} ${direction} if (mine + takes === 1) { return p; } return q; }`;
};

/** The positions of each lane in order, NaN last and ties as they were, lanes filled up to `span`. */
function sortPositions(values: Value, lanes: number, n: number, span: number, context: Context): Value {
  let positions = context.launch({
    source: `function positions() { ${INDEX} return i - quotient(i, ${span}) * ${span}; }`,
    size: lanes * span,
    arrays: [],
  });
  const source = stepSource(n, span);
  for (let block = 2; block <= span; block *= 2) {
    for (let gap = block / 2; gap >= 1; gap /= 2) {
      const arrays = [values, positions];
      const after = context.launch({ source, size: lanes * span, arrays, numbers: [block, gap] });
      positions.release();
      positions = after;
    }
  }
  return positions;
}

interface SortAttrs {
  readonly axis: number;
  readonly descending: boolean;
}

const argSort: Kernel<SortAttrs> = ([x], out, { axis, descending }, context) => {
  const { shape } = x!;
  const n = shape[axis]!;
  const [before, behind] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const [outer, inner] = [sizeOf(before), sizeOf(behind)];
  let span = 1;
  while (span < n) span *= 2;
  const lanes = outer * inner;
  context.checkFits(`an array for sorting (${lanes} lanes filled up to ${span})`, lanes * span);
  const own = reader(x!, context);
  // Lanes one after the other; upside down, the order of numbers is the other one, and NaN stays NaN.
  const laid = [...before, ...behind, n];
  const strides = [...own.strides.slice(0, axis), ...own.strides.slice(axis + 1), own.strides[axis]!];
  const body = descending ? 'return -1 * v0;' : 'return v0;';
  const values = map({ name: 'lanes', shape: laid, readers: [{ ...own, strides }], body }, context);
  const positions = sortPositions(values, lanes, n, span, context);
  try {
    const where = coordinates([outer, out.shape[axis]!, inner], 'i');
    const read = `return a[(x0 * ${inner} + x2) * ${span} + x1];`;
    const source = `function inOrder(a) { ${INDEX} ${where} ${read} }`;
    return context.launch({ source, size: sizeOf(out.shape), arrays: [positions] });
  } finally {
    values.release();
    positions.release();
  }
};

const topK: Kernel<Pick<SortAttrs, 'axis'>> = (inputs, out, { axis }, context) =>
  argSort(inputs, out, { axis, descending: true } as never, context);

const makeKernels = (): KernelTable => ({ argSort: argSort as Kernel, topK: topK as Kernel });
/** Positions in order. */
export const SORT: KernelTable = /* @__PURE__ */ makeKernels();
