import { f32, f32x4, f64x2, type Local, type V128 } from '../assembler/index';
import type { Emitter, Vector } from './emitter';
import { demote, promote } from './values';

/** The code of one op on one vector of each operand. */
export type VectorRule = (e: Emitter, xs: readonly Vector[], scalars: readonly Local<'f64'>[]) => V128;

export type ScalarAttribute = readonly [name: string, absent: number];

/**
 * How an elementwise op becomes vector code, by the dtype of its operands. A missing entry means that the reference
 * rule runs.
 */
export interface Lowering {
  /** Four floats. */
  readonly float32?: VectorRule;
  /** Two doubles. */
  readonly float64?: VectorRule;
  /** Four integers, of any width, widened to 32 bits; the result is wrapped to its width afterwards. */
  readonly integer?: VectorRule;
  /** Four masks. */
  readonly bool?: VectorRule;
  /** Whether the result is a mask (dtype `bool`) rather than of the operands' dtype. */
  readonly test?: boolean;
  /** The numeric attributes it reads at run time, in order, and what null or none stands for. */
  readonly scalars?: readonly ScalarAttribute[];
  /** About the nanoseconds that it takes per element, for ops of more than a few instructions: unrolling gains nothing. */
  readonly cost?: number;
}

/** What the two float families have in common. */
type Floats = Pick<
  typeof f32x4,
  | 'abs'
  | 'add'
  | 'ceil'
  | 'div'
  | 'eq'
  | 'floor'
  | 'ge'
  | 'gt'
  | 'le'
  | 'lt'
  | 'max'
  | 'min'
  | 'mul'
  | 'ne'
  | 'nearest'
  | 'neg'
  | 'pmax'
  | 'pmin'
  | 'sqrt'
  | 'sub'
> & {
  const(value: number): V128;
  /** A run-time scalar in all lanes. */
  scalar(value: Local<'f64'>): V128;
};

const makeFloats = (): { readonly float32: Floats; readonly float64: Floats } => ({
  float32: { ...f32x4, const: (x) => f32x4.const(x), scalar: (x) => f32x4.splat(f32.demote(x)) },
  float64: { ...f64x2, const: (x) => f64x2.const(x), scalar: (x) => f64x2.splat(x) },
});
const FLOATS: { readonly float32: Floats; readonly float64: Floats } = /* @__PURE__ */ makeFloats();

/** One rule, written once, for both float widths. */
export function floats(
  rule: (v: Floats, xs: readonly Vector[], scalars: readonly Local<'f64'>[], e: Emitter) => V128,
): Pick<Lowering, 'float32' | 'float64'> {
  return {
    float32: (e, xs, scalars) => rule(FLOATS.float32, xs, scalars, e),
    float64: (e, xs, scalars) => rule(FLOATS.float64, xs, scalars, e),
  };
}

/** A rule on doubles applied to floats: widened, computed in pairs, rounded back. */
export function inDoubles(rule: VectorRule): VectorRule {
  return (e, xs, scalars) => {
    const pairs = xs.map((x) => promote(e, x));
    const halves = [0, 1].map((h) =>
      e.keep(
        rule(
          e,
          pairs.map((p) => p[h as 0 | 1]),
          scalars,
        ),
      ),
    );
    return demote(halves[0]!, halves[1]!);
  };
}
