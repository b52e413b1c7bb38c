import { expect } from 'vitest';
import { Arena } from '../../../src/backends/wasm/arena';
import { f32, i32, type ModuleBuilder } from '../../../src/backends/wasm/assembler/index';
import { CodeLibrary } from '../../../src/backends/wasm/code-library';
import { emitTask } from '../../../src/backends/wasm/task';
import { Conductor } from '../../../src/backends/wasm/threads/conductor';
import type { CrewOptions } from '../../../src/backends/wasm/threads/crew';
import { STEP_BYTES, TASK } from '../../../src/backends/wasm/threads/layout';
import { HOST_STEP, type StepRecord, writeStep } from '../../../src/backends/wasm/threads/steps';

const open: Conductor[] = [];
/** Ends the threads of everything that `conduct` made. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((c) => c.shutdown()));
}

/** Threads over a memory of their own. */
export function conduct(options: CrewOptions) {
  const arena = new Arena({ shared: options.threads > 1 });
  const library = new CodeLibrary(arena);
  const conductor = new Conductor(arena, library, options);
  open.push(conductor);
  return { arena, library, conductor };
}

/** y[i] = y[i]·0.9 + i, with units done by each worker counted at `count`, 64 bytes apart. */
export const buildMarch = (m: ModuleBuilder): void =>
  emitTask(m, { words: ['y', 'count'] }, (f, { y, count }, { begin, end, worker }) => {
    const i = f.local('i32');
    const own = f.local('i32', i32.add(count, i32.shl(worker, 6)));
    f.do(i32.store(own, i32.add(i32.load(own), i32.sub(end, begin))));
    f.for(i, begin, end, 1, () => {
      const at = f.local('i32', i32.add(y, i32.shl(i, 2)));
      f.do(f32.store(at, f32.add(f32.mul(f32.load(at), 0.9), f32.convertI32S(i))));
    });
  });

/** A program of `steps` steps over `n` units of `y`, each in chunks of some size, the last ones on one thread. */
function march({ arena, library, conductor }: ReturnType<typeof conduct>, n: number, steps: number) {
  const code = library.code('march', buildMarch);
  const y = arena.allocate(4 * n);
  const count = arena.allocate(64 * 64);
  const params = arena.allocate(64);
  const program = arena.allocate((steps + 1) * STEP_BYTES);
  const reset = (): void => {
    arena.f32.fill(1, y / 4, y / 4 + n);
    arena.i32.fill(0, count / 4, count / 4 + 16 * 64);
  };
  reset();
  arena.i32.set([y, count], params / 4);
  for (let s = 0; s < steps; s++) {
    const chunk = [7, 64, n, 1][s % 4]!;
    const record: StepRecord = {
      kind: TASK,
      code: code.index,
      params,
      units: n,
      chunk,
      chunks: Math.ceil(n / chunk),
      chained: 0,
    };
    writeStep(arena.i32, program + s * STEP_BYTES, record);
  }
  writeStep(arena.i32, program + steps * STEP_BYTES, HOST_STEP);
  return {
    reset,
    run: () => conductor.runSteps(program, 0),
    result: () => arena.f32.slice(y / 4, y / 4 + n),
    counts: () => Array.from({ length: 8 }, (_, w) => arena.i32[count / 4 + 16 * w]!),
  };
}

/** Waits, leaving the event loop free in between. */
export async function until(condition: () => boolean): Promise<void> {
  for (const since = performance.now(); !condition(); ) {
    if (performance.now() - since > 20_000) expect.fail('it did not happen within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Expects so many threads to do every chunk of every step once and in order, and to get the same bits. */
export async function expectSameBits(counts: readonly number[]): Promise<void> {
  const results: Float32Array[] = [];
  for (const threads of counts) {
    const crew = conduct({ threads });
    expect(crew.conductor.start()).toBe(threads > 1);
    const work = march(crew, 500, 40);
    const worked = (): number => work.counts().filter((c) => c > 0).length;
    // The others join when they are ready.
    await until(() => {
      // Long enough for a sleeping thread to wake up before it is over.
      for (let round = 0; round < 200; round++) expect(work.run()).toBe(40);
      return threads === 1 || worked() > 1;
    });
    work.reset();
    for (let round = 0; round < 100; round++) expect(work.run()).toBe(40);
    expect(work.counts().reduce((a, b) => a + b)).toBe(100 * 40 * 500);
    results.push(work.result());
  }
  expect(results[0]!.every(Number.isFinite)).toBe(true);
  for (const result of results) expect(result).toEqual(results[0]);
}
