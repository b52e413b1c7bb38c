import type { DType } from '../../../core/dtype';
import { PARAMETERS } from '../arena';
import { type FunctionBuilder, f64, i32, type Local, type ModuleBuilder } from '../assembler/index';
import { elementShift } from '../kernel';
import { Emitter, HOST_FUNCTIONS, type HostFunction } from './emitter';
import { loadSplat, loadStrided, loadUnit, type Mode, storeAll, storeSome, type Value } from './values';

/** What to compute at each position, and how its operands lie. */
export interface LoopSpec {
  readonly inputs: readonly { readonly dtype: DType; readonly mode: Mode }[];
  readonly output: DType;
  /** Number of loops around the inner one. */
  readonly outerRank: number;
  /** Number of run-time scalars. */
  readonly scalars: number;
  /** Steps of four elements per round of the main loop. */
  readonly unroll: number;
  readonly hosts: readonly HostFunction[];
  readonly body: (e: Emitter, inputs: readonly Value[], scalars: readonly Local<'f64'>[]) => Value;
}

/*
 * The parameters of a call, beside its arguments, from PARAMETERS on:
 *   16 × f64  scalars, at 64
 *   k × i32   at 192: step in bytes of input k along the inner loop ('strided' inputs)
 *   at 256, per outer loop, innermost first: its length, and per input the bytes to add after each of its rounds
 */
export const MAX_SCALARS = 16;
export const STEPS_AT = 192;
export const LOOPS_AT = 256;
/** Most inputs of one kernel, and most loops around the inner one. */
export const MAX_INPUTS = 12;
export const MAX_OUTER = 6;

/** Bytes of parameters per outer loop. */
export const loopBytes = (inputs: number): number => 4 * (1 + inputs);

interface LoopState {
  readonly spec: LoopSpec;
  readonly f: FunctionBuilder;
  readonly e: Emitter;
  readonly out: Local<'i32'>;
  readonly n: Local<'i32'>;
  readonly pointers: readonly Local<'i32'>[];
  /** For strided inputs: the step, twice it, and thrice it. */
  readonly steps: readonly (readonly Local<'i32'>[])[];
  readonly scalars: readonly Local<'f64'>[];
}

/** Builds `run(out, n, input₀, input₁, …)`: `n` is the length of the inner loop, the rest are addresses. */
export function buildLoop(m: ModuleBuilder, spec: LoopSpec): void {
  const hosts = new Map(
    spec.hosts.map((name) => [
      name,
      m.import(name, HOST_FUNCTIONS[name].length === 2 ? ['f64', 'f64'] : ['f64'], 'f64'),
    ]),
  );
  m.func('run', ['i32', 'i32', ...spec.inputs.map(() => 'i32' as const)], 'void', (f, out, n, ...pointers) => {
    const e = new Emitter(f, (name) => hosts.get(name)!);
    const scalars = Array.from({ length: spec.scalars }, (_, i) => f.local('f64', f64.load(PARAMETERS, 8 * i)));
    const steps = spec.inputs.map(({ mode }, k) => {
      if (mode !== 'strided') return [];
      const one = f.local('i32', i32.load(STEPS_AT, 4 * k));
      const two = f.local('i32', i32.shl(one, 1));
      return [one, two, f.local('i32', i32.add(two, one))];
    });
    const state: LoopState = { spec, f, e, out, n, pointers, steps, scalars };
    emitOuter(state, spec.outerRank);
  });
}

/** `level` loops around a row. */
function emitOuter(s: LoopState, level: number): void {
  if (level === 0) {
    emitRow(s);
    return;
  }
  const { f } = s;
  const at = LOOPS_AT + (level - 1) * loopBytes(s.pointers.length);
  const left = f.local('i32', i32.load(at));
  f.loop((again) => {
    emitOuter(s, level - 1);
    s.pointers.forEach((p, k) => f.increment(p, i32.load(at, 4 + 4 * k)));
    f.set(left, i32.sub(left, 1));
    f.brIf(again, left);
  });
}

function emitRow(s: LoopState): void {
  const { spec, f, e } = s;
  const held = spec.inputs.map(({ mode, dtype }, k) => (mode === 'splat' ? loadSplat(e, dtype, s.pointers[k]!) : null));
  const left = f.local('i32', s.n);
  const step = (count: number): void => {
    f.while(i32.geU(left, 4 * count), () => {
      for (let u = 0; u < count; u++) storeAll(e, compute(s, held, u), s.out, 4 * u);
      advance(s, 4 * count);
      f.set(left, i32.sub(left, 4 * count));
    });
  };
  if (spec.unroll > 1) step(spec.unroll);
  step(1);
  f.if(left, () => {
    storeSome(e, compute(s, held, 0, left), s.out, left);
    s.pointers.forEach((p, k) => {
      const { mode, dtype } = spec.inputs[k]!;
      if (mode === 'unit') f.increment(p, i32.shl(left, elementShift(dtype)));
      if (mode === 'strided') f.increment(p, i32.mul(left, s.steps[k]![0]!));
    });
  });
}

/** The result for four elements, `round` steps on from the pointers. `limit`: how many of them are really there. */
function compute(s: LoopState, held: readonly (Value | null)[], round: number, limit?: Local<'i32'>): Value {
  const { spec, f, e } = s;
  const inputs = spec.inputs.map(({ mode, dtype }, k) => {
    if (mode === 'splat') return held[k]!;
    const p = s.pointers[k]!;
    if (mode === 'unit') return loadUnit(e, dtype, p, 4 * round);
    const [one, two, three] = s.steps[k] as readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>];
    if (limit === undefined) return loadStrided(e, dtype, p, [0, one, two, three]);
    // Elements that are not there may lie outside the memory: read the first instead.
    const second = f.local('i32', i32.select(i32.gtU(limit, 1), one, 0));
    const third = f.local('i32', i32.select(i32.gtU(limit, 2), two, 0));
    return loadStrided(e, dtype, p, [0, second, third, 0]);
  });
  return spec.body(e, inputs, s.scalars);
}

function advance(s: LoopState, elements: number): void {
  const { spec, f } = s;
  s.pointers.forEach((p, k) => {
    const { mode, dtype } = spec.inputs[k]!;
    if (mode === 'unit') f.increment(p, elements << elementShift(dtype));
    if (mode === 'strided') f.increment(p, i32.mul(s.steps[k]![0]!, elements));
  });
  f.increment(s.out, elements << elementShift(spec.output));
}
