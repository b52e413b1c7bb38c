import { ShapeError } from '../core/errors';
import { apply, defineOp, type Op } from '../core/op';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/** Attributes of `hostScalar`: the function itself, so two of them are never the same computation. */
export interface HostScalarAttrs {
  readonly f: (x: number) => number;
}

const hostScalarOp: Op<HostScalarAttrs> = /* @__PURE__ */ defineOp<HostScalarAttrs>({
  name: 'hostScalar',
  infer: ([x]) => {
    if (x!.shape.length !== 0)
      throw new ShapeError(`hostScalar: needs a scalar, got shape ${formatShape(x!.shape)}. Reduce or index it first.`);
    return { shape: [], dtype: x!.dtype };
  },
  reference: ([x], out, { f }) => {
    out.data[out.offset] = f(x!.data[x!.offset]!);
  },
});

/**
 * f(x) for a scalar and a function of the host, which is called whenever the value is computed: at once, or each time a
 * compiled function runs. No gradient flows through it, and a backend whose memory the host can't read refuses it.
 */
export function hostScalar(f: (x: number) => number, x: Tensor): Tensor {
  return apply(hostScalarOp, [x], { f });
}
