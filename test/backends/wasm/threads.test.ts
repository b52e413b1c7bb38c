import { afterEach, describe, expect, it, vi } from 'vitest';
import { TASK_PARAMETERS } from '../../../src/backends/wasm/arena';
import { i32 } from '../../../src/backends/wasm/assembler/index';
import { emitTask } from '../../../src/backends/wasm/task';
import { chunksFor } from '../../../src/backends/wasm/threads/chunks';
import type { CrewOptions } from '../../../src/backends/wasm/threads/crew';
import { canStartThreads } from '../../../src/backends/wasm/threads/host';
import { STEP_BYTES, TASK } from '../../../src/backends/wasm/threads/layout';
import { HOST_STEP, writeStep } from '../../../src/backends/wasm/threads/steps';
import { BackendError } from '../../../src/core/errors';
import { buildMarch, closeAll, conduct, expectSameBits, until } from './crew-support';

afterEach(closeAll);

describe('threads', () => {
  it('do every chunk of every step once and in order, with the same bits for any number of them', async () => {
    await expectSameBits([1, 2, 3, 8]);
  });

  it('start only when there is enough work, and again after shutdown', async () => {
    const { arena, library, conductor } = conduct({ threads: 2 });
    const code = library.code('march', buildMarch);
    const y = arena.allocate(4 * 64);
    arena.i32.set([y, arena.allocate(256)], TASK_PARAMETERS / 4);
    conductor.runTask(code, { units: 64, cost: 10 });
    conductor.runTask(code, { units: 64, cost: 1e6 });
    expect(conductor.isStarted).toBe(false);
    conductor.runTask(code, { units: 64, cost: 1e7 });
    expect(conductor.isStarted).toBe(true);
    await conductor.shutdown();
    expect(conductor.isStarted).toBe(false);
    conductor.runTask(code, { units: 64, cost: 1e7 });
    expect(conductor.isStarted).toBe(true);
  });

  it('give memory back at shutdown', async () => {
    const { arena, library, conductor } = conduct({ threads: 3 });
    library.code('march', buildMarch);
    const before = arena.bytesInUse;
    conductor.start();
    expect(arena.bytesInUse).toBeGreaterThan(before);
    await conductor.shutdown();
    expect(arena.bytesInUse).toBe(before);
  });

  it('run chained steps chunk by chunk behind the one they follow', () => {
    for (const threads of [1, 2]) {
      const { arena, library, conductor } = conduct({ threads });
      conductor.start();
      const code = library.code('march', buildMarch);
      const n = 96;
      const [y, z, count, params, program] = [4 * n, 8 * n, 4096, 128, 4 * STEP_BYTES].map((b) => arena.allocate(b));
      arena.f32.fill(0, y! / 4, y! / 4 + n);
      arena.f32.fill(0, z! / 4, z! / 4 + 2 * n);
      arena.i32.set([y!, count!], params! / 4);
      arena.i32.set([z!, count!], params! / 4 + 8);
      const step = { kind: TASK, code: code.index, chunk: 5, chunks: 20 } as const;
      writeStep(arena.i32, program!, { ...step, params: params!, units: n, chained: 1 });
      // Two units of the second task to each of the first.
      writeStep(arena.i32, program! + STEP_BYTES, { ...step, params: params! + 32, units: 2, chained: 0 });
      writeStep(arena.i32, program! + 2 * STEP_BYTES, HOST_STEP);
      expect(conductor.runSteps(program!, 0)).toBe(2);
      const rising = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i);
      expect(arena.f32.slice(y! / 4, y! / 4 + n)).toEqual(rising(n));
      expect(arena.f32.slice(z! / 4, z! / 4 + 2 * n)).toEqual(rising(2 * n));
    }
  });
});

