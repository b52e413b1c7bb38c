import type { Operand } from '../../../core/backend';
import type { Expression } from '../../../core/expression';
import { broadcastStrides } from '../../../core/shape';
import type { FusedAttrs } from '../../shared/fused';
import type { Context, Kernel, KernelTable } from '../kernel';
import { ARRAYS, places } from '../source';
import { EXACT, type Value } from '../value';
import { lower } from './lower';
import { RULES } from './rules';

/** Runs an expression over operands that broadcast to `out`, in one kernel; null where it reads too many arrays. */
function runExpression(
  expression: Expression,
  inputs: readonly Operand[],
  out: Operand,
  scalars: readonly number[],
  context: Context,
): Value | null {
  const numbers = [...scalars];
  const names = inputs.map((x): string | null => {
    const known = scalarOf(x, context);
    return known === null ? null : `s${numbers.push(known) - 1}`;
  });
  const arrays = inputs.filter((_, i) => names[i] === null);
  if (arrays.length > context.mostInputs) return null;
  const { declare, at } = places(
    out.shape,
    arrays.map((x) => ({ strides: broadcastStrides(x.shape, x.strides, out.shape), offset: x.offset })),
  );
  const reads = arrays.map((_, i) => `const v${i} = ${ARRAYS[i]}[${at[i]}];`);
  let next = 0;
  const operands = names.map((name) => name ?? `v${next++}`);
  const numberNames = numbers.map((_, i) => `s${i}`);
  const body = lower(expression, operands, numberNames, context.approximate);
  const specials = /\b(inf|nan)\b/.test(body) ? ['inf', 'nan'] : [];
  const params = [...arrays.map((_, i) => ARRAYS[i]!), ...numberNames, ...specials];
  const source = `function elementwise(${params.join(', ')}) { ${declare} ${reads.join(' ')} ${body} }`;
  return context.launch({ source, size: out.block.length, arrays: arrays.map((x) => context.valueOf(x)), numbers });
}

/** The one element of an operand that the host knows. */
function scalarOf(x: Operand, context: Context): number | null {
  if (x.block.length !== 1) return null;
  const value = context.hostOf(x)?.[0];
  return value === undefined || (x.dtype === 'int32' && Math.abs(value) >= EXACT) ? null : value;
}

const elementwise =
  (op: string, scalarsOf: (attrs: Readonly<Record<string, number | null>>) => number[]): Kernel<never> =>
  (inputs, out, attrs, context) => {
    const scalars = scalarsOf((attrs ?? {}) as Readonly<Record<string, number | null>>);
    const expression: Expression = {
      kind: 'apply',
      op,
      args: inputs.map(({ dtype }, index) => ({ kind: 'input', index, dtype })),
      dtype: out.dtype,
      scalars: scalars.map((_, i) => i),
    };
    return runExpression(expression, inputs, out, scalars, context)!;
  };

/** A fused chain in one kernel or, where it reads more arrays than one can, step by step. */
const fused: Kernel<FusedAttrs> = (inputs, out, { expression, scalars, steps }, context) => {
  const whole = runExpression(expression, inputs, out, scalars, context);
  if (whole !== null) return whole;
  const made: Operand[] = [];
  const values: Value[] = [];
  try {
    for (const { op, attrs, args, dtype } of steps) {
      const from = args.map((a) => ('input' in a ? inputs[a.input]! : made[a.step]!));
      const like = { shape: out.shape, dtype };
      const value = context.run(op.name, from, like, attrs);
      values.push(value);
      made.push(context.asOperand(value, like));
    }
    return values.at(-1)!.hold();
  } finally {
    for (const value of values) value.release();
  }
};

/** The numbers among the attributes of an op, in order, and what stands for those left out. */
const NUMBERS: Readonly<Record<string, readonly (readonly [name: string, absent: number])[]>> = {
  clip: [
    ['min', -Infinity],
    ['max', Infinity],
  ],
  leakyRelu: [['negativeSlope', 0]],
  elu: [['alpha', 1]],
  weightedSum: [
    ['alpha', 1],
    ['beta', 1],
  ],
  weightedSquareSum: [
    ['alpha', 1],
    ['beta', 1],
  ],
  rootRatio: [
    ['inside', 0],
    ['outside', 0],
  ],
};

function makeKernels(): KernelTable {
  const kernels: Record<string, Kernel> = { fused: fused as Kernel };
  for (const op of Object.keys(RULES)) {
    kernels[op] = elementwise(op, (attrs) => (NUMBERS[op] ?? []).map(([name, absent]) => attrs[name] ?? absent));
  }
  const exact = kernels.gelu!;
  const approximate = kernels.geluTanh!;
  kernels.gelu = (inputs, out, attrs: { approximate: boolean }, context) =>
    (attrs.approximate ? approximate : exact)(inputs, out, attrs as never, context);
  return kernels;
}

/** A kernel for every elementwise op, and for chains of them. */
export const ELEMENTWISE: KernelTable = /* @__PURE__ */ makeKernels();
