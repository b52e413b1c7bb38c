import { isFloating, type TypedArray } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { openTrace, type Trace } from '../core/lifetime';
import { flattenNest, type Nest } from '../core/nest';
import { valueIn, variable } from '../core/op';
import { checkFunction } from '../core/options';
import { formatShape, sameShape } from '../core/shape';
import { Tensor, type TraceNode } from '../core/tensor';
import { asTensor, onesLike, type TensorLike, zerosLike } from '../ops/create';
import { add } from '../ops/elementwise';
import { reshape } from '../ops/shape-ops';

/** The cotangents of `variables`, given `g` for `output`: one pass over what the trace recorded, latest first. */
function pullBack(output: Tensor, g: Tensor, variables: readonly Tensor[], trace: Trace): Tensor[] {
  const cotangents = new Map<TraceNode, Tensor>();
  const root = nodeIn(output, trace);
  if (root !== null) cotangents.set(root, g);
  for (const node of root === null ? [] : inReverseOrder(root, trace)) {
    const own = cotangents.get(node);
    if (own === undefined) continue;
    node.inputs.forEach((input, i) => {
      const parent = nodeIn(input, trace);
      const part = parent === null ? null : node.pull(own, i);
      if (parent === null || part === null) return;
      const sum = cotangents.get(parent);
      cotangents.set(parent, sum === undefined ? part : add(sum, part));
    });
  }
  // Disposing of one gradient must not take another, or the cotangent, with it: each is a tensor of its own.
  const given = new Set<Tensor>([g]);
  return variables.map((v) => {
    const sum = cotangents.get(v.node!) ?? zerosLike(valueIn(v, trace));
    const own = given.has(sum) ? reshape(sum, sum.shape) : sum;
    given.add(own);
    return own;
  });
}

function nodeIn(x: Tensor, trace: Trace): TraceNode | null {
  return x.node !== null && x.node.trace === trace ? x.node : null;
}

/** Every node that `root` depends on, each before the nodes it was made from. */
function inReverseOrder(root: TraceNode, trace: Trace): TraceNode[] {
  const uses = new Map<TraceNode, number>();
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const input of node.inputs) {
      const parent = nodeIn(input, trace);
      if (parent === null) continue;
      const seen = uses.get(parent) ?? 0;
      uses.set(parent, seen + 1);
      if (seen === 0) pending.push(parent);
    }
  }
  const order: TraceNode[] = [];
  const ready = [root];
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    order.push(node);
    for (const input of node.inputs) {
      const parent = nodeIn(input, trace);
      if (parent === null) continue;
      const left = uses.get(parent)! - 1;
      uses.set(parent, left);
      if (left === 0) ready.push(parent);
    }
  }
  return order;
}

/** Runs `f` on traced variables of `x`; the trace stays open until its `active` is set to false. */
function record(f: (x: unknown) => Tensor, x: unknown) {
  const flat = flattenNest<TensorLike>(x as Nest<TensorLike>);
  const leaves = flat.leaves.map((leaf, i) => {
    const t = asTensor(leaf);
    if (!isFloating(t.dtype)) {
      throw new DTypeError(
        `grad: leaf ${i} is ${t.dtype}; only float32 and float64 can be differentiated. Cast it, or close over it.`,
      );
    }
    return t;
  });
  const trace = openTrace();
  const variables = leaves.map((t) => variable(t, trace));
  try {
    return { trace, variables, flat, value: f(flat.rebuild(variables)) };
  } catch (error) {
    trace.active = false;
    throw error;
  }
}

function checkScalar(y: unknown): asserts y is Tensor {
  if (!(y instanceof Tensor)) throw new ShapeError('grad: the function must return a tensor.');
  if (y.size !== 1 || y.rank !== 0) {
    throw new ShapeError(
      `grad: the function must return a scalar, got shape ${formatShape(y.shape)}. Reduce it, e.g. with sum or mean, or use vjp.`,
    );
  }
}

