import { type AppliedExpression, type Expression, visitOnce } from '../../../core/expression';
import { RULES } from './rules';

const hasRule = (op: string): boolean => Object.hasOwn(RULES, op);

/** Whether there is code for all of an expression. */
export function canLower(expression: Expression): boolean {
  let able = true;
  visitOnce(expression, (part) => {
    able &&= part.kind === 'input' || hasRule(part.op);
  });
  return able;
}

/**
 * Statements that compute an expression, one for each part, and return it. Operands of operators are names, never
 * expressions, so that no brackets are needed.
 *
 * @param inputs - names of the inputs.
 * @param scalars - names of the run-time scalars.
 */
export function lower(
  expression: Expression,
  inputs: readonly string[],
  scalars: readonly string[],
  approximate: boolean,
): string {
  const names = new Map<Expression, string>();
  const lines: string[] = [];
  visitOnce(expression, (part) => {
    if (part.kind === 'input') names.set(part, inputs[part.index]!);
    else {
      const name = `t${lines.length}`;
      const args = part.args.map((x) => names.get(x)!);
      lines.push(`const ${name} = ${code(part, args, scalars, approximate)};`);
      names.set(part, name);
    }
  });
  return `${lines.join(' ')} return ${names.get(expression)};`;
}

function code(part: AppliedExpression, args: string[], scalars: readonly string[], approximate: boolean): string {
  const own = part.scalars.map((s) => scalars[s]!);
  return RULES[part.op]!(args, own, { approximate, dtype: part.args[0]!.dtype, result: part.dtype });
}
