import { valueAndGrad } from '../autograd/grad';
import { BackendError, ConfigError, ShapeError } from '../core/errors';
import { flattenNest, type Nest } from '../core/nest';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { Tensor } from '../core/tensor';
import { cast } from '../ops/elementwise';
import { type MinimizeResult, minimizeLbfgs } from './lbfgs-minimize';
import type { TensorNest } from './optimizer';

/** Options of {@link lbfgs}. */
export interface LbfgsOptions {
  /** By default 100. */
  readonly maxIter?: number | undefined;
  /** Converged when no component of the gradient is larger; by default 1e-5. */
  readonly gradientTolerance?: number | undefined;
  /** Converged when an iteration lowers the value by at most this, relative to max(|f|, 1); by default 2.2e-9. */
  readonly valueTolerance?: number | undefined;
  /** Pairs of steps and gradient changes remembered; by default 10. */
  readonly memory?: number | undefined;
  /** Evaluations per line search, by default 50. */
  readonly maxLineSearch?: number | undefined;
}

/** What {@link lbfgs} found. */
export interface LbfgsResult<X> {
  /** Where, a nest like the first point. */
  readonly x: X;
  readonly value: number;
  /** Largest component of the gradient there. */
  readonly gradientNorm: number;
  readonly iterations: number;
  /** How often the function was computed. */
  readonly evaluations: number;
  /** Whether a tolerance was reached. */
  readonly converged: boolean;
  readonly reason: MinimizeResult['reason'];
}

const NAMES = ['maxIter', 'gradientTolerance', 'valueTolerance', 'memory', 'maxLineSearch'];

/**
 * A local minimum of a smooth function by L-BFGS: quasi-Newton steps from the last few gradients, each with a line search
 * for the strong Wolfe conditions. For functions of all the data, without noise; steps are computed in float64 on the host.
 *
 * @param f - takes tensors nested like `x0` and returns a scalar tensor; it is differentiated.
 * @param x0 - where to begin: a tensor, or tensors in arrays and records. Not changed.
 * @param options - `maxIter = 100`, `gradientTolerance = 1e-5`, `valueTolerance = 2.2e-9`, `memory = 10`,
 * `maxLineSearch = 50`.
 * @returns `{ x, value, gradientNorm, iterations, evaluations, converged, reason }`.
 * @throws ConfigError for options out of range, or where f is not finite at x0; BackendError where values can't be read
 * without waiting.
 *
 * Reference: Liu, Nocedal 1989, “On the limited memory BFGS method for large scale optimization”.
 *
 * @example
 * ```ts
 * import { add, mul, square, sub, tensor } from 'kompakt';
 * import { lbfgs } from 'kompakt/optim';
 * const x0 = { a: tensor(-1.2, { dtype: 'float64' }), b: tensor(1, { dtype: 'float64' }) };
 * const rosenbrock = ({ a, b }: typeof x0) => add(square(sub(1, a)), mul(square(sub(b, square(a))), 100));
 * const { x, converged } = lbfgs(rosenbrock, x0);
 * console.log(x.a.item().toFixed(4), x.b.item().toFixed(4), converged); // → 1.0000 1.0000 true
 * ```
 */
export function lbfgs<X extends TensorNest>(f: (x: X) => Tensor, x0: X, options: LbfgsOptions = {}): LbfgsResult<X> {
  checkOptions(options, NAMES, 'lbfgs');
  const { maxIter = 100, gradientTolerance = 1e-5, valueTolerance = 2.2e-9, memory = 10, maxLineSearch = 50 } = options;
  for (const [option, value] of Object.entries({ maxIter, memory, maxLineSearch })) {
    if (!Number.isInteger(value) || value < (option === 'maxIter' ? 0 : 1)) {
      throw new ConfigError(`lbfgs: ${option} must be a positive integer, got ${value}.`);
    }
  }
  for (const [option, value] of Object.entries({ gradientTolerance, valueTolerance })) {
    if (!(value >= 0)) throw new ConfigError(`lbfgs: ${option} must be a number ≥ 0, got ${value}.`);
  }
  const flat = flattenNest<Tensor>(x0 as Nest<Tensor>);
  checkReadable(flat.leaves);
  const differentiate = valueAndGrad(f as never) as unknown as (x: TensorNest) => [Tensor, TensorNest];
  let isFirst = true;
  const result = minimizeLbfgs(
    (x, gradient) =>
      scope(() => {
        const [value, grads] = differentiate(unpack(x, flat));
        if (value.size !== 1)
          throw new ShapeError(`lbfgs: f must return one number, got shape [${String(value.shape)}].`);
        pack(flattenNest<Tensor>(grads as Nest<Tensor>).leaves, gradient);
        const number = value.item();
        if (isFirst && !Number.isFinite(number)) {
          throw new ConfigError(`lbfgs: f is ${number} at x0. Begin where it is finite.`);
        }
        isFirst = false;
        return number;
      }),
    packed(flat.leaves),
    { maxIter, gradientTolerance, valueTolerance, memory, maxLineSearch },
  );
  const { x, reason, ...rest } = result;
  return { ...rest, reason, converged: reason === 'gradient' || reason === 'value', x: unpack(x, flat) as X };
}

/** The search looks at values in every step, so they have to be at hand. */
function checkReadable(leaves: readonly Tensor[]): void {
  const distant = leaves.find((t) => t.backend.host(t.block) === null);
  if (distant === undefined) return;
  throw new BackendError(
    `lbfgs: values of backend '${distant.backend.name}' can't be read in the middle of a search. Move x0, and what f closes over, to a CPU backend: await moved(x0, wasm()).`,
  );
}

function packed(leaves: readonly Tensor[]): Float64Array {
  const all = new Float64Array(leaves.reduce((n, t) => n + t.size, 0));
  pack(leaves, all);
  return all;
}

function pack(leaves: readonly Tensor[], into: Float64Array): void {
  let at = 0;
  for (const t of leaves) {
    into.set(t.dataSync() as ArrayLike<number>, at);
    at += t.size;
  }
}

/** Tensors like `flat`'s with values from one array. */
function unpack(x: Float64Array, flat: ReturnType<typeof flattenNest<Tensor>>): TensorNest {
  let at = 0;
  const leaves = flat.leaves.map(({ backend, shape, dtype, size }) => {
    const values = x.slice(at, at + size);
    at += size;
    if (dtype === 'float64') return Tensor.from(backend, values, dtype, shape);
    return cast(Tensor.from(backend, Float32Array.from(values), 'float32', shape), dtype);
  });
  return flat.rebuild(leaves) as TensorNest;
}
