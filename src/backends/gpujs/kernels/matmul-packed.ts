import type { Reader } from '../build';
import type { Context } from '../kernel';
import { ARRAYS, literal, place } from '../source';
import type { Value } from '../value';

interface Sizes {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Multiplications from which packing both factors first costs less than it saves. */
const LARGE = 32768;
/** Longest sum that is taken in one go. */
const LONGEST = 4096;

/** Whether to pack: matrices alone, where the mode can, and large enough. */
export function paysPacked(batch: readonly number[], { m, k, n }: Sizes, context: Context): boolean {
  return context.packs && batch.length === 0 && m * k * n >= LARGE && k >= 16 && k <= LONGEST && m > 1 && n > 1;
}

/** Rows of `count` × `k` elements, four neighbours along k at each place, the last filled up with zeros. */
function pack(x: Reader, count: number, own: number, k: number, context: Context): Value {
  const inner = x.strides[x.strides.length - 1]!;
  const quads = Math.ceil(k / 4);
  const at = (j: number): string => place(['row', `(first + ${j})`], [own, inner], x.offset);
  const element = (j: number): string =>
    k % 4 === 0
      ? `const v${j} = a[${at(j)}];`
      : `let v${j} = ${literal(0)}; if (first + ${j} < ${k}) { v${j} = a[${at(j)}]; }`;
  const reads = [0, 1, 2, 3].map(element).join(' ');
  const body = `const i = this.thread.x; const row = quotient(i, ${quads}); const first = (i - row * ${quads}) * 4; ${reads} return [v0, v1, v2, v3];`;
  return context.launch({
    source: `function pack(a) { ${body} }`,
    size: count * quads,
    arrays: [x.value],
    packed: true,
  });
}

/** The same product with four neighbours along the sum read at once: two reads for eight factors. */
export function packedMatmul(left: Reader, right: Reader, { m, k, n }: Sizes, context: Context): Value {
  const quads = Math.ceil(k / 4);
  context.checkFits('a packed factor', Math.max(m, n) * quads);
  const a = pack(left, m, left.strides[0]!, k, context);
  const b = pack(right, n, right.strides[1]!, k, context);
  const loop = `for (let p = 0; p < ${quads}; p++) { const u = ${ARRAYS[0]}[first + p]; const w = ${ARRAYS[1]}[second + p]; t = t + u[0] * w[0] + u[1] * w[1] + u[2] * w[2] + u[3] * w[3]; }`;
  const body = `const i = this.thread.x; const row = quotient(i, ${n}); const first = row * ${quads}; const second = (i - row * ${n}) * ${quads}; let t = 0; ${loop} return t;`;
  try {
    return context.launch({ source: `function matmulPacked(a, b) { ${body} }`, size: m * n, arrays: [a, b] });
  } finally {
    a.release();
    b.release();
  }
}
