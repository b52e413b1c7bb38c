import type { Backend } from '../core/backend';
import type { DType } from '../core/dtype';
import { flattenNest, type Nest } from '../core/nest';
import { Tensor } from '../core/tensor';
import { tensor } from '../ops/create';
import { cast, expm1, mul, neg } from '../ops/elementwise';

/*
 * What an optimiser computes once per step, such as its learning rate, is a scalar tensor: a compiled step then is the
 * same computation every time. Scalars are kept in double precision where the backend has it, and rounded where they meet
 * the parameters.
 */

/** A scalar beside the tensors of `nest`, on their backend. */
export function scalarFor(value: number, nest: Nest<Tensor>): Tensor {
  const backend = flattenNest<Tensor>(nest).leaves[0]?.backend;
  return tensor(value, { dtype: precisionOf(backend), backend });
}

/** A number of the state as a scalar, also where a state restored from plain data holds a host number. */
export function asScalar(x: Tensor | number, nest: Nest<Tensor>): Tensor {
  return x instanceof Tensor ? x : scalarFor(x, nest);
}

/** The dtype of scalars on a backend (the default one has float64). */
export function precisionOf(backend: Backend | undefined): DType {
  return backend === undefined || backend.dtypes.includes('float64') ? 'float64' : 'float32';
}

/** A scalar in the dtype of each of the tensors it meets, rounded once for each dtype. */
export function inDTypes(scalar: Tensor): (dtype: DType) => Tensor {
  const rounded = new Map<DType, Tensor>();
  return (dtype) => {
    const known = rounded.get(dtype) ?? cast(scalar, dtype);
    rounded.set(dtype, known);
    return known;
  };
}

/** 1 − βᵗ, without the cancellation that a power would bring: −(exp(t·ln β) − 1). */
export function biasCorrection(beta: number, t: Tensor): Tensor {
  // ln 0 is −∞, and the correction 1: right for every step, as t is at least 1.
  return neg(expm1(mul(t, Math.log(beta))));
}
