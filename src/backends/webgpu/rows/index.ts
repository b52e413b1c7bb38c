import type { Operand } from '../../../core/backend';
import { functionsFor } from '../elementwise/functions';
import { contiguous, type GPUKernel, type KernelContext, type KernelTable } from '../kernel';
import { type Lanes, lanesOf } from '../reduce/scan';

/**
 * A computation on every lane of an axis: statements on `value(a, j)`, element j of operand a of the lane, in turns of
 * `each`. A lane is done by one invocation, or by a workgroup that works together.
 */
interface LaneProgram {
  readonly name: string;
  readonly operands: readonly string[];
  readonly params?: readonly string[];
  /** Statements; `fold(identity, combine, text of element j)` folds a lane. */
  body(fold: (identity: string, combine: 'sum' | 'max', element: string) => string): string;
  /** Element j of the result. */
  readonly result: string;
}

const TEAM = 64;
/** From so many neighbouring elements on a workgroup does a lane. */
const LONG = 32;

function laneText({ operands, body, result }: LaneProgram, together: boolean): string {
  let folds = 0;
  const each = (statement: string): string =>
    together
      ? `for (var j = lane; j < p.n; j += ${TEAM}u) { let at = base + j * p.inner; ${statement} }`
      : `for (var j = 0u; j < p.n; j++) { let at = base + j * p.inner; ${statement} }`;
  const loads = (text: string): string =>
    text.replace(/\b(\w+)\[j\]/g, (_, name: string) => `${name}[p.first${operands.indexOf(name)} + i32(at)]`);
  const lines: string[] = [];
  const fold = (identity: string, combine: 'sum' | 'max', element: string): string => {
    const name = `fold${folds++}`;
    const step = combine === 'sum' ? `${name} + ${element}` : `k_max(${name}, ${element})`;
    lines.push(`var ${name} = ${identity};`, each(loads(`${name} = ${step};`)));
    if (together) lines.push(`${name} = team_${combine}(${name}, lane);`);
    return name;
  };
  const statements = body((...args) => {
    const name = fold(...args);
    return name;
  });
  lines.push(statements);
  return [
    `let row = ${together ? 'group' : 'id'};`,
    'if (row >= p.rows) { return; }',
    'let base = (row / p.inner) * p.n * p.inner + row % p.inner;',
    ...lines,
    each(loads(`y[at] = ${result};`)),
  ].join('\n');
}

const teamFunction = (name: string, combine: string): string => `fn team_${name}(value: f32, lane: u32) -> f32 {
  team[lane] = value;
  workgroupBarrier();
  for (var half = ${TEAM / 2}u; half > 0u; half = half >> 1u) {
    if (lane < half) { team[lane] = ${combine}; }
    workgroupBarrier();
  }
  let total = team[0];
  workgroupBarrier();
  return total;
}`;

const TEAM_FUNCTIONS = [
  `var<workgroup> team: array<f32, ${TEAM}>;`,
  teamFunction('sum', 'team[lane] + team[lane + half]'),
  teamFunction('max', 'k_max(team[lane], team[lane + half])'),
].join('\n');

function runLanes(
  program: LaneProgram,
  inputs: readonly Operand[],
  out: Operand,
  lanes: Lanes,
  params: Readonly<Record<string, number>>,
  context: KernelContext,
): boolean {
  const { outer, n, inner } = lanes;
  const together = inner === 1 && n >= LONG;
  const plain = inputs.map((x) => contiguous(x, context));
  const code = context.code(`lanes ${program.name} ${together}`, () => {
    const main = laneText(program, together);
    const declarations = together ? TEAM_FUNCTIONS : '';
    return {
      reads: Object.fromEntries(program.operands.map((name) => [name, 'f32'])),
      writes: { y: 'f32' },
      params: {
        rows: 'u32',
        n: 'u32',
        inner: 'u32',
        ...Object.fromEntries(program.operands.map((_, k) => [`first${k}`, 'i32'])),
        ...Object.fromEntries((program.params ?? []).map((name) => [name, 'f32'])),
      },
      workgroup: TEAM,
      declarations: `${functionsFor(`${main} ${declarations}`)}\n${declarations}`,
      main,
    };
  });
  const rows = outer * inner;
  const firsts = Object.fromEntries(plain.map((x, k) => [`first${k}`, context.first(x)]));
  context.dispatch(code, {
    reads: plain,
    writes: [out],
    params: { rows, n, inner, ...firsts, ...params },
    groups: together ? rows : Math.ceil(rows / TEAM),
  });
  return true;
}

