import type { CodeSpec } from '../code';
import { functionsFor } from '../elementwise/functions';
import { elementType, type GPUKernel } from '../kernel';
import { walkFields, walkFunction, walkParams } from '../walk';
import { splitAxes } from './reduce';

const TEAM = 64;
/** From so many elements on a workgroup searches together. */
const LONG = 512;

/** The kernel of `argMax` and `argMin`: the first of the best, a NaN being better than everything. */
export function argKernel(isBetter: '<' | '>'): GPUKernel<{ readonly axis: number }> {
  return ([x], out, { axis }, context) => {
    const split = splitAxes(x!, [axis]);
    const together = split.length >= LONG;
    const type = elementType(x!.dtype) as 'f32' | 'i32';
    const rank = split.kept.shape.length;
    const code = context.code(`arg ${isBetter} ${type} ${rank} ${together}`, () =>
      argSpec(isBetter, type, rank, together),
    );
    context.dispatch(code, {
      reads: [x!],
      writes: [out],
      params: {
        first: context.first(x!),
        results: split.outer,
        length: split.length,
        step: x!.strides[axis]!,
        ...walkParams('kept', split.kept),
      },
      groups: together ? split.outer : Math.ceil(split.outer / TEAM),
    });
    return true;
  };
}

function argSpec(isBetter: '<' | '>', type: 'f32' | 'i32', rank: number, together: boolean): CodeSpec {
  const nan = (x: string): string => (type === 'f32' ? `k_is_nan(${x})` : 'false');
  // The better value, then the earlier place.
  const wins = `fn wins(a: ${type}, at: u32, b: ${type}, than: u32) -> bool {
  if (${nan('a')} != ${nan('b')}) { return ${nan('a')}; }
  if (!${nan('a')} && a != b) { return a ${isBetter} b; }
  return at < than;
}`;
  const main = [
    `let result = ${together ? 'group' : 'id'};`,
    'if (result >= p.results) { return; }',
    'let base = p.first + kept(result);',
    together ? 'var at = min(lane, p.length - 1u);' : 'var at = 0u;',
    'var best = x[base + i32(at) * p.step];',
    `for (var i = at + ${together ? TEAM : 1}u; i < p.length; i += ${together ? TEAM : 1}u) {`,
    'let value = x[base + i32(i) * p.step];',
    'if (wins(value, i, best, at)) { best = value; at = i; }',
    '}',
    ...(together ? searchTeam : ['y[result] = i32(at);']),
  ].join('\n');
  return {
    reads: { x: type },
    writes: { y: 'i32' },
    params: { first: 'i32', results: 'u32', length: 'u32', step: 'i32', ...walkFields('kept', rank) },
    workgroup: TEAM,
    declarations: [
      functionsFor(wins),
      wins,
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
