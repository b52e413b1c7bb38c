import type { Operand, Primitive } from '../../core/backend';
import type { DType } from '../../core/dtype';
import { BackendError } from '../../core/errors';
import type { Expression } from '../../core/expression';
import { contiguousStrides, formatShape, isContiguous, type Shape, sizeOf } from '../../core/shape';
import type { Code, CodeSpec, ElementType } from './code';
import { ALIGNMENT, reach, WORD } from './memory';

/** What a kernel works on: operands in the order of the code's arrays, and the values of its parameters. */
export interface Work {
  readonly reads: readonly Operand[];
  readonly writes: readonly Operand[];
  readonly params: Readonly<Record<string, number>>;
  /** Workgroups, any number. The last ones may be too many: kernels look at their number. */
  readonly groups: number;
}

/** Not at all; by the device's 16-bit numbers; or to the same numbers kept in 32 bits, for tests on devices without. */
export type Rounding = 'none' | 'native' | 'imitated';

/** What of a device kernels go by. */
export interface Limits {
  /** Most bytes of one bound array. */
  readonly bindingBytes: number;
  /** Most arrays of one kernel. */
  readonly arrays: number;
  /** Most invocations of a workgroup. */
  readonly invocations: number;
  /** Most bytes that a workgroup shares. */
  readonly sharedBytes: number;
}

/** An elementwise computation on the result of a product, done before that is written: a bias, an activation. */
export interface Epilogue {
  readonly expression: Expression;
  readonly scalars: readonly number[];
  /** The operands of the expression; the product is one of them. */
  readonly inputs: readonly Operand[];
  /** Which. */
  readonly product: number;
  /** Where the result goes, of the shape of the product. */
  readonly out: Operand;
}

/** What kernels are given to run code with. What it does happens at once, or is taken down for later. */
export interface KernelContext {
  readonly limits: Limits;
  /** How matrix products and convolutions round their operands to 16 bits. */
  readonly rounding: Rounding;
  /** The code that goes by `key`, which must say everything that `build` depends on. */
  code(key: string, build: () => CodeSpec): Code;
  dispatch(code: Code, work: Work): void;
  /** A contiguous operand in memory of its own, until the kernel returns. */
  scratch(dtype: DType, shape: Shape): Operand;
  /** The first element of an operand in the array that is bound for it. */
  first(x: Operand): number;
  /** What is to be done with the elements of `out`, by a kernel that can do it as it writes them; who takes it does it. */
  takeEpilogue?(out: Operand): Epilogue | null;
  /** Runs another operation, or another case of this one. */
  run(op: Pick<Primitive, 'name'>, inputs: readonly Operand[], out: Operand, attrs: unknown): void;
}

/** Computes one op; false where it has no code for this case. */
export type GPUKernel<A = never> = (
  inputs: readonly Operand[],
  out: Operand,
  attrs: A,
  context: KernelContext,
) => boolean;

/** Kernels by the name of the op they compute. */
export type KernelTable = Readonly<Record<string, GPUKernel>>;

/** How elements of a dtype lie in an array. */
export function elementType(dtype: DType): ElementType {
  return dtype === 'float32' ? 'f32' : 'i32';
}

/** Workgroups for `n` invocations. */
export function groupsFor(n: number, { workgroup }: Code): number {
  return Math.ceil(n / workgroup);
}

/** Other elements of the block of an operand, which may be a tensor. */
export function withLayout(
  { block, dtype }: Operand,
  { shape, strides, offset }: Pick<Operand, 'shape' | 'strides' | 'offset'>,
): Operand {
  return { block, dtype, shape, strides, offset };
}

/** Whether an operand lies in more memory, and reaches over more of it, than can be bound at once. */
export function exceeds(x: Operand, { limits }: KernelContext): boolean {
  if (x.block.length * WORD <= limits.bindingBytes) return false;
  const { low, high } = reach(x);
  return (high - low + 1) * WORD + ALIGNMENT > limits.bindingBytes;
}

/** Into how long stretches a contiguous array is cut to be bound; they begin where ranges may. */
export function stretchOf({ block, shape }: Operand, { limits }: KernelContext): number {
  if (block.length * WORD <= limits.bindingBytes) return sizeOf(shape);
  return (Math.max(1, Math.floor(limits.bindingBytes / ALIGNMENT)) * ALIGNMENT) / WORD;
}

/** `x` if it is contiguous, else a copy of it that is. */
export function contiguous(x: Operand, context: KernelContext): Operand {
  if (isContiguous(x.shape, x.strides)) return reshaped(x, x.shape);
  const copy = context.scratch(x.dtype, x.shape);
  if (sizeOf(x.shape) > 0) context.run({ name: 'copy' }, [x], copy, undefined);
  return copy;
}

/** The elements of a contiguous operand as another shape. */
export function reshaped(x: Operand, shape: Shape): Operand {
  return withLayout(x, { shape, strides: contiguousStrides(shape), offset: x.offset });
}

/** Reads of parameters `prefix0`, `prefix1`, … with the values given. */
export function numbered(prefix: string, values: readonly number[]): Record<string, number> {
  return Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]));
}

/** What to say where an op has no kernel, or none for such operands. */
export function noKernel(name: string, inputs: readonly Operand[], out: Operand): BackendError {
  const given = inputs.map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`).join(', ');
  return new BackendError(
    `${name}: backend 'webgpu' has no kernel for ${given} → ${out.dtype} ${formatShape(out.shape)}. Compute it on a CPU ` +
      'backend: await moved(x, backend) moves tensors, await model.moved(backend) a model.',
  );
}
