import type { Shape } from '../../src/core/shape';
import type { Tensor } from '../../src/core/tensor';
import { defineManyLayer } from '../../src/nn/layers/define';
import { OptionReader } from '../../src/nn/layers/options';
import { concat } from '../../src/ops/shape-ops';

/** A layer without weights of several inputs, as plain as can be. */
export const merge = (
  name: string,
  run: (xs: readonly Tensor[]) => Tensor,
  shape: (xs: readonly Shape[]) => Shape = ([first]) => first!,
) => {
  const o = new OptionReader('merge', { name });
  return defineManyLayer(o, o.common(), {
    outputShapes: (xs) => [shape(xs)],
    run: ({ xs }) => ({ ys: [run(xs)] }),
  });
};

/** Along the last axis. */
export const join = (name: string) =>
  merge(
    name,
    (xs) => concat([...xs], -1),
    (xs) => [xs.reduce((n, x) => n + x.at(-1)!, 0)],
  );
