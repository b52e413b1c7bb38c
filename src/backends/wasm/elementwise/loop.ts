import type { DType } from '../../../core/dtype';
import { type Arg, type FunctionBuilder, i32, type Local, type ModuleBuilder } from '../assembler/index';
import { elementShift } from '../kernel';
import { emitTask } from '../task';
import { Emitter } from './emitter';
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
  /** Whether there is fused multiply-add. */
  readonly fused: boolean;
  readonly body: (e: Emitter, inputs: readonly Value[], scalars: readonly Local<'f64'>[]) => Value;
}

/** Most inputs of one kernel, and most loops around the inner one. */
export const MAX_INPUTS = 12;
export const MAX_OUTER = 6;

/** A loop around the inner one, in locals. */
interface OuterLoop {
  readonly length: Local<'i32'>;
  /** Per input, what its pointer advances by from one round to the next, in bytes. */
  readonly strides: readonly Local<'i32'>[];
}

interface LoopState {
  readonly spec: LoopSpec;
  readonly f: FunctionBuilder;
  readonly e: Emitter;
  readonly out: Local<'i32'>;
  /** Length of the inner loop. */
  readonly n: Local<'i32'>;
  readonly pointers: readonly Local<'i32'>[];
  /** For strided inputs: the step, twice it, and thrice it. */
  readonly steps: readonly (readonly Local<'i32'>[])[];
  readonly scalars: readonly Local<'f64'>[];
}

const inputWord = (k: number): string => `input${k}`;
const stepWord = (k: number): string => `step${k}`;
const lengthWord = (level: number): string => `length${level}`;
const strideWord = (level: number, k: number): string => `stride${level}-${k}`;

/**
 * The 32-bit parameters of the code: addresses of the result and the inputs; per strided input its step along the inner
 * loop, in bytes; then, if there are outer loops, the length of the inner one, and per outer loop, innermost first, its
 * length and per input the bytes from one round to the next.
 */
export function loopWords({ inputs, outerRank }: Pick<LoopSpec, 'inputs' | 'outerRank'>): string[] {
  const words = ['out', ...inputs.map((_, k) => inputWord(k))];
  inputs.forEach(({ mode }, k) => {
    if (mode === 'strided') words.push(stepWord(k));
  });
  if (outerRank > 0) words.push('n');
  for (let level = 0; level < outerRank; level++) {
    words.push(lengthWord(level), ...inputs.map((_, k) => strideWord(level, k)));
  }
  return words;
}

/**
 * Builds the task's code. Its units are elements where there is no outer loop; otherwise rows: runs of the inner loop,
 * numbered row-major over the outer ones.
 */
export function buildLoop(m: ModuleBuilder, spec: LoopSpec): void {
  emitTask(m, { words: loopWords(spec), scalars: spec.scalars }, (f, words, { begin, end, scalars }) => {
    f.keepConstants();
    const e = new Emitter(f, spec.fused);
    const steps = spec.inputs.map(({ mode }, k) => {
      if (mode !== 'strided') return [];
      const one = words[stepWord(k)]!;
      const two = f.local('i32', i32.shl(one, 1));
      return [one, two, f.local('i32', i32.add(two, one))];
    });
    const pointers = spec.inputs.map((_, k) => words[inputWord(k)]!);
    const units = f.local('i32', i32.sub(end, begin));
    const state = { spec, f, e, out: words.out!, n: words.n ?? units, pointers, steps, scalars };
    if (spec.outerRank === 0) {
      f.increment(state.out, i32.shl(begin, elementShift(spec.output)));
      pointers.forEach((p, k) => f.increment(p, travelled(state, k, begin)));
      emitRow(state);
    } else {
      const loops = Array.from({ length: spec.outerRank }, (_, level) => ({
        length: words[lengthWord(level)]!,
        strides: spec.inputs.map((__, k) => words[strideWord(level, k)]!),
      }));
      emitRows(state, loops, begin, units);
    }
  });
}

/** How far input `k` moves along `count` elements of the inner loop, in bytes. */
function travelled(s: LoopState, k: number, count: Local<'i32'>): Arg<'i32'> {
  const { mode, dtype } = s.spec.inputs[k]!;
  if (mode === 'splat') return 0;
  return mode === 'unit' ? i32.shl(count, elementShift(dtype)) : i32.mul(s.steps[k]![0]!, count);
}

/** `rows` rows from row `first` on, in row-major order of the outer loops. */
function emitRows(s: LoopState, loops: readonly OuterLoop[], first: Local<'i32'>, rows: Local<'i32'>): void {
  const { f, pointers } = s;
  const last = loops.length - 1;
  f.increment(s.out, i32.shl(i32.mul(first, s.n), elementShift(s.spec.output)));
  // Rounds left in each loop but the outermost, which ends with the rows.
  const left = loops.slice(0, last).map(({ length }) => f.local('i32', length));
  f.if(first, () => {
    loops.forEach(({ length, strides }, level) => {
      const at = level === last ? first : f.local('i32', i32.remU(first, length));
      pointers.forEach((p, k) => f.increment(p, i32.mul(at, strides[k]!)));
      if (level === last) return;
      f.set(left[level]!, i32.sub(length, at));
      f.set(first, i32.divU(first, length));
    });
  });
  // After a round, pointers are where it ended: what is left to the start of the next.
  const gaps = loops.map(({ strides }, level) =>
    strides.map((stride, k) => {
      const { length, strides: inner } = loops[level - 1] ?? { length: s.n, strides: [] };
      const gone = level === 0 ? travelled(s, k, s.n) : i32.mul(length, inner[k]!);
      return f.local('i32', i32.sub(stride, gone));
    }),
  );
  const next = (level: number): void => {
    pointers.forEach((p, k) => f.increment(p, gaps[level]![k]!));
    if (level === last) return;
    f.set(left[level]!, i32.sub(left[level]!, 1));
    f.if(i32.eqz(left[level]!), () => {
      f.set(left[level]!, loops[level]!.length);
      next(level + 1);
    });
  };
  f.loop((again) => {
    emitRow(s);
    next(0);
    f.set(rows, i32.sub(rows, 1));
    f.brIf(again, rows);
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
    if (spec.outerRank > 0) s.pointers.forEach((p, k) => f.increment(p, travelled(s, k, left)));
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
