import type { DType, TypedArray } from './dtype';
import { isFloating } from './dtype';
import { formatShape, type Shape } from './shape';

/** How many elements an axis shows at each end before the middle is elided. */
const EDGE = 3;
const MAX_ELEMENTS = 1000;

interface Printable {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly size: number;
  readonly isDisposed: boolean;
  readonly backend: { readonly name: string };
  dataSync(): TypedArray;
}

/** Text such as `Tensor float32 [2, 2]\n[[1, 2],\n [3, 4]]`, long axes elided as NumPy does. */
export function formatTensor(t: Printable): string {
  const head = `Tensor ${t.dtype} ${formatShape(t.shape)}`;
  if (t.isDisposed) return `${head} (disposed)`;
  let data: TypedArray;
  try {
    data = t.dataSync();
  } catch {
    return `${head} on ${t.backend.name} (await data() to read it)`;
  }
  return `${head}\n${formatAxis(data, t, 0, 0, t.size > MAX_ELEMENTS)}`;
}

function formatAxis(data: TypedArray, t: Printable, axis: number, at: number, elide: boolean): string {
  if (axis === t.shape.length) return formatNumber(data[at]!, t.dtype);
  const n = t.shape[axis]!;
  const step = t.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const parts: string[] = [];
  for (let i = 0; i < n; i++) {
    if (elide && n > 2 * EDGE && i === EDGE) {
      parts.push('…');
      i = n - EDGE;
    }
    parts.push(formatAxis(data, t, axis + 1, at + i * step, elide));
  }
  const last = axis === t.shape.length - 1;
  return `[${parts.join(last ? ', ' : `,\n${' '.repeat(axis + 1)}`)}]`;
}

function formatNumber(x: number, dtype: DType): string {
  if (dtype === 'bool') return x ? 'true' : 'false';
  if (!isFloating(dtype) || !Number.isFinite(x)) return String(x);
  return String(Number(x.toPrecision(dtype === 'float32' ? 6 : 10)));
}
