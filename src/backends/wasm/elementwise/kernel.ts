import type { Operand } from '../../../core/backend';
import type { DType } from '../../../core/dtype';
import { type Expression, expressionKey } from '../../../core/expression';
import { addressOf, elementShift } from '../kernel';
import type { Code, TaskContext, TaskKernel } from '../task';
import { costOf } from './cost';
import { Layouts, STRIDED } from './layouts';
import { buildLoop, type LoopSpec, loopWords, MAX_INPUTS, MAX_OUTER } from './loop';
import { canLower, countScalars, isShort, lower } from './lower';
import type { ScalarAttribute } from './lowering';
import type { Mode } from './values';

const MODES: readonly Mode[] = ['unit', 'splat', 'strided'];
const DTYPE_CODES: Readonly<Record<DType, number>> = { float32: 0, float64: 1, int32: 2, int8: 3, uint8: 4, bool: 5 };

/** Reused by every call, as are the parameters below: elementwise kernels allocate next to nothing. */
const layouts = /* @__PURE__ */ new Layouts();

/** Elements from which operands that run with a step through memory are worth a copy. */
const LARGE = 16384;
/** Results are divided at cache lines, for elements of one byte too. */
const LINE = 64;

/** The code of an expression for one combination of dtypes, modes and number of loops. */
interface Loop {
  readonly code: Code;
  /** Nanoseconds per element. */
  readonly cost: number;
  /** Its parameters, written anew for each call. */
  readonly words: number[];
}

/** By a number that stands for the dtypes, modes and number of loops; null where there is no code. */
type Loops = Map<number, Loop | null>;

/**
 * The kernel of one elementwise op of up to three operands. `attributes` are the numeric ones it reads. `unstride`, if
 * given, is tried first where an operand of a large result has a step along the inner loop.
 */
export function elementwiseKernel(
  op: string,
  attributes: readonly ScalarAttribute[] = [],
  unstride?: TaskKernel,
): TaskKernel {
  const scalars = attributes.map(() => 0);
  const expressionOf = (inputs: readonly Operand[], out: Operand): Expression => ({
    kind: 'apply',
    op,
    args: inputs.map(({ dtype }, index) => ({ kind: 'input', index, dtype })),
    dtype: out.dtype,
    scalars: attributes.map((_, i) => i),
  });
  const cacheKey = `elementwise ${op}`;
  const makeLoops = (): Loops => new Map();
  return (inputs, out, attrs, context) => {
    if (!arrange(inputs, out)) return false;
    if (unstride !== undefined && isStridedAndLarge(inputs.length)) {
      if (unstride(inputs, out, attrs, context)) return true;
      layouts.set(inputs, out);
    }
    const table = context.cached(cacheKey, makeLoops);
    const key = keyOf(inputs, out);
    let loop = table.get(key);
    if (loop === undefined) {
      loop = makeLoop(expressionOf(inputs, out), inputs, context);
      table.set(key, loop);
    }
    if (loop === null) return false;
    for (let i = 0; i < scalars.length; i++) {
      const [name, absent] = attributes[i]!;
      scalars[i] = (attrs as Readonly<Record<string, number | null>>)[name] ?? absent;
    }
    launch(loop, inputs, out, context, scalars);
    return true;
  };
}

/** What the op `fused` has for attributes. */
export interface FusedExpression {
  readonly expression: Expression;
  readonly scalars: readonly number[];
}

/** The kernel of fused chains. `unstride` as for `elementwiseKernel`. */
export function fusedKernel(unstride?: TaskKernel<FusedExpression>): TaskKernel<FusedExpression> {
  const makeTables = (): WeakMap<Expression, Loops> => new WeakMap();
  return (inputs, out, attrs, context) => {
    if (inputs.length > MAX_INPUTS || !arrange(inputs, out)) return false;
    if (unstride !== undefined && isStridedAndLarge(inputs.length)) {
      if (unstride(inputs, out, attrs, context)) return true;
      layouts.set(inputs, out);
    }
    const tables = context.cached('elementwise fused', makeTables);
    const table: Loops = tables.get(attrs.expression) ?? new Map();
    tables.set(attrs.expression, table);
    const key = keyOfModes(inputs.length);
    let loop = table.get(key);
    if (loop === undefined) {
      loop = makeLoop(attrs.expression, inputs, context);
      table.set(key, loop);
    }
    if (loop === null) return false;
    launch(loop, inputs, out, context, attrs.scalars);
    return true;
  };
}

