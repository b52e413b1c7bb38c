import type { AnyLayer, CallContext, ManyInputs, ManyResult, Params } from './layer';

/** One call of any layer in the general form; the mask of a layer of one input is passed on where the layer says so. */
export function callAsMany(
  layer: AnyLayer,
  params: Params,
  state: Params,
  inputs: ManyInputs,
  ctx: CallContext,
): ManyResult {
  if (layer.many !== undefined) return layer.many.call(params, state, inputs, ctx);
  const mask = inputs.masks[0] ?? null;
  const { y, mask: own, ...rest } = layer.call(params, state, inputs.xs[0]!, mask === null ? ctx : { ...ctx, mask });
  return { ys: [y], masks: [own === undefined && layer.passesMask === true ? mask : (own ?? null)], ...rest };
}
