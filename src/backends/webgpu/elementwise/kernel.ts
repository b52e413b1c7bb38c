import type { Operand } from '../../../core/backend';
import { type Expression, expressionKey } from '../../../core/expression';
import { broadcastStrides } from '../../../core/shape';
import type { CodeSpec } from '../code';
import { keptOf, keptType, loaded, narrowing, stored } from '../half';
import { exceeds, type GPUKernel, groupsFor, type KernelContext, numbered, withLayout } from '../kernel';
import { walks } from '../walk';
import { functionsFor } from './functions';
import { canLower, lower, scalarTypes, scalarValue } from './lower';

const WORKGROUP = 256;

/** What one pass over elements computes: the result is an expression of the operands, which have its shape. */
interface Pass {
  readonly expression: Expression;
  /** Operands, and the result behind them. */
  readonly operands: readonly Operand[];
  readonly scalars: readonly number[];
}

/** The positions of a pass, with as few axes as possible. */
interface Positions {
  readonly shape: readonly number[];
  /** Per operand, the result last. */
  readonly strides: readonly (readonly number[])[];
  readonly offsets: readonly number[];
}

/** Computes an expression of `inputs`, which broadcast, into `out`, of any layout. Null: there is no code. */
export function evaluate(
  expression: Expression,
  inputs: readonly Operand[],
  out: Operand,
  scalars: readonly number[],
  context: KernelContext,
): boolean {
  if (!canLower(expression) || inputs.length + 1 > context.limits.arrays) return false;
  const operands = [...inputs, out];
  const strides = operands.map((x) => broadcastStrides(x.shape, x.strides, out.shape));
  const found = walks(out.shape, strides);
  const positions = {
    shape: found[0]!.shape,
    strides: found.map((w) => w.strides),
    offsets: operands.map((x) => x.offset),
  };
  runPass({ expression, operands, scalars }, positions, context);
  return true;
}

/** Runs a pass, in halves where a device can't bind as much at once. */
function runPass(pass: Pass, positions: Positions, context: KernelContext): void {
  const { shape, strides, offsets } = positions;
  const views = pass.operands.map((x, k) => withLayout(x, { shape, strides: strides[k]!, offset: offsets[k]! }));
  const size = shape.reduce((n, length) => n * length, 1);
  if (size > 1 && views.some((x) => exceeds(x, context))) {
    const axis = shape.reduce((best, n, a) => (n > shape[best]! ? a : best), 0);
    const half = Math.ceil(shape[axis]! / 2);
    const part = (start: number, length: number): Positions => ({
      shape: shape.map((n, a) => (a === axis ? length : n)),
      strides,
      offsets: offsets.map((o, k) => o + start * strides[k]![axis]!),
    });
    runPass(pass, part(0, half), context);
    runPass(pass, part(half, shape[axis]! - half), context);
    return;
  }
  const { expression } = pass;
  const rank = shape.length;
  const types = scalarTypes(expression);
  const inputs = views.slice(0, -1);
  const key = `elementwise ${expressionKey(expression)} ${rank} ${inputs.map((x) => x.dtype)} ${views.map(keptOf)}`;
  const code = context.code(key, () => passCode(expression, views, rank, types));
  const params: Record<string, number> = { size, ...numbered('shape', shape.slice(1)) };
  views.forEach((x, k) => {
    params[`first${k}`] = context.first(x);
    strides[k]!.forEach((s, axis) => {
      params[`step${k}_${axis}`] = s;
    });
  });
  types.forEach((type, s) => {
    params[`scalar${s}`] = scalarValue(pass.scalars[s]!, type);
  });
  context.dispatch(code, { reads: inputs, writes: views.slice(-1), params, groups: groupsFor(size, code) });
}

function passCode(
  expression: Expression,
  operands: readonly Operand[],
  rank: number,
  types: readonly ('f32' | 'i32')[],
): CodeSpec {
  const inputs = operands.slice(0, -1);
  const kept = keptOf(operands.at(-1)!);
  const count = operands.length;
  const params: Record<string, 'u32' | 'i32' | 'f32'> = { size: 'u32' };
  for (let axis = 1; axis < rank; axis++) params[`shape${axis - 1}`] = 'u32';
  for (let k = 0; k < count; k++) {
    params[`first${k}`] = 'i32';
    for (let axis = 0; axis < rank; axis++) params[`step${k}_${axis}`] = 'i32';
  }
  types.forEach((type, s) => {
    params[`scalar${s}`] = type;
  });
  const at = (k: number): string =>
    Array.from({ length: rank }, (_, axis) => `at${axis} * p.step${k}_${axis}`).reduce(
      (sum, term) => `${sum} + ${term}`,
      `p.first${k}`,
    );
  const loads = inputs.map((x, k) => `let x${k} = ${loaded(`in${k}[${at(k)}]`, x)};`);
  const { statements, result } = lower(
    expression,
    inputs.map((_, k) => `x${k}`),
    types.map((_, s) => `p.scalar${s}`),
  );
  const main = [
    'if (id >= p.size) { return; }',
    ...places(rank),
    ...loads,
    statements,
    `result[${at(count - 1)}] = ${stored(result, expression.dtype, kept)};`,
  ].join('\n');
  return {
    reads: Object.fromEntries(inputs.map((x, k) => [`in${k}`, keptType(keptOf(x))])),
    writes: { result: keptType(kept) },
    params,
    workgroup: WORKGROUP,
    declarations: `${functionsFor(main)}\n${kept === 'f32' || kept === 'i32' ? '' : narrowing(kept)}`,
    main,
  };
}

/** `at0`, `at1`, … from `id`, the last axis running fastest. */
function places(rank: number): string[] {
  const lines = ['var rest = id;'];
  for (let axis = rank - 1; axis > 0; axis--) {
    lines.push(`let at${axis} = i32(rest % p.shape${axis - 1});`, `rest = rest / p.shape${axis - 1};`);
  }
  return [...lines, 'let at0 = i32(rest);'];
}

/** The kernel of one elementwise op. `attributes` are the numeric ones it reads, and what null stands for. */
export function elementwiseKernel(
  op: string,
  attributes: readonly (readonly [name: string, absent: number])[] = [],
): GPUKernel<Readonly<Record<string, number | null>> | undefined> {
  return (inputs, out, attrs, context) => {
    const expression: Expression = {
      kind: 'apply',
      op,
      args: inputs.map(({ dtype }, index) => ({ kind: 'input', index, dtype })),
      dtype: out.dtype,
      scalars: attributes.map((_, i) => i),
    };
    const scalars = attributes.map(([name, absent]) => attrs?.[name] ?? absent);
    return evaluate(expression, inputs, out, scalars, context);
  };
}

/** Writes the elements of `x`, which has the shape of `out`, into `out`, of any layout. */
export function copy(x: Operand, out: Operand, context: KernelContext): void {
  evaluate({ kind: 'input', index: 0, dtype: x.dtype }, [x], out, [], context);
}
