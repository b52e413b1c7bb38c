import type { Operand } from '../../../core/backend';
import { contiguousStrides, isContiguous, type Shape, sizeOf } from '../../../core/shape';
import { copy } from '../elementwise/kernel';
import { exceeds, type GPUKernel, type KernelContext, withLayout } from '../kernel';
import { ALIGNMENT, WORD } from '../memory';

/** A part of an axis. */
export interface Part {
  readonly start: number;
  readonly length: number;
}

/** A way to compute an operation in parts: of which operands which axis is cut. */
export interface Cut {
  /** By operand; null for one that every part reads as a whole. */
  readonly inputs: readonly (number | null)[];
  /** The axis of the result that is cut; null where every part has a result of the whole shape. */
  readonly out: number | null;
  /** The operation that then makes one result of two. */
  readonly join?: string;
  /** Else, the operand in whose place a part takes the result of the part before. */
  readonly carry?: number;
  /** The attributes of a part, where they are not those of the whole. */
  attrs?(part: Part): unknown;
}

/** The ways to cut an operation. */
export type Cuts<A = never> = (inputs: readonly Operand[], out: Operand, attrs: A) => readonly Cut[];

/** A kernel that works in parts where operands are more than the device binds at once. */
export function splitting(name: string, kernel: GPUKernel, cutsOf: Cuts): GPUKernel {
  return (given, out, attrs, context) => {
    if (![...given, out].some((x) => exceeds(x, context))) return kernel(given, out, attrs, context);
    const inputs = given.map((x) => gathered(x, context));
    const cut = bestCut(cutsOf(inputs, out, attrs), inputs, out, context);
    // Without a way to cut it, binding says what is too large.
    if (cut === null) return kernel(inputs, out, attrs, context);
    runParts(name, cut, inputs, out, attrs, context);
    return true;
  };
}

/** A copy of an operand that fits but for being spread over too much memory. */
function gathered(x: Operand, context: KernelContext): Operand {
  if (!exceeds(x, context) || sizeOf(x.shape) * WORD > context.limits.bindingBytes) return x;
  const own = context.scratch(x.dtype, x.shape);
  copy(x, own, context);
  return own;
}

const bytesOf = (x: Operand): number => sizeOf(x.shape) * WORD;

/** The cut that makes most of what is too large smaller; null where none does. */
function bestCut(cuts: readonly Cut[], inputs: readonly Operand[], out: Operand, context: KernelContext): Cut | null {
  let best: Cut | null = null;
  let most = 0;
  for (const cut of cuts) {
    if (lengthOf(cut, inputs, out) < 2) continue;
    const gain = tooLarge(cut, inputs, out, context).reduce((sum, x) => sum + bytesOf(x), 0);
    if (gain > most) [best, most] = [cut, gain];
  }
  return best;
}

/** What is too large and would be cut. */
function tooLarge(cut: Cut, inputs: readonly Operand[], out: Operand, context: KernelContext): Operand[] {
  const all = inputs.filter((_, i) => cut.inputs[i] !== null);
  return (cut.out === null ? all : [...all, out]).filter((x) => exceeds(x, context));
}

function lengthOf(cut: Cut, inputs: readonly Operand[], out: Operand): number {
  if (cut.out !== null) return out.shape[cut.out]!;
  const i = cut.inputs.findIndex((axis) => axis !== null);
  return inputs[i]!.shape[cut.inputs[i]!]!;
}

/** Parts as long as fit, at least one element; a part that is still too large is cut again, along another axis. */
function partsOf(cut: Cut, inputs: readonly Operand[], out: Operand, context: KernelContext): Part[] {
  const length = lengthOf(cut, inputs, out);
  const room = Math.max(WORD, context.limits.bindingBytes - ALIGNMENT);
  const count = Math.max(...tooLarge(cut, inputs, out, context).map((x) => Math.ceil(bytesOf(x) / room)), 2);
  const each = Math.max(1, Math.floor(length / count));
  const parts: Part[] = [];
  for (let start = 0; start < length; start += each) parts.push({ start, length: Math.min(each, length - start) });
  return parts;
}

function runParts(
  name: string,
  cut: Cut,
  inputs: readonly Operand[],
  out: Operand,
  attrs: never,
  context: KernelContext,
): void {
  const parts = partsOf(cut, inputs, out, context);
  let made: Operand | null = null;
  parts.forEach((part, i) => {
    const own = inputs.map((x, k) => (k === cut.carry && made !== null ? made : sliceOf(x, cut.inputs[k]!, part)));
    const target = context.scratch(out.dtype, sliceOf(out, cut.out, part).shape);
    context.run({ name }, own, target, cut.attrs?.(part) ?? attrs);
    if (cut.out !== null) copy(target, sliceOf(out, cut.out, part), context);
    else if (cut.join !== undefined && made !== null) {
      const joined = i === parts.length - 1 ? out : context.scratch(out.dtype, out.shape);
      context.run({ name: cut.join }, [made, target], joined, undefined);
      made = joined;
    } else made = target;
  });
  if (cut.carry !== undefined) copy(made!, out, context);
}

function sliceOf(x: Operand, axis: number | null, { start, length }: Part): Operand {
  if (axis === null) return x;
  const shape: Shape = x.shape.map((n, a) => (a === axis ? length : n));
  const { strides } = x;
  const part = withLayout(x, { shape, strides, offset: x.offset + start * strides[axis]! });
  return isContiguous(shape, strides) ? { ...part, strides: contiguousStrides(shape) } : part;
}