/**
 * The value and gradient of a scalar function of tensors or nests of them: x ↦ (f(x), ∂f/∂x).
 *
 * @param f - takes one tensor, or arrays and records of tensors, and returns a scalar tensor.
 * @returns a function of the same argument that returns `[value, gradient]`, the gradient nested like the argument.
 * @throws ShapeError when `f` does not return a scalar; DTypeError when a leaf is not floating point.
 *
 * @example
 * ```ts
 * import { sum, square, type Tensor, tensor, valueAndGrad } from 'kompakt';
 * const [y, g] = valueAndGrad(({ w }: { w: Tensor }) => sum(square(w)))({ w: tensor([1, 2, 3]) });
 * console.log(y.item(), g.w.toArraySync()); // → 14 [ 2, 4, 6 ]
 * ```
 */
export function valueAndGrad<X = Tensor>(f: (x: X) => Tensor): (x: Untraced<X>) => [Tensor, Gradient<X>] {
  checkFunction(f, 'grad');
  return (x) => {
    const { trace, variables, flat, value } = record(f as (x: unknown) => Tensor, x);
    try {
      checkScalar(value);
      const y = valueIn(value, trace);
      const grads = pullBack(value, onesLike(y), variables, trace);
      return [y, flat.rebuild(grads) as Gradient<X>];
    } finally {
      trace.active = false;
    }
  };
}

/** What may be given for a nest of tensors: numbers and typed arrays in place of tensors. Plain arrays are nests. */
export type Untraced<X> = [Tensor] extends [X]
  ? Tensor | number | TypedArray
  : { readonly [K in keyof X]: Untraced<X[K]> };

/** The gradient by an argument: nested like it, every leaf a tensor. */
export type Gradient<X> = [Tensor] extends [X] ? Tensor : X;

/** A nest with every leaf a tensor. */
export type Traced<X> = [Tensor] extends [X]
  ? Tensor
  : X extends Tensor | number | ArrayBufferView
    ? Tensor
    : { -readonly [K in keyof X]: Traced<X[K]> };

/**
 * The gradient function of a scalar function: x ↦ ∂f/∂x. Nests, and can be differentiated again.
 *
 * @param f - takes one tensor, or arrays and records of tensors, and returns a scalar tensor.
 * @throws ShapeError when `f` does not return a scalar.
 *
 * @example
 * ```ts
 * import { grad, pow, type Tensor, tensor } from 'kompakt';
 * const cube = (x: Tensor) => pow(x, 3);
 * console.log(grad(cube)(tensor(2)).item(), grad(grad(cube))(tensor(2)).item()); // → 12 12
 * ```
 */
export function grad<X = Tensor>(f: (x: X) => Tensor): (x: Untraced<X>) => Gradient<X> {
  const both = valueAndGrad(f);
  return (x) => both(x)[1];
}

/**
 * The value of `f(...xs)` and its pullback g ↦ Jᵀg, J being the Jacobian.
 *
 * @returns `[y, pull]`; `pull(g)` takes a cotangent of the shape of `y` and returns one for each argument.
 *
 * @example
 * ```ts
 * import { mul, tensor, vjp } from 'kompakt';
 * const [y, pull] = vjp((a, b) => mul(a, b), tensor([1, 2]), tensor([3, 4]));
 * const [ga, gb] = pull(tensor([1, 1]));
 * console.log(y.toArraySync(), ga.toArraySync(), gb.toArraySync()); // → [ 3, 8 ] [ 3, 4 ] [ 1, 2 ]
 * ```
 */
export function vjp<Xs extends readonly unknown[]>(
  f: (...xs: Traced<Xs>) => Tensor,
  ...xs: Xs
): [Tensor, (g: TensorLike) => Traced<Xs>] {
  checkFunction(f, 'vjp');
  const { trace, variables, flat, value } = record((args) => f(...(args as Traced<Xs>)), xs);
  const y = valueIn(value, trace);
  const pull = (g: TensorLike): Traced<Xs> => {
    const cotangent = asTensor(g, y);
    if (!sameShape(cotangent.shape, y.shape)) {
      throw new ShapeError(
        `vjp: the cotangent has shape ${formatShape(cotangent.shape)}, the value ${formatShape(y.shape)}; they must agree.`,
      );
    }
    return flat.rebuild(pullBack(value, cotangent, variables, trace)) as Traced<Xs>;
  };
  return [y, pull];
}
