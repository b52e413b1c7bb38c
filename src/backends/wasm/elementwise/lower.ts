import type { DType } from '../../../core/dtype';
import { type AppliedExpression, type Expression, visitOnce } from '../../../core/expression';
import { i64x2, type Local, v128 } from '../assembler/index';
import { ARITHMETIC, COMPARISONS } from './arithmetic';
import type { Emitter, Vector } from './emitter';
import type { Lowering, VectorRule } from './lowering';
import { TRANSCENDENTALS } from './transcendental';
import { UPDATES } from './updates';
import { convert, joinMasks, type Value, wrap } from './values';

const makeLowerings = (): ReadonlyMap<string, Lowering> =>
  new Map(Object.entries({ ...ARITHMETIC, ...COMPARISONS, ...TRANSCENDENTALS, ...UPDATES }));

/** Most ops of an expression whose loop is unrolled. */
const SHORT = 12;

/** Every elementwise op with vector code, `cast` and `where` (which follow rules of their own) apart. */
export const LOWERINGS = /* @__PURE__ */ makeLowerings();

function ruleFor(op: string, dtype: DType): VectorRule | undefined {
  const lowering = LOWERINGS.get(op);
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'bool') return lowering?.[dtype];
  return lowering?.integer;
}

/** Whether there is vector code for all of an expression. */
export function canLower(expression: Expression): boolean {
  let able = true;
  visitOnce(expression, (part) => {
    able &&= part.kind === 'input' || canApply(part);
  });
  return able;
}

function canApply({ op, args, dtype }: AppliedExpression): boolean {
  if (op === 'cast') return true;
  if (op === 'where') return args[0]!.dtype === 'bool' && args[1]!.dtype === dtype && args[2]!.dtype === dtype;
  const operand = args[0]!.dtype;
  if (ruleFor(op, operand) === undefined || args.some((a) => a.dtype !== operand)) return false;
  return dtype === (LOWERINGS.get(op)!.test === true ? 'bool' : operand);
}

/** One more than the highest scalar an expression names. */
export function countScalars(expression: Expression): number {
  let count = 0;
  visitOnce(expression, (part) => {
    if (part.kind === 'apply') count = Math.max(count, ...part.scalars.map((s) => s + 1));
  });
  return count;
}

/** Whether an expression is short enough for its loop to gain by unrolling. */
export function isShort(expression: Expression): boolean {
  let ops = 0;
  visitOnce(expression, (part) => {
    if (part.kind === 'apply') ops += LOWERINGS.get(part.op)?.cost === undefined ? 1 : Infinity;
  });
  return ops <= SHORT;
}

/** Emits the code of an expression for four elements. Parts used several times are computed once. */
export function lower(
  e: Emitter,
  expression: Expression,
  inputs: readonly Value[],
  scalars: readonly Local<'f64'>[],
): Value {
  const values = new Map<Expression, Value>();
  visitOnce(expression, (part) => {
    if (part.kind === 'input') values.set(part, inputs[part.index]!);
    else {
      const args = part.args.map((a) => values.get(a)!);
      values.set(part, apply(e, part, args, scalars));
    }
  });
  return values.get(expression)!;
}

function apply(
  e: Emitter,
  { op, dtype, scalars: own }: AppliedExpression,
  args: readonly Value[],
  scalars: readonly Local<'f64'>[],
): Value {
  if (op === 'cast') return convert(e, args[0]!, dtype);
  if (op === 'where') return select(e, args as [Value, Value, Value]);
  const operand = args[0]!;
  const rule = ruleFor(op, operand.dtype)!;
  const numbers = own.map((s) => scalars[s]!);
  const partsOf = (p: number): Vector[] => args.map((a) => a.parts[p]!);
  const results = operand.parts.map((_, p) => e.keep(rule(e, partsOf(p), numbers)));
  if (dtype === operand.dtype) return { dtype, parts: results.map((x) => wrap(e, dtype, x)) };
  return { dtype, parts: [results.length === 2 ? e.keep(joinMasks(results[0]!, results[1]!)) : results[0]!] };
}

function select(e: Emitter, [condition, a, b]: readonly [Value, Value, Value]): Value {
  const mask = condition.parts[0]!;
  const masks = a.parts.length === 1 ? [mask] : [i64x2.extendLowI32x4S(mask), i64x2.extendHighI32x4S(mask)];
  return { dtype: a.dtype, parts: masks.map((m, p) => e.keep(v128.bitselect(a.parts[p]!, b.parts[p]!, m))) };
}
