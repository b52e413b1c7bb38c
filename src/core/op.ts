import type { Backend, Operand, Primitive } from './backend';
import type { DType } from './dtype';
import { BackendError } from './errors';
import type { Trace } from './lifetime';
import type { Shape } from './shape';
import { type Layout, Tensor, type TraceNode } from './tensor';
import type { View } from './view';

/** Shape and dtype of a result, known before it is computed. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What a vjp rule gets beside the cotangent. */
export interface VjpContext<A> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly attrs: A;
}

/**
 * One primitive operation, everything about it in one place.
 *
 * `kernel` is its code on the WASM backend, where there is any; elementwise ops are known there by name. `infer` is the shape and dtype rule and throws on operands that do not fit. `reference` is the definition of the
 * result, written as plain loops over strided host memory; every backend is tested against it. `view`, if given, may
 * answer with a layout over the first operand's memory, and then nothing is computed. `vjp` gives the cotangent of
 * input `i`, with the shape and dtype of that input, written in other operations so that it can be differentiated
 * again; an op without it stops gradients.
 */
export interface Op<A> {
  readonly name: string;
  readonly kernel?: unknown;
  infer(inputs: readonly TensorSpec[], attrs: A): TensorSpec;
  reference(inputs: readonly View[], out: View, attrs: A): void;
  view?(input: Operand, attrs: A, spec: TensorSpec): Layout | null;
  vjp?(g: Tensor, context: VjpContext<A>, i: number): Tensor | null;
  /** Present where each element of the result depends on the elements of the (broadcast) inputs at its place only. */
  readonly elementwise?: { scalars(attrs: A): readonly number[] | null; variant?(attrs: A): string };
  /** Present where an operand holds indices, which a compiled function looks at; see `IndexRule`. */
  readonly indices?: {
    readonly operand: number;
    wants(attrs: A): boolean;
    check(indices: View, first: { readonly shape: Shape }, attrs: A): void;
  };
}

/** Declares a primitive. It does nothing but return its argument: ops register nowhere. */
export function defineOp<A = undefined>(op: Op<A>): Op<A> {
  return op;
}

/**
 * Applies a primitive: the single way in. Runs it on the backend of its inputs and, where an input is being
 * differentiated, records it.
 */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const trace = innermostTrace(inputs);
  if (trace === null) return execute(op, inputs, attrs);
  const values = inputs.map((x) => valueIn(x, trace));
  const value = apply(op, values, attrs);
  if (op.vjp === undefined) return value;
  pin(value, trace);
  for (const x of values) pin(x, trace);
  const context: VjpContext<A> = { inputs: values, output: value, attrs };
  const pull = (g: Tensor, i: number) => op.vjp!(g, context, i);
  return value.traced({ trace, value, opName: op.name, inputs, pull });
}

/** A new variable of `trace` with the value of `x`. */
export function variable(x: Tensor, trace: Trace): Tensor {
  pin(x, trace);
  const node: TraceNode = { trace, value: x, opName: null, inputs: [], pull: () => null };
  return x.traced(node);
}

/** `x` as the code outside `trace` sees it. */
export function valueIn(x: Tensor, trace: Trace): Tensor {
  return x.node !== null && x.node.trace === trace ? x.node.value : x;
}

function innermostTrace(inputs: readonly Tensor[]): Trace | null {
  let trace: Trace | null = null;
  for (const { node } of inputs) {
    if (node !== null && (trace === null || node.trace.id > trace.id)) trace = node.trace;
  }
  return trace;
}

/** Marks `x` as needed by a backward pass; of several active traces the outermost counts, as it ends last. */
function pin(x: Tensor, trace: Trace): void {
  const old = x.pinnedBy;
  if (old === null || !old.active || trace.id < old.id) x.pinnedBy = trace;
}

function execute<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const first = inputs[0];
  if (first === undefined) throw new BackendError(`${op.name}: an operation needs at least one tensor.`);
  const { backend } = first;
  for (const x of inputs) {
    if (x.backend !== backend) return execute(op, together(op.name, inputs, backend, x.backend), attrs);
  }
  const spec = op.infer(inputs, attrs);
  const layout = op.view?.(first, attrs, spec);
  if (layout) return first.view(layout);
  const out = Tensor.allocate(backend, spec.dtype, spec.shape);
  try {
    if (out.size > 0) backend.run(op as Primitive, inputs, out, attrs);
  } catch (error) {
    // Out of memory, as a rule: what is held for a result that nobody gets is the last thing to keep.
    out.dispose();
    throw error;
  }
  return out;
}

/** Operands of two backends on one of them, where that is one that adopts the others. */
function together(name: string, inputs: readonly Tensor[], a: Backend, b: Backend): Tensor[] {
  const host = [a, b].find((backend) => backend.adopt !== undefined);
  return inputs.map((x) => {
    if (x.backend === host) return x;
    const own = host?.adopt?.(x);
    if (!own) throw mixedBackends(name, a, x.backend === a ? b : x.backend);
    return own;
  });
}

function mixedBackends(name: string, a: Backend, b: Backend): BackendError {
  const which = a.name === b.name ? `two different '${a.name}' backends` : `backends '${a.name}' and '${b.name}'`;
  return new BackendError(`${name}: the operands live on ${which}. Move one with to(x, backend) first.`);
}
