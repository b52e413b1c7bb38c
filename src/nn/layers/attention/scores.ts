import type { Backend } from '../../../core/backend';
import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import { Tensor } from '../../../core/tensor';
import { logicalAnd, where } from '../../../ops/elementwise';
import { expandDims } from '../../../ops/shape-ops';
import { softmax } from '../../../ops/softmax';
import type { CallContext, Mask } from '../../layer';
import { dropElements } from '../drop';
import { asBool } from '../mask';

/** What stands for the score of what must not be looked at: exp of it is 0 beside any other score. */
const NEVER = -1e9;

/** Both masks, where there are two. */
export function both(a: Mask, b: Mask): Mask {
  if (a === null || b === null) return a ?? b;
  return logicalAnd(a, b);
}

/** `[queries, values]`: query i sees values 0 to i. */
export function causalMask(queries: number, values: number, backend: Backend): Tensor {
  const data = new Uint8Array(queries * values);
  for (let i = 0; i < queries; i++) data.fill(1, i * values, i * values + Math.min(i + 1, values));
  return Tensor.from(backend, data, 'bool', [queries, values]);
}

/** The mask of values `[batch, values]` for scores `[batch, queries, values]`. */
export const overQueries = (mask: Mask): Mask => (mask === null ? null : expandDims(asBool(mask), 1));

/** The mask of queries `[batch, queries]` for scores `[batch, queries, values]`. */
export const overValues = (mask: Mask): Mask => (mask === null ? null : expandDims(asBool(mask), 2));

/** softmax(scores) over the values that `mask` leaves, some of them dropped in training. */
export function attentionWeights(
  scores: Tensor,
  mask: Mask,
  dropout: number,
  ctx: CallContext,
  label: string,
): { readonly whole: Tensor; readonly dropped: Tensor } {
  const whole = softmax(mask === null ? scores : where(mask, scores, NEVER));
  return { whole, dropped: dropElements(whole, dropout, ctx, label) };
}

/** Checks query `[queries, features]`, value `[values, features]` and, if it is given, key `[values, features]`. */
export function checkSequences(inputs: readonly Shape[], label: string): void {
  for (const shape of inputs.slice(0, 3)) {
    if (shape.length !== 2) {
      throw new ShapeError(
        `${label}: expected inputs [batch, time, features], got shape ${formatShape(shape)} (the batch axis left out).`,
      );
    }
  }
  const [, value, key] = inputs;
  if (key !== undefined && key[0] !== value![0]) {
    throw new ShapeError(`${label}: there are ${value![0]} values but ${key[0]} keys; each value needs its key.`);
  }
}