const overAxis =
  (program: LaneProgram): GPUKernel<{ readonly axis: number }> =>
  (inputs, out, { axis }, context) =>
    runLanes(program, inputs, out, lanesOf(out.shape, axis), {}, context);

const overRows =
  (program: LaneProgram): GPUKernel<{ readonly epsilon: number }> =>
  (inputs, out, { epsilon }, context) =>
    runLanes(program, inputs, out, lanesOf(out.shape, out.shape.length - 1), { epsilon }, context);

const makeRows = (): KernelTable => ({
  softmax: overAxis({
    name: 'softmax',
    operands: ['x'],
    body: (fold) => {
      const most = fold('-k_inf()', 'max', 'x[j]');
      const total = fold('0.0', 'sum', `k_exp(x[j] - ${most})`);
      return `let most = ${most}; let total = ${total};`;
    },
    result: 'k_exp(x[j] - most) / total',
  }),
  logSoftmax: overAxis({
    name: 'logSoftmax',
    operands: ['x'],
    body: (fold) => {
      const most = fold('-k_inf()', 'max', 'x[j]');
      const total = fold('0.0', 'sum', `k_exp(x[j] - ${most})`);
      return `let most = ${most}; let scale = k_log(${total});`;
    },
    result: 'x[j] - most - scale',
  }),
  softmaxGrad: overAxis({
    name: 'softmaxGrad',
    operands: ['x', 'g'],
    body: (fold) => `let total = ${fold('0.0', 'sum', 'x[j] * g[j]')};`,
    result: 'x[j] * (g[j] - total)',
  }),
  logSoftmaxGrad: overAxis({
    name: 'logSoftmaxGrad',
    operands: ['x', 'g'],
    body: (fold) => `let total = ${fold('0.0', 'sum', 'g[j]')};`,
    result: 'g[j] - k_exp(x[j]) * total',
  }),
  normalizeRows: overRows({
    name: 'normalizeRows',
    operands: ['x'],
    params: ['epsilon'],
    body: (fold) => {
      const mean = `${fold('0.0', 'sum', 'x[j]')} / f32(p.n)`;
      const squares = fold('0.0', 'sum', `(x[j] - ${mean}) * (x[j] - ${mean})`);
      return `let mean = ${mean}; let factor = 1.0 / sqrt(${squares} / f32(p.n) + p.epsilon);`;
    },
    result: '(x[j] - mean) * factor',
  }),
  normalizeRowsGrad: overRows({
    name: 'normalizeRowsGrad',
    operands: ['x', 'g'],
    params: ['epsilon'],
    body: (fold) => {
      const mean = `(${fold('0.0', 'sum', 'x[j]')} / f32(p.n))`;
      const squares = fold('0.0', 'sum', `(x[j] - ${mean}) * (x[j] - ${mean})`);
      const factor = `(1.0 / sqrt(${squares} / f32(p.n) + p.epsilon))`;
      const total = fold('0.0', 'sum', 'g[j]');
      const products = fold('0.0', 'sum', `g[j] * (x[j] - ${mean}) * ${factor}`);
      return `let mean = ${mean}; let factor = ${factor}; let total = ${total} / f32(p.n); let along = ${products} / f32(p.n);`;
    },
    result: 'factor * (g[j] - total - (x[j] - mean) * factor * along)',
  }),
});
/** Softmax and normalisation: what is computed on every lane of an axis. */
export const ROWS: KernelTable = /* @__PURE__ */ makeRows();
