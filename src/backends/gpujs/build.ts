import type { Operand } from '../../core/backend';
import { broadcastStrides, contiguousStrides, type Shape, sizeOf } from '../../core/shape';
import type { Context } from './kernel';
import { ARRAYS, coordinates, isPlain, merge, place, places, plus } from './source';
import type { Value } from './value';

/** How an array is read over some shape. */
export interface Reader {
  readonly value: Value;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** An operand, read over a shape that it broadcasts to. */
export function reader(x: Operand, context: Context, shape: Shape = x.shape): Reader {
  return { value: context.valueOf(x), strides: broadcastStrides(x.shape, x.strides, shape), offset: x.offset };
}

/** The results of a fold over `axis` of `shape`, read again at every place along it. */
export function laneReader(value: Value, shape: Shape, axis: number): Reader {
  const lanes = shape.map((n, i) => (i === axis ? 1 : n));
  return { value, strides: contiguousStrides(lanes).map((s, i) => (i === axis ? 0 : s)), offset: 0 };
}

interface Code {
  /** Of the kernel, for messages. */
  readonly name: string;
  readonly readers: readonly Reader[];
  /** Named `s0`, `s1`, … */
  readonly numbers?: readonly number[];
}

/** Whether code needs what a kernel can't write. */
const specialsOf = (code: string): string[] => (/\b(inf|nan)\b/.test(code) ? ['inf', 'nan'] : []);

/** The whole source of a kernel. */
export function kernelSource(name: string, arrays: number, numbers: number, body: string): string {
  const params = [
    ...ARRAYS.slice(0, arrays),
    ...Array.from({ length: numbers }, (_, i) => `s${i}`),
    ...specialsOf(body),
  ];
  return `function ${name}(${params.join(', ')}) { ${body} }`;
}

/** A kernel whose elements follow from those at the same place of the readers, `v0`, `v1`, …; `body` returns it. */
export function map(
  { name, readers, numbers = [], shape, body }: Code & { shape: Shape; body: string },
  context: Context,
): Value {
  const { declare, at } = places(shape, readers);
  const reads = readers.map((_, i) => `const v${i} = ${ARRAYS[i]}[${at[i]}];`);
  const source = kernelSource(name, readers.length, numbers.length, [declare, ...reads, body].join(' '));
  return context.launch({ source, size: sizeOf(shape), arrays: readers.map((r) => r.value), numbers });
}

interface Fold extends Code {
  readonly shape: Shape;
  /** Sorted. */
  readonly axes: readonly number[];
  /** Before the loop; declares `t`. */
  readonly init: string;
  /** For every element: changes `t` by `v0`, `v1`, …; `n` counts along a single axis. */
  readonly step: string;
  /** What comes out; by default `t`. */
  readonly result?: string;
  /** How two results become one, as a step on `v0`, where long folds may be done in parts. */
  readonly join?: string;
}

/** Lanes longer than this are folded in parts, where that is possible: more threads, and smaller errors. */
const LONG = 1024;

/** A fold over `axes` of `shape`: one element for each place of the other axes, in their order. */
export function fold(spec: Fold, context: Context): Value {
  const { shape, axes, readers } = spec;
  const kept = shape.filter((_, i) => !axes.includes(i));
  const pick = (r: Reader, which: (axis: number) => boolean): number[] => r.strides.filter((_, i) => which(i));
  const inner = merge(
    axes.map((axis) => shape[axis]!),
    readers.map((r) => pick(r, (i) => axes.includes(i))),
  );
  const outer = readers.map((r) => ({ strides: pick(r, (i) => !axes.includes(i)), offset: r.offset }));
  const length = sizeOf(inner.shape);
  // What is read may be a view of more elements than there are.
  context.checkFits(`a lane of ${spec.name}`, length);
  const most = Math.floor(context.mostElements / sizeOf(kept));
  if (spec.join !== undefined && length > LONG && most > 1) {
    return foldInParts(spec, { kept, inner, outer, length, most }, context);
  }
  const { declare, at } = places(kept, outer);
  const loops = inner.shape.map((n, l) => `for (let n${l} = 0; n${l} < ${n}; n${l}++) {`);
  const names = inner.shape.map((_, l) => `n${l}`);
  const reads = readers.map(
    (_, r) => `const v${r} = ${ARRAYS[r]}[${plus(at[r]!, place(names, inner.strides[r]!, 0))}];`,
  );
  const single = inner.shape.length === 1 ? 'const n = n0;' : inner.shape.length === 0 ? 'const n = 0;' : '';
  const step = `${/\bn\b/.test(spec.step) ? single : ''} ${reads.join(' ')} ${spec.step}`;
  const body = `${declare} ${spec.init} ${loops.join(' ')} ${step} ${'}'.repeat(loops.length)} return ${spec.result ?? 't'};`;
  return launch(spec, sizeOf(kept), body, context);
}

interface Lanes {
  readonly kept: Shape;
  readonly inner: ReturnType<typeof merge>;
  readonly outer: readonly { readonly strides: readonly number[]; readonly offset: number }[];
  readonly length: number;
  /** As many parts as an array has room for. */
  readonly most: number;
}

/** As many parts as each has elements, about, and then the parts; fewer where products of matrices have many lanes. */
function foldInParts(spec: Fold, { kept, inner, outer, length, most }: Lanes, context: Context): Value {
  const each = Math.max(Math.ceil(Math.sqrt(length)), Math.ceil(length / most));
  const parts = Math.ceil(length / each);
  const { declare, at } = places(
    [...kept, parts],
    outer.map(({ strides, offset }) => ({ strides: [...strides, 0], offset })),
  );
  const part = `const p = i - quotient(i, ${parts}) * ${parts};`;
  const names = inner.shape.map((_, axis) => `y${axis}`);
  const where = coordinates(inner.shape, 'r', 'y');
  const reads = spec.readers.map(
    (_, l) => `const v${l} = ${ARRAYS[l]}[${plus(at[l]!, place(names, inner.strides[l]!, 0))}];`,
  );
  const loop = `for (let n = 0; n < ${each}; n++) { const r = p * ${each} + n; if (r < ${length}) { ${where} ${reads.join(' ')} ${spec.step} } }`;
  const value = launch(spec, sizeOf(kept) * parts, `${declare} ${part} ${spec.init} ${loop} return t;`, context);
  const rest: Fold = {
    name: spec.name,
    shape: [sizeOf(kept), parts],
    axes: [1],
    readers: [{ value, strides: [parts, 1], offset: 0 }],
    init: spec.init,
    step: spec.join!,
    join: spec.join!,
    ...(spec.result !== undefined && { result: spec.result }),
  };
  const joined = fold(rest, context);
  value.release();
  return joined;
}

function launch({ name, readers, numbers = [] }: Code, size: number, body: string, context: Context): Value {
  const source = kernelSource(name, readers.length, numbers.length, body);
  return context.launch({ source, size, arrays: readers.map((r) => r.value), numbers });
}

/** The elements of an operand in row-major order, from the start of a value. The caller holds it. */
export function contiguous(x: Operand, context: Context): Value {
  const value = context.valueOf(x);
  if (isPlain(x) && value.size === sizeOf(x.shape)) return value.hold();
  if (sizeOf(x.shape) === 0) return value.hold();
  return map({ name: 'copy', readers: [reader(x, context)], shape: x.shape, body: 'return v0;' }, context);
}

/** Makes operands contiguous for `use`, and lets go of what that took. */
export function withContiguous(inputs: readonly Operand[], context: Context, use: (values: Value[]) => Value): Value {
  const values: Value[] = [];
  try {
    for (const x of inputs) values.push(contiguous(x, context));
    return use(values);
  } finally {
    for (const value of values) value.release();
  }
}
