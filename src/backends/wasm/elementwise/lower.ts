import type { DType } from '../../../core/dtype';
import type { Expression } from '../../../core/expression';
import { i64x2, type Local, v128 } from '../assembler/index';
import { ARITHMETIC, COMPARISONS } from './arithmetic';
import type { Emitter, HostFunction } from './emitter';
import type { Lowering, VectorRule } from './lowering';
import { TRANSCENDENTALS } from './transcendental';
import { UPDATES } from './updates';
import { convert, joinMasks, type Value, wrap } from './values';

const makeLowerings = (): ReadonlyMap<string, Lowering> =>
  new Map(Object.entries({ ...ARITHMETIC, ...COMPARISONS, ...TRANSCENDENTALS, ...UPDATES }));

/** Every elementwise op with vector code, `cast` and `where` (which follow rules of their own) apart. */
export const LOWERINGS = /* @__PURE__ */ makeLowerings();

function ruleFor(op: string, dtype: DType): VectorRule | undefined {
  const lowering = LOWERINGS.get(op);
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'bool') return lowering?.[dtype];
  return lowering?.integer;
}

/** Whether there is vector code for all of an expression. */
export function canLower(expression: Expression): boolean {
  if (expression.kind === 'input') return true;
  const { op, args, dtype } = expression;
  if (!args.every(canLower)) return false;
  if (op === 'cast') return true;
  if (op === 'where') return args[0]!.dtype === 'bool' && args[1]!.dtype === dtype && args[2]!.dtype === dtype;
  const operand = args[0]!.dtype;
  if (ruleFor(op, operand) === undefined || args.some((a) => a.dtype !== operand)) return false;
  return dtype === (LOWERINGS.get(op)!.test === true ? 'bool' : operand);
}

/** The host functions that an expression may call. */
export function hostsOf(expression: Expression): HostFunction[] {
  const found = new Set<HostFunction>();
  const visit = (x: Expression): void => {
    if (x.kind === 'input') return;
    if (x.op === 'cast') found.add('toInt32');
    for (const host of LOWERINGS.get(x.op)?.hosts ?? []) found.add(host);
    x.args.forEach(visit);
  };
  visit(expression);
  return [...found];
}

/** Whether an expression is short enough for its loop to gain by unrolling. */
export function isShort(expression: Expression): boolean {
  if (expression.kind === 'input') return true;
  return LOWERINGS.get(expression.op)?.long !== true && expression.args.every(isShort);
}

/** Emits the code of an expression for four elements. */
export function lower(
  e: Emitter,
  expression: Expression,
  inputs: readonly Value[],
  scalars: readonly Local<'f64'>[],
): Value {
  if (expression.kind === 'input') return inputs[expression.index]!;
  const { op, dtype } = expression;
  const args = expression.args.map((a) => lower(e, a, inputs, scalars));
  if (op === 'cast') return convert(e, args[0]!, dtype);
  if (op === 'where') return select(e, args as [Value, Value, Value]);
  const operand = args[0]!;
  const rule = ruleFor(op, operand.dtype)!;
  const own = expression.scalars.map((s) => scalars[s]!);
  const results = operand.parts.map((_, p) =>
    e.keep(
      rule(
        e,
        args.map((a) => a.parts[p]!),
        own,
      ),
    ),
  );
  if (dtype === operand.dtype) return { dtype, parts: results.map((x) => wrap(e, dtype, x)) };
  return { dtype, parts: [results.length === 2 ? e.keep(joinMasks(results[0]!, results[1]!)) : results[0]!] };
}

function select(e: Emitter, [condition, a, b]: readonly [Value, Value, Value]): Value {
  const mask = condition.parts[0]!;
  const masks = a.parts.length === 1 ? [mask] : [i64x2.extendLowI32x4S(mask), i64x2.extendHighI32x4S(mask)];
  return { dtype: a.dtype, parts: masks.map((m, p) => e.keep(v128.bitselect(a.parts[p]!, b.parts[p]!, m))) };
}
