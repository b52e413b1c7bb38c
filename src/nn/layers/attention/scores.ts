import type { Backend } from '../../../core/backend';
import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import { Tensor } from '../../../core/tensor';
import { cast, logicalAnd, logicalNot, mul, sub, where } from '../../../ops/elementwise';
import { expandDims } from '../../../ops/shape-ops';
import { softmax } from '../../../ops/softmax';
import type { CallContext, Mask } from '../../layer';
import { dropElements } from '../drop';
import { asBool } from '../mask';

/** How far below all others the score of what must not be looked at lies: exp of it is 0 beside theirs. */
const FAR = 1e9;

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

/** Scores of what must not be looked at replaced. */
export const hide = (scores: Tensor, mask: Mask): Tensor => (mask === null ? scores : where(mask, scores, -FAR));

/** They, lowered beyond all others, as Keras's `Attention` does: where nothing may be looked at, they still differ. */
export const lower = (scores: Tensor, mask: Mask): Tensor =>
  mask === null ? scores : sub(scores, mul(cast(logicalNot(mask), scores.dtype), FAR));

/** softmax(scores), and the same with some of them dropped in training. */
export function attentionWeights(
  scores: Tensor,
  dropout: number,
  ctx: CallContext,
  label: string,
): { readonly whole: Tensor; readonly dropped: Tensor } {
  const whole = softmax(scores);
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
