/**
 * One contender in a comparison. `run` does the work once, all of it: what only notes work down has to be made to compute.
 * So that no engine can leave the work out, the last result of every round is read, after the clock has stopped: what is
 * compared is the work, not copies of its results.
 */
export interface Contender {
  readonly name: string;
  run(): unknown;
  /** A number out of the result, after reading all of it; by default the result is that number. */
  read?(result: unknown): number;
  free?(result: unknown): void;
}

export interface MeasureOptions {
  /** How often each contender is timed, by default 25. */
  readonly rounds?: number;
  /** Untimed calls before the first round, by default enough to fill `warmUpMs`. */
  readonly warmUpCalls?: number;
  /** Time spent warming up each contender, by default 250. */
  readonly warmUpMs?: number;
  /** A round repeats the work until it has taken this long, by default 10: short work is timed in bulk. */
  readonly roundMs?: number;
}

/** Times of one contender, in milliseconds per call. */
export interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly fastestMs: number;
  readonly rounds: number;
  /** The most memory that its process held, where it has one of its own. */
  readonly peakMiB?: number;
}

/**
 * Times contenders in turn: one round of the first, one of the second, …, then back again, so that a machine that slows
 * down slows all of them, and none always follows the same one. Warming up comes first and does not count.
 *
 * No round is left out, however disturbed it was: leaving out would need a rule that is fair to contenders whose rounds
 * differ in length. The median of many short rounds, and the best beside it, do without.
 */
export async function measure(contenders: readonly Contender[], options: MeasureOptions = {}): Promise<Timing[]> {
  const { rounds = 25, warmUpMs = 250, roundMs = 10 } = options;
  const repeats: number[] = [];
  for (const contender of contenders) {
    const began = performance.now();
    let calls = 0;
    let quickest = Number.POSITIVE_INFINITY;
    const enough = (): boolean =>
      options.warmUpCalls === undefined
        ? performance.now() - began >= warmUpMs && calls >= 2
        : calls >= options.warmUpCalls;
    while (!enough()) {
      quickest = Math.min(quickest, await timeOnce(contender, 1));
      calls++;
    }
    repeats.push(Math.max(1, Math.floor(roundMs / Math.max(quickest, 0.001))));
  }
  const times = contenders.map(() => [] as number[]);
  const there = [...contenders.entries()];
  const back = [...there].reverse();
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of round % 2 === 0 ? there : back) {
      times[i]!.push(await timeOnce(contender, repeats[i]!));
    }
  }
  return contenders.map(({ name }, i) => timingOf(name, times[i]!));
}

/** The timing of a contender from its rounds. */
export function timingOf(name: string, times: readonly number[]): Timing {
  return { name, medianMs: median(times), fastestMs: Math.min(...times), rounds: times.length };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

async function timeOnce(contender: Contender, repeats: number): Promise<number> {
  const start = performance.now();
  let result: unknown;
  for (let i = 0; i < repeats; i++) {
    if (i > 0) contender.free?.(result);
    result = contender.run();
    if (result instanceof Promise) result = await result;
  }
  const time = (performance.now() - start) / repeats;
  const value = contender.read === undefined ? Number(result) : contender.read(result);
  contender.free?.(result);
  if (!Number.isFinite(value)) throw new Error(`bench: ${contender.name} read a value that is not finite.`);
  return time;
}

/** Fails unless two contenders computed the same, so that no benchmark compares different work. */
export function expectAgreement(what: string, a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-3): void {
  if (a.length !== b.length) throw new Error(`bench: ${what}: ${a.length} values against ${b.length}.`);
  let scale = 1;
  let error = 0;
  for (let i = 0; i < a.length; i++) {
    scale = Math.max(scale, Math.abs(b[i]!));
    error = Math.max(error, Math.abs(a[i]! - b[i]!));
  }
  if (!(error <= tolerance * scale))
    throw new Error(`bench: ${what}: the results differ by ${error} (largest value ${scale}).`);
}

/** Numbers in [−1, 1) from a fixed sequence. */
export function noise(n: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
