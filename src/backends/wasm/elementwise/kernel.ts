import type { Operand } from '../../../core/backend';
import type { DType } from '../../../core/dtype';
import type { Expression } from '../../../core/expression';
import { expressionKey } from '../../../core/expression';
import { sizeOf } from '../../../core/shape';
import { PARAMETERS } from '../arena';
import { addressOf, elementShift, type Kernel, type KernelContext } from '../kernel';
import { HOST_FUNCTIONS } from './emitter';
import { Layouts, STRIDED } from './layouts';
import { buildLoop, LOOPS_AT, type LoopSpec, MAX_OUTER, STEPS_AT } from './loop';
import { canLower, hostsOf, isShort, lower } from './lower';
import type { ScalarAttribute } from './lowering';
import type { Mode } from './values';

type Run = (out: number, n: number, a: number, b: number, c: number) => void;

const MODES: readonly Mode[] = ['unit', 'splat', 'strided'];
const DTYPE_CODES: Readonly<Record<DType, number>> = { float32: 0, float64: 1, int32: 2, int8: 3, uint8: 4, bool: 5 };

/** Reused by every call, which makes elementwise kernels allocate nothing. */
const layouts = /* @__PURE__ */ new Layouts();

/** Elements from which operands that run with a step through memory are worth a copy. */
const LARGE = 16384;

/**
 * The kernel of one elementwise op of up to three operands. `attributes` are the numeric ones it reads. `unstride`, if
 * given, is tried first where an operand of a large result has a step along the inner loop.
 */
export function elementwiseKernel(op: string, attributes: readonly ScalarAttribute[] = [], unstride?: Kernel): Kernel {
  return (inputs, out, attrs, context) => {
    layouts.set(inputs, out);
    if (layouts.rank > MAX_OUTER + 1) return false;
    if (unstride !== undefined && isStrided(inputs.length) && sizeOf(out.shape) >= LARGE) {
      if (unstride(inputs, out, attrs, context)) return true;
      layouts.set(inputs, out);
    }
    const table = context.cached(`elementwise ${op}`, () => new Map<number, Run | null>());
    const key = keyOf(inputs, out);
    let run = table.get(key);
    if (run === undefined) {
      run = build(op, attributes, inputs, out, context);
      table.set(key, run);
    }
    if (run === null) return false;
    if (attributes.length > 0) writeScalars(context, attributes, attrs as Readonly<Record<string, number | null>>);
    writeLoops(context, inputs);
    const [a, b, c] = inputs;
    run(
      addressOf(out),
      layouts.length,
      addressOf(a!),
      b === undefined ? 0 : addressOf(b),
      c === undefined ? 0 : addressOf(c),
    );
    return true;
  };
}

function isStrided(count: number): boolean {
  for (let k = 0; k < count; k++) if (layouts.modes[k] === STRIDED) return true;
  return false;
}

/** Everything the code depends on, in one number: dtypes, modes and the number of loops. */
function keyOf(inputs: readonly Operand[], out: Operand): number {
  let key = layouts.rank * 8 + DTYPE_CODES[out.dtype];
  for (let k = 0; k < inputs.length; k++) key = key * 32 + DTYPE_CODES[inputs[k]!.dtype] * 4 + layouts.modes[k]!;
  return key;
}

function build(
  op: string,
  attributes: readonly ScalarAttribute[],
  inputs: readonly Operand[],
  out: Operand,
  context: KernelContext,
): Run | null {
  const expression: Expression = {
    kind: 'apply',
    op,
    args: inputs.map(({ dtype }, index) => ({ kind: 'input', index, dtype })),
    dtype: out.dtype,
    scalars: attributes.map((_, i) => i),
  };
  if (!canLower(expression)) return null;
  const sources = inputs.map(({ dtype }, k) => ({ dtype, mode: MODES[layouts.modes[k]!]! }));
  return compileExpression(expression, sources, Math.max(0, layouts.rank - 1), context);
}

/**
 * The code of an expression, a single op's or a fused chain's, for inputs that run along the inner loop as told, inside
 * `outerRank` further loops. The expression must pass `canLower`. It is called as `run(out, n, input₀, …)`, with its
 * other parameters in memory as `buildLoop` says.
 */
export function compileExpression(
  expression: Expression,
  inputs: LoopSpec['inputs'],
  outerRank: number,
  context: KernelContext,
): (out: number, n: number, ...inputs: number[]) => void {
  const modes = inputs.map(({ mode }) => mode);
  const { run } = context.module<{ run(out: number, n: number, ...inputs: number[]): void }>(
    `elementwise-${expressionKey(expression)}-${modes.join('-')}-${outerRank}`,
    (m) =>
      buildLoop(m, {
        inputs,
        output: expression.dtype,
        outerRank,
        scalars: countScalars(expression),
        unroll: isShort(expression) && !modes.includes('strided') ? 4 : 1,
        hosts: hostsOf(expression),
        body: (e, values, scalars) => lower(e, expression, values, scalars),
      }),
    HOST_FUNCTIONS,
  );
  return run;
}

/** One more than the highest scalar an expression names. */
function countScalars(expression: Expression): number {
  if (expression.kind === 'input') return 0;
  return Math.max(0, ...expression.scalars.map((s) => s + 1), ...expression.args.map(countScalars));
}

function writeScalars(
  { arena }: KernelContext,
  names: readonly ScalarAttribute[],
  attrs: Readonly<Record<string, number | null>>,
): void {
  for (let i = 0; i < names.length; i++) {
    const [name, absent] = names[i]!;
    arena.f64[PARAMETERS / 8 + i] = attrs[name] ?? absent;
  }
}

/** Writes steps, loop lengths and what pointers advance by after each round, as `buildLoop` reads them. */
function writeLoops({ arena }: KernelContext, inputs: readonly Operand[]): void {
  const { i32 } = arena;
  const count = inputs.length;
  const last = layouts.rank - 1;
  for (let k = 0; k < count; k++) {
    if (layouts.modes[k] === STRIDED)
      i32[STEPS_AT / 4 + k] = layouts.strides[k]![last]! << elementShift(inputs[k]!.dtype);
  }
  let at = LOOPS_AT / 4;
  for (let axis = last - 1; axis >= 0; axis--) {
    i32[at++] = layouts.shape[axis]!;
    for (let k = 0; k < count; k++) {
      const strides = layouts.strides[k]!;
      const travelled = layouts.shape[axis + 1]! * strides[axis + 1]!;
      i32[at++] = (strides[axis]! - travelled) << elementShift(inputs[k]!.dtype);
    }
  }
}
