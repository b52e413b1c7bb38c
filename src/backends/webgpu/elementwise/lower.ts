import type { DType } from '../../../core/dtype';
import { type AppliedExpression, type Expression, visitOnce } from '../../../core/expression';
import { isTrue, LOWERINGS } from './rules';

const isInteger = (dtype: DType): boolean => dtype === 'int32' || dtype === 'int8' || dtype === 'uint8';

function ruleFor(op: string, dtype: DType) {
  const lowering = LOWERINGS[op];
  if (dtype === 'float32') return lowering?.float;
  if (dtype === 'bool') return lowering?.bool;
  return isInteger(dtype) ? lowering?.integer : undefined;
}

/** Whether there is code for all of an expression. */
export function canLower(expression: Expression): boolean {
  let able = true;
  visitOnce(expression, (part) => {
    able &&= part.dtype !== 'float64' && (part.kind === 'input' || canApply(part));
  });
  return able;
}

function canApply({ op, args, dtype }: AppliedExpression): boolean {
  if (op === 'cast') return true;
  if (op === 'where') return args[0]!.dtype === 'bool' && args[1]!.dtype === dtype && args[2]!.dtype === dtype;
  const operand = args[0]!.dtype;
  if (ruleFor(op, operand) === undefined || args.some((a) => a.dtype !== operand)) return false;
  return dtype === (LOWERINGS[op]!.test === true ? 'bool' : operand);
}

/** The WGSL types of the run-time scalars that an expression names, by their numbers: integers for ops on integers. */
export function scalarTypes(expression: Expression): ('f32' | 'i32')[] {
  const types: ('f32' | 'i32')[] = [];
  visitOnce(expression, (part) => {
    if (part.kind !== 'apply') return;
    for (const s of part.scalars) types[s] = isInteger(part.args[0]!.dtype) ? 'i32' : 'f32';
  });
  return types;
}

/** A scalar as a kernel gets it: bounds of integers are integers within 32 bits. */
export function scalarValue(value: number, type: 'f32' | 'i32'): number {
  return type === 'f32' ? value : Math.trunc(Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
}

/** An expression as WGSL statements, and the name or text of its result. Parts used several times are computed once. */
export function lower(
  expression: Expression,
  inputs: readonly string[],
  scalars: readonly string[],
): { readonly statements: string; readonly result: string } {
  const texts = new Map<Expression, string>();
  const lines: string[] = [];
  visitOnce(expression, (part) => {
    if (part.kind === 'input') {
      texts.set(part, inputs[part.index]!);
      return;
    }
    const name = `t${lines.length}`;
    const args = part.args.map((a) => texts.get(a)!);
    lines.push(`let ${name} = ${apply(part, args, scalars)};`);
    texts.set(part, name);
  });
  return { statements: lines.join('\n'), result: texts.get(expression)! };
}

function apply(
  { op, dtype, args, scalars: own }: AppliedExpression,
  texts: readonly string[],
  scalars: readonly string[],
): string {
  if (op === 'cast') return convert(texts[0]!, args[0]!.dtype, dtype);
  if (op === 'where') return `select(${texts[2]}, ${texts[1]}, ${texts[0]})`;
  const text = ruleFor(op, args[0]!.dtype)!(
    texts,
    own.map((s) => scalars[s]!),
  );
  return wrap(text, dtype);
}

/** An integer as its width holds it. */
function wrap(text: string, dtype: DType): string {
  if (dtype === 'uint8') return `(${text} & 255)`;
  return dtype === 'int8' ? `((${text} << 24u) >> 24u)` : text;
}

function convert(x: string, from: DType, to: DType): string {
  if (from === to) return x;
  if (to === 'bool') return from === 'float32' ? isTrue(x) : `(${x} != 0)`;
  if (to === 'float32') return from === 'bool' ? `select(0.0, 1.0, ${x})` : `f32(${x})`;
  if (from === 'bool') return `select(0, 1, ${x})`;
  return wrap(from === 'float32' ? `k_to_i32(${x})` : x, to);
}
