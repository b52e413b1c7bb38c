import type { Primitive, ProgramOperand } from '../core/backend';
import type { DType } from '../core/dtype';
import type { Expression } from '../core/expression';
import { broadcastStrides } from '../core/shape';
import { allocateView, type View } from '../core/view';

/** Where an operand of a step comes from: an input of the fused operation, or an earlier step of it. */
export type StepArgument = { readonly input: number } | { readonly step: number };

/** One of the operations that were fused. */
export interface FusedStep {
  readonly op: Primitive;
  readonly attrs: unknown;
  readonly args: readonly StepArgument[];
  readonly dtype: DType;
}

/** Attributes of the primitive `fused`: the same computation as an expression, for code generators, and as steps. */
export interface FusedAttrs {
  readonly expression: Expression;
  /** The expression's run-time scalars. */
  readonly scalars: readonly number[];
  readonly steps: readonly FusedStep[];
}

const makeFused = (): Primitive => ({
  name: 'fused',
  elementwise: { scalars: () => null },
  reference(inputs, out, { steps }: FusedAttrs) {
    const spread = inputs.map(
      (x): View => ({ ...x, shape: out.shape, strides: broadcastStrides(x.shape, x.strides, out.shape) }),
    );
    const made: View[] = [];
    steps.forEach(({ op, attrs, args, dtype }, i) => {
      const to = i === steps.length - 1 ? out : allocateView(dtype, out.shape);
      const from = args.map((a) => ('input' in a ? spread[a.input]! : made[a.step]!));
      op.reference(from, to, attrs as never);
      made.push(to);
    });
  },
});

/** Several elementwise operations in one pass over memory. Its reference rule does them one after the other. */
export const fusedOp: Primitive = /* @__PURE__ */ makeFused();

/** The attributes that describe `steps` on these inputs. Steps that are used twice are one object in the expression. */
export function describeFused(steps: readonly FusedStep[], inputs: readonly ProgramOperand[]): FusedAttrs {
  const scalars: number[] = [];
  const made: Expression[] = [];
  const leaves = inputs.map(({ dtype }, index): Expression => ({ kind: 'input', index, dtype }));
  for (const { op, attrs, args, dtype } of steps) {
    const own = op.elementwise?.scalars(attrs as never) ?? [];
    made.push({
      kind: 'apply',
      op: op.elementwise?.variant?.(attrs as never) ?? op.name,
      args: args.map((a) => ('input' in a ? leaves[a.input]! : made[a.step]!)),
      dtype,
      scalars: own.map((value) => scalars.push(value) - 1),
    });
  }
  return { expression: made.at(-1)!, scalars, steps };
}