describe('a thread that fails', () => {
  /** A task that only the main thread survives; the others trap, or never end. */
  function trap(options: CrewOptions, how: 'traps' | 'hangs') {
    const crew = conduct(options);
    const { arena, library } = crew;
    const code = library.code(how, (m) =>
      emitTask(m, { words: ['y'] }, (f, { y }, { worker }) => {
        f.if(worker, () => {
          if (how === 'traps') f.drop(i32.divU(1, i32.sub(worker, worker)));
          else f.loop((again) => f.br(again));
        });
        f.drop(i32.atomicAdd(y, 1));
      }),
    );
    const y = arena.allocate(4);
    arena.i32[y / 4] = 0;
    const run = (): void => {
      arena.i32[TASK_PARAMETERS / 4] = y;
      crew.conductor.runTask(code, { units: 64, cost: 1e7 });
    };
    return { ...crew, run };
  }

  it('is an error that says so, and the next operation works', async () => {
    const { conductor, run } = trap({ threads: 2 }, 'traps');
    let error: unknown;
    await until(() => {
      try {
        for (let round = 0; round < 200; round++) run();
      } catch (e) {
        error = e;
      }
      return error !== undefined;
    });
    expect(error).toBeInstanceOf(BackendError);
    expect(String(error)).toMatch(/thread 1 failed: RuntimeError: divide by zero.*result of this operation is lost/);
    expect(conductor.isStarted).toBe(false);
    run();
    expect(conductor.isStarted).toBe(true);
  });

  it('leaves the backend with one thread after it has failed three times', async () => {
    const { conductor, run } = trap({ threads: 2 }, 'traps');
    for (let failures = 0; failures < 3; ) {
      try {
        for (let round = 0; round < 200; round++) run();
        await new Promise((resolve) => setTimeout(resolve, 1));
      } catch {
        failures++;
      }
    }
    run();
    expect(conductor.isStarted).toBe(false);
  });

  it('is given up when it does not answer', async () => {
    const { run } = trap({ threads: 2, patienceMs: 200 }, 'hangs');
    let error: unknown;
    await until(() => {
      try {
        for (let round = 0; round < 200; round++) run();
      } catch (e) {
        error = e;
      }
      return error !== undefined;
    });
    expect(String(error)).toContain('a thread has not answered for 200 ms');
  });
});

describe('dividing work', () => {
  it('leaves little work whole, and otherwise makes chunks of multiples that cover all units', () => {
    expect(chunksFor({ units: 1000, cost: 100 }, 4)).toEqual({ chunk: 1000, chunks: 1 });
    expect(chunksFor({ units: 1000, cost: 1e9 }, 1)).toEqual({ chunk: 1000, chunks: 1 });
    expect(chunksFor({ units: 5, cost: 1e9, multiple: 6 }, 4)).toEqual({ chunk: 5, chunks: 1 });
    for (const units of [7, 100, 1025, 1e9]) {
      for (const multiple of [1, 6, 64]) {
        const { chunk, chunks } = chunksFor({ units, cost: 1e9, multiple }, 3);
        expect(chunks === 1 || chunk % multiple === 0).toBe(true);
        expect(chunk * chunks).toBeGreaterThanOrEqual(units);
        expect(chunk * (chunks - 1)).toBeLessThan(units);
        expect(chunks).toBeLessThanOrEqual(12);
      }
    }
  });

  it('makes more chunks of what takes long: a thread is given up that says nothing for a minute', () => {
    const { chunk, chunks } = chunksFor({ units: 1e6, cost: 600e9 }, 2);
    expect((chunk / 1e6) * 600).toBeLessThan(2.1);
    expect(chunk * chunks).toBeGreaterThanOrEqual(1e6);
    // What is not divisible isn't divided.
    expect(chunksFor({ units: 10, cost: 600e9 }, 2)).toEqual({ chunk: 1, chunks: 10 });
  });
});

describe('whether a host has threads', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    ['a page apart from others', { process: undefined, crossOriginIsolated: true, Worker: class {} }, true],
    [
      'the same where a bundler put a process',
      { process: { env: {} }, crossOriginIsolated: true, Worker: class {} },
      true,
    ],
    ['a page among others', { process: undefined, crossOriginIsolated: false, Worker: class {} }, false],
    ['Node before 20.16', { process: { versions: {} }, crossOriginIsolated: undefined, Worker: undefined }, false],
    ['no shared memory', { SharedArrayBuffer: undefined }, false],
  ])('%s', (_, globals, expected) => {
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
    const answer = canStartThreads();
    vi.unstubAllGlobals();
    expect(answer).toBe(expected);
  });
});
