import type { DType } from './dtype';

/**
 * An elementwise computation, one result per position: a tree of op names over inputs. A single op is the smallest one;
 * a fused chain is a larger one. Backends turn it into code (`wasm/elementwise`), each in its own language.
 */
export type Expression = InputExpression | AppliedExpression;

/** Input number `index` of the kernel. */
export interface InputExpression {
  readonly kind: 'input';
  readonly index: number;
  readonly dtype: DType;
}

/** An elementwise op on the results of other expressions. */
export interface AppliedExpression {
  readonly kind: 'apply';
  /** Name of the op, as `defineOp` has it. */
  readonly op: string;
  readonly args: readonly Expression[];
  readonly dtype: DType;
  /** Numbers of the kernel's run-time scalars that stand for the op's numeric attributes, in the op's own order. */
  readonly scalars: readonly number[];
}

/** Text that determines the expression, parts that are used several times written once. */
export function expressionKey(expression: Expression): string {
  const names = new Map<Expression, string>();
  const parts: string[] = [];
  const nameOf = (e: Expression): string => {
    const known = names.get(e);
    if (known !== undefined) return known;
    const text =
      e.kind === 'input'
        ? `${e.dtype}#${e.index}`
        : `${e.op}:${e.dtype}(${[...e.args.map(nameOf), ...e.scalars.map((s) => `$${s}`)].join()})`;
    const name = `%${parts.push(text) - 1}`;
    names.set(e, name);
    return name;
  };
  nameOf(expression);
  return parts.join(' ');
}

/** Visits every part of an expression, operands first; parts used several times are visited once. */
export function visitOnce(expression: Expression, visit: (part: Expression) => void): void {
  const seen = new Set<Expression>();
  const walk = (x: Expression): void => {
    if (seen.has(x)) return;
    seen.add(x);
    if (x.kind === 'apply') x.args.forEach(walk);
    visit(x);
  };
  walk(expression);
}
