import { scope } from '../core/scope';
import { Tensor } from '../core/tensor';
import type { Optimizer, OptimizerState } from '../optim/index';
import { checkedSchedule } from '../optim/learning-rate';
import { type Schedule, schedulesIn } from '../optim/schedule-table';
import type { Params } from './layer';
import type { Variables } from './variables';

/** What a step needs for learning rates that are functions of the step, where the host can't be asked in the middle of it. */
export interface Rates {
  readonly schedules: readonly Schedule[];
  /** For each schedule, its rates for the steps from 0 on. */
  readonly tables: readonly Tensor[];
}

export const NO_RATES: Rates = { schedules: [], tables: [] };

/** Tables are this long at least; when they are full they double, so plans for them are few. */
const SHORTEST = 1024;

/** Tables of schedules on devices whose memory the host can't read; nothing elsewhere. */
export class RateTables {
  #rates: Rates | null = null;
  #values: readonly Float32Array[] = [];
  /** No piece of the optimiser has counted more steps; some count fewer. */
  #steps = 0;

  constructor(
    readonly optimizer: Optimizer,
    readonly variables: Variables,
  ) {}

  /** Looks up how far a state has counted. */
  async begin(state: OptimizerState): Promise<void> {
    const counts = await Promise.all(stepsIn(state).map(async (x) => (x instanceof Tensor ? (await x.data())[0]! : x)));
    this.#steps = Math.max(0, ...counts);
  }

  /** The tables for the next step. */
  next({ backend, block }: Tensor, params: () => readonly Params[]): Rates {
    if (backend.host(block) !== null) return NO_RATES;
    const step = this.#steps++;
    if (this.#rates === null) {
      const schedules = scope(() => schedulesIn(() => this.optimizer.init(params())));
      this.#rates = { schedules, tables: [] };
    }
    const { schedules } = this.#rates;
    if (schedules.length > 0 && step >= (this.#values[0]?.length ?? 0)) {
      let length = SHORTEST;
      while (length <= step) length *= 2;
      this.dispose();
      this.#values = schedules.map((schedule) => tabulated(schedule, length));
      const tables = this.variables.keep(() =>
        this.#values.map((values) => Tensor.from(backend, values, 'float32', [length])),
      );
      this.#rates = { schedules, tables };
    }
    // The same error as where the host is asked.
    schedules.forEach((schedule, i) => {
      if (Number.isNaN(this.#values[i]![step])) checkedSchedule(schedule)(step);
    });
    return this.#rates;
  }

  dispose(): void {
    for (const table of this.#rates?.tables ?? []) table.dispose();
    this.#rates = null;
    this.#values = [];
  }
}

/** NaN where the schedule fails, as steps that far may never come. */
function tabulated(schedule: Schedule, length: number): Float32Array {
  return Float32Array.from({ length }, (_, step) => {
    try {
      return checkedSchedule(schedule)(step);
    } catch {
      return Number.NaN;
    }
  });
}

/** Everything that counts steps in a state. */
function stepsIn(state: unknown): (Tensor | number)[] {
  if (typeof state !== 'object' || state === null || state instanceof Tensor) return [];
  return Object.entries(state).flatMap(([key, value]) =>
    key === 'step' && (value instanceof Tensor || typeof value === 'number') ? [value] : stepsIn(value),
  );
}
