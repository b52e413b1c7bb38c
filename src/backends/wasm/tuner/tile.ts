import { reordersSteps } from '../features';
import type { ArithmeticName } from '../gemm/elements';
import { arithmeticFor } from '../gemm/module';
import type { Tile } from '../gemm/tile';
import type { TaskContext } from '../task';
import { makeProbe, type Probe } from './probe';

type Features = Pick<TaskContext, 'features'>;

/**
 * Microkernels worth trying, of equals the better in products first: which is fastest depends on the engine's register
 * allocation as much as on the machine.
 */
export const F32_TILES: readonly Tile[] = [
  { rows: 6, columns: 8, access: 'splat' },
  { rows: 6, columns: 8, access: 'splat', unroll: 1 },
  { rows: 6, columns: 8, access: 'shuffle' },
  { rows: 5, columns: 8, access: 'splat' },
  { rows: 2, columns: 16, access: 'splat' },
];

/** Time for measuring at a choice until the measurement is believed, and in all. */
const SLICE_MS = 1;
const MOST_MS = 60;
/** Rounds without a new best rate after which the measurement is believed. */
const CALM_ROUNDS = 10;
/** Of the best rate: what counts as equal. */
const NEARLY = 0.97;
/** An engine that has optimised a kernel runs it this much faster than at first. */
const OPTIMISED = 2;

/** What is known of the candidates for one arithmetic. */
interface Measurement {
  /** Of the candidates compiled so far, the first ones. */
  readonly probes: Probe[];
  /** The rate of each when it ran first, and the best. */
  readonly first: number[];
  readonly best: number[];
  /** Milliseconds that products have earned, and those spent. */
  earned: number;
  spent: number;
  calm: number;
  settled: Tile | null;
}

/** By arithmetic, for the whole process. */
const measured = /* @__PURE__ */ new Map<ArithmeticName, Measurement>();

/**
 * The tile for float32 products that is fastest here, as far as is known. Candidates are measured a little at each call
 * for which there was work enough to pay for it, as engines optimise code in the background after it has run for a while;
 * until all have been, an expectation serves. The tile never changes a result.
 *
 * @param cost - about the nanoseconds that the product at hand takes.
 */
export function tunedTile(context: Features, cost: number): Tile {
  const arithmetic = arithmeticFor('f32', context);
  let found = measured.get(arithmetic);
  if (found === undefined) {
    found = newMeasurement();
    measured.set(arithmetic, found);
  }
  if (found.settled === null) {
    found.earned += cost / 1e6;
    if (found.earned >= found.spent + SLICE_MS) measureFor(found, arithmetic, SLICE_MS);
  }
  return found.settled ?? expectedTile();
}

/** The tile for products too small to measure anything for. */
export function knownTile(context: Features): Tile {
  return measured.get(arithmeticFor('f32', context))?.settled ?? expectedTile();
}

/** The fastest on V8. */
function expectedTile(): Tile {
  return F32_TILES[reordersSteps() ? 1 : 0]!;
}

/**
 * The most that the best microkernel reaches here, with operands in the first-level cache: what products are measured by.
 *
 * @param context - a WASM backend.
 * @param ms - how long to measure.
 */
export function measurePeak(context: Features, ms = 100): { readonly gflops: number; readonly tile: Tile } {
  const arithmetic = arithmeticFor('f32', context);
  const measurement = newMeasurement();
  const began = performance.now();
  while (measurement.probes.length < F32_TILES.length) addProbe(measurement, arithmetic);
  do measureRound(measurement);
  while (measurement.settled === null && performance.now() - began < ms);
  return { gflops: 2 * Math.max(...measurement.best), tile: bestOf(measurement) };
}

function newMeasurement(): Measurement {
  const none = F32_TILES.map(() => 0);
  return { probes: [], first: [...none], best: [...none], earned: 0, spent: 0, calm: 0, settled: null };
}

function addProbe({ probes }: Measurement, arithmetic: ArithmeticName): void {
  probes.push(makeProbe(arithmetic, F32_TILES[probes.length]!));
}

/** Compiles the candidates, and runs them in turn, until time is up or the best rate of none improves any more. */
function measureFor(measurement: Measurement, arithmetic: ArithmeticName, ms: number): void {
  const began = performance.now();
  let elapsed = 0;
  while (elapsed < ms && measurement.settled === null && !isSettled(measurement)) {
    if (measurement.probes.length < F32_TILES.length) addProbe(measurement, arithmetic);
    else measureRound(measurement);
    elapsed = performance.now() - began;
  }
  measurement.spent += elapsed;
  if (measurement.settled !== null) return;
  if (isSettled(measurement)) measurement.settled = bestOf(measurement);
  // An engine that never gets faster may optimise everything at once, or nothing.
  else if (measurement.spent >= MOST_MS && measurement.calm > 0) measurement.settled = bestOf(measurement);
}

/**
 * Runs each candidate once. Where the clock can't tell how long that takes, nothing is ever measured: pages that are not
 * cross-origin isolated have clocks of 0.1 or 1 ms, and those of tests stand still.
 */
function measureRound(measurement: Measurement): void {
  const { probes, first, best } = measurement;
  measurement.calm++;
  probes.forEach((probe, i) => {
    const rate = probe.measure();
    if (rate === null) {
      measurement.settled = expectedTile();
      return;
    }
    if (first[i] === 0) first[i] = rate;
    if (rate > 1.02 * best[i]!) measurement.calm = 0;
    best[i] = Math.max(best[i]!, rate);
  });
}

function isSettled({ best, first, calm }: Measurement): boolean {
  return calm >= CALM_ROUNDS && best.every((rate, i) => rate >= OPTIMISED * first[i]!);
}

function bestOf({ best }: Measurement): Tile {
  const enough = Math.max(...best) * NEARLY;
  return F32_TILES[best.findIndex((rate) => rate >= enough)]!;
}
