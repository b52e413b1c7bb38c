import type { CodeSpec } from '../code';
import { functionsFor } from '../elementwise/functions';
import { elementType, type GPUKernel } from '../kernel';
import { walkFields, walkFunction, walkParams } from '../walk';
import { splitAxes } from './reduce';

const TEAM = 64;
/** From so many elements on a workgroup searches together. */
const LONG = 512;
/** Elements that one workgroup searches. */
const STRETCH = 16384;

/** The kernel of `argMax` and `argMin`: the first of the best, a NaN being better than everything. */
export function argKernel(isBetter: '<' | '>'): GPUKernel<{ readonly axis: number }> {
  return ([x], out, { axis }, context) => {
    const split = splitAxes(x!, [axis]);
    const together = split.length >= LONG;
    const parts = Math.max(1, Math.ceil(split.length / STRETCH));
    const target = parts === 1 ? out : context.scratch('int32', [parts, split.outer]);
    const type = elementType(x!.dtype) as 'f32' | 'i32';
    const rank = split.kept.shape.length;
    const params = {
      first: context.first(x!),
      outer: split.outer,
      results: parts * split.outer,
      length: split.length,
      step: x!.strides[axis]!,
      ...walkParams('kept', split.kept),
    };
    const code = context.code(`arg ${isBetter} ${type} ${rank} ${together}`, () =>
      argSpec(isBetter, type, rank, together),
    );
    const groups = together ? parts * split.outer : Math.ceil(split.outer / TEAM);
    context.dispatch(code, { reads: [x!], writes: [target], params, groups });
    if (parts === 1) return true;
    const last = context.code(`arg ${isBetter} ${type} ${rank}, of parts`, () => lastSpec(isBetter, type, rank));
    context.dispatch(last, {
      reads: [x!, target],
      writes: [out],
      params: { ...params, parts },
      groups: Math.ceil(split.outer / TEAM),
    });
    return true;
  };
}

/** Whether a value at a place wins over another: the better one, then the earlier one. */
function winsFunction(isBetter: '<' | '>', type: 'f32' | 'i32'): string {
  const nan = (x: string): string => (type === 'f32' ? `k_is_nan(${x})` : 'false');
  const wins = `fn wins(a: ${type}, at: u32, b: ${type}, than: u32) -> bool {
  if (${nan('a')} != ${nan('b')}) { return ${nan('a')}; }
  if (!${nan('a')} && a != b) { return a ${isBetter} b; }
  return at < than;
}`;
  return `${functionsFor(wins)}\n${wins}`;
}

function fieldsOf(rank: number) {
  return {
    first: 'i32',
    outer: 'u32',
    results: 'u32',
    length: 'u32',
    step: 'i32',
    ...walkFields('kept', rank),
  } as const;
}

/** The best of those that parts have found. */
function lastSpec(isBetter: '<' | '>', type: 'f32' | 'i32', rank: number): CodeSpec {
  return {
    reads: { x: type, found: 'i32' },
    writes: { y: 'i32' },
    params: { ...fieldsOf(rank), parts: 'u32' },
    workgroup: TEAM,
    declarations: `${winsFunction(isBetter, type)}\n${walkFunction('kept', rank)}`,
    main: `if (id >= p.outer) { return; }
let base = p.first + kept(id);
var at = u32(found[id]);
var best = x[base + i32(at) * p.step];
for (var part = 1u; part < p.parts; part++) {
  let i = u32(found[part * p.outer + id]);
  let value = x[base + i32(i) * p.step];
  if (wins(value, i, best, at)) { best = value; at = i; }
}
y[id] = i32(at);`,
  };
}

function argSpec(isBetter: '<' | '>', type: 'f32' | 'i32', rank: number, together: boolean): CodeSpec {
  const main = [
    `let result = ${together ? 'group' : 'id'};`,
    'if (result >= p.results) { return; }',
    'let base = p.first + kept(result % p.outer);',
    `let start = (result / p.outer) * ${STRETCH}u;`,
    `let end = min(start + ${STRETCH}u, p.length);`,
    together ? 'var at = min(start + lane, end - 1u);' : 'var at = start;',
    'var best = x[base + i32(at) * p.step];',
    `for (var i = at + ${together ? TEAM : 1}u; i < end; i += ${together ? TEAM : 1}u) {`,
    'let value = x[base + i32(i) * p.step];',
    'if (wins(value, i, best, at)) { best = value; at = i; }',
    '}',
    ...(together ? searchTeam : ['y[result] = i32(at);']),
  ].join('\n');
  return {
    reads: { x: type },
    writes: { y: 'i32' },
    params: fieldsOf(rank),
    workgroup: TEAM,
    declarations: [
      winsFunction(isBetter, type),
      walkFunction('kept', rank),
      together ? `var<workgroup> values: array<${type}, ${TEAM}>; var<workgroup> places: array<u32, ${TEAM}>;` : '',
    ].join('\n'),
    main,
  };
}

const searchTeam: readonly string[] = [
  'values[lane] = best;',
  'places[lane] = at;',
  'workgroupBarrier();',
  `for (var half = ${TEAM / 2}u; half > 0u; half = half >> 1u) {`,
  'if (lane < half && wins(values[lane + half], places[lane + half], values[lane], places[lane])) {',
  'values[lane] = values[lane + half];',
  'places[lane] = places[lane + half];',
  '}',
  'workgroupBarrier();',
  '}',
  'if (lane == 0u) { y[result] = i32(places[0]); }',
];
