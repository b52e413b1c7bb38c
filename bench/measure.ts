/**
 * One contender in a comparison. `run` does the work once; when asked to read, as it is once in every round, it returns a
 * value out of the whole result read back, else it may return 0. All contenders compute at once, so the work is done
 * either way, and what is compared is the work, not copies of its results.
 */
export interface Contender {
  readonly name: string;
  run(read: boolean): number | Promise<number>;
}

export interface MeasureOptions {
  /** How often each contender is timed, by default 9. */
  readonly rounds?: number;
  /** Untimed calls before the first round, by default enough to fill `warmUpMs`. */
  readonly warmUpCalls?: number;
  /** Time spent warming up each contender, by default 300. */
  readonly warmUpMs?: number;
  /** A round repeats the work until it has taken this long, by default 20: short work is timed in bulk. */
  readonly roundMs?: number;
}

/** Times of one contender, in milliseconds per call. */
export interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly fastestMs: number;
  readonly rounds: number;
}

/** Holds what was read, so that no engine can leave the work out. */
let sink = 0;

/**
 * Times contenders in turn: one round of the first, one of the second, …, then again, so that a machine that slows down
 * slows all of them. Warming up comes first and does not count.
 */
export async function measure(contenders: readonly Contender[], options: MeasureOptions = {}): Promise<Timing[]> {
  const { rounds = 9, warmUpMs = 300, roundMs = 20 } = options;
  const repeats: number[] = [];
  for (const contender of contenders) {
    const began = performance.now();
    let calls = 0;
    let last = 0;
    const enough = (): boolean =>
      options.warmUpCalls === undefined
        ? performance.now() - began >= warmUpMs && calls >= 2
        : calls >= options.warmUpCalls;
    while (!enough()) {
      last = await timeOnce(contender, 1);
      calls++;
    }
    repeats.push(Math.max(1, Math.floor(roundMs / Math.max(last, 0.001))));
  }
  const times = contenders.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) times[i]!.push(await timeOnce(contender, repeats[i]!));
  }
  return contenders.map(({ name }, i) => {
    const sorted = times[i]!.sort((a, b) => a - b);
    return { name, medianMs: sorted[Math.floor(sorted.length / 2)]!, fastestMs: sorted[0]!, rounds: sorted.length };
  });
}

async function timeOnce({ name, run }: Contender, repeats: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) {
    const value = run(i === repeats - 1);
    sink += typeof value === 'number' ? value : await value;
  }
  const time = (performance.now() - start) / repeats;
  if (!Number.isFinite(sink)) throw new Error(`bench: ${name} read a value that is not finite.`);
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

/** Reads a result if asked to, and frees it. */
export function use(result: { dataSync(): ArrayLike<number>; dispose(): void }, read: boolean): number {
  const value = read ? result.dataSync()[0]! : 0;
  result.dispose();
  return value;
}

/** Numbers in [−1, 1) from a fixed sequence. */
export function noise(n: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
