import type { Operand, Primitive } from '../../core/backend';
import type { Expression } from '../../core/expression';

/** What the op `fused` has for attributes, as far as backends without a compiler of their own for it use it. */
export interface FusedAttrs {
  readonly expression: Expression;
  readonly scalars: readonly number[];
  /** The same one operation at a time, for chains that read more arrays than a kernel can. */
  readonly steps: readonly {
    readonly op: Primitive;
    readonly attrs: unknown;
    readonly args: readonly ({ readonly input: number } | { readonly step: number })[];
    readonly dtype: Operand['dtype'];
  }[];
}