/** Sets `layouts`; whether there are loops enough. */
function arrange(inputs: readonly Operand[], out: Operand): boolean {
  layouts.set(inputs, out);
  return layouts.rank <= MAX_OUTER + 1;
}

function isStridedAndLarge(count: number): boolean {
  let size = 1;
  for (let axis = 0; axis < layouts.rank; axis++) size *= layouts.shape[axis]!;
  if (size < LARGE) return false;
  for (let k = 0; k < count; k++) if (layouts.modes[k] === STRIDED) return true;
  return false;
}

/** Everything the code of an op depends on, in one number: dtypes, modes and the number of loops. */
function keyOf(inputs: readonly Operand[], out: Operand): number {
  let key = layouts.rank * 8 + DTYPE_CODES[out.dtype];
  for (let k = 0; k < inputs.length; k++) key = key * 32 + DTYPE_CODES[inputs[k]!.dtype] * 4 + layouts.modes[k]!;
  return key;
}

/** The same where the dtypes are known already. */
function keyOfModes(count: number): number {
  let key = layouts.rank;
  for (let k = 0; k < count; k++) key = key * 3 + layouts.modes[k]!;
  return key;
}

function makeLoop(expression: Expression, inputs: readonly Operand[], context: TaskContext): Loop | null {
  if (!canLower(expression)) return null;
  const sources = inputs.map(({ dtype }, k) => ({ dtype, mode: MODES[layouts.modes[k]!]! }));
  const outerRank = layouts.rank - 1;
  return {
    code: compileExpression(expression, sources, outerRank, context),
    cost: costOf(expression, sources),
    words: new Array<number>(loopWords({ inputs: sources, outerRank }).length).fill(0),
  };
}

/**
 * The code of an expression, a single op's or a fused chain's, for inputs that run along the inner loop as told, inside
 * `outerRank` further loops. The expression must pass `canLower`. Its parameters are those of `loopWords`.
 */
export function compileExpression(
  expression: Expression,
  inputs: LoopSpec['inputs'],
  outerRank: number,
  context: TaskContext,
): Code {
  const modes = inputs.map(({ mode }) => mode);
  return context.code(`elementwise-${expressionKey(expression)}-${modes.join('-')}-${outerRank}`, (m) =>
    buildLoop(m, {
      inputs,
      output: expression.dtype,
      outerRank,
      scalars: countScalars(expression),
      unroll: isShort(expression) && !modes.includes('strided') ? 4 : 1,
      fused: context.features.relaxedSimd,
      body: (e, values, scalars) => lower(e, expression, values, scalars),
    }),
  );
}

/** Launches a loop over `layouts`, its parameters in the order of `loopWords`. */
function launch(
  { code, cost, words }: Loop,
  inputs: readonly Operand[],
  out: Operand,
  context: TaskContext,
  scalars: readonly number[],
): void {
  const count = inputs.length;
  const { rank, length, shape, strides, modes } = layouts;
  let at = 0;
  words[at++] = addressOf(out);
  for (let k = 0; k < count; k++) words[at++] = addressOf(inputs[k]!);
  for (let k = 0; k < count; k++) {
    if (modes[k] === STRIDED) words[at++] = strides[k]![rank - 1]! << elementShift(inputs[k]!.dtype);
  }
  if (rank === 1) {
    context.launch(code, words, { units: length, cost: length * cost, multiple: LINE, rowLength: 1 }, scalars);
    return;
  }
  words[at++] = length;
  let rows = 1;
  for (let axis = rank - 2; axis >= 0; axis--) {
    rows *= shape[axis]!;
    words[at++] = shape[axis]!;
    for (let k = 0; k < count; k++) words[at++] = strides[k]![axis]! << elementShift(inputs[k]!.dtype);
  }
  const multiple = length >= LINE ? 1 : Math.ceil(LINE / length);
  context.launch(
    code,
    words,
    { units: rows, cost: rows * (length * cost + ROW_COST), multiple, rowLength: length },
    scalars,
  );
}

/** Nanoseconds to begin a row. */
const ROW_COST = 3;
