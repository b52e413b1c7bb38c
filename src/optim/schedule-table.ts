import type { Tensor } from '../core/tensor';
import { cast } from '../ops/elementwise';
import { hostScalar } from '../ops/host-scalar';
import { gather } from '../ops/index-ops';
import { reshape } from '../ops/shape-ops';

/*
 * A schedule is a function of the host, which a device whose memory the host can't read has no way to call in the middle
 * of a step. There it is tabulated beforehand: the device looks its own step up, so a compiled step stays one computation,
 * and pieces that count fewer steps than there were (accumulation, skipped steps of loss scaling) still find theirs.
 */

/** A learning rate as a function of the step. */
export type Schedule = (step: number) => number;

/** Schedules that are met while `schedulesIn` runs. */
let met: Set<Schedule> | null = null;
/** The tables at hand while `withTables` runs. */
let tables: ReadonlyMap<Schedule, Tensor> = /* @__PURE__ */ new Map();

/** Tells `schedulesIn` of a schedule. */
export function meetSchedule(schedule: Schedule): void {
  met?.add(schedule);
}

/** The schedules of what `init` makes states for, each once. */
export function schedulesIn(init: () => unknown): readonly Schedule[] {
  const outer = met;
  const own = new Set<Schedule>();
  met = own;
  try {
    init();
  } finally {
    met = outer;
  }
  return [...own];
}

/** Runs `f`, which must not wait, with rates of schedules for the steps from 0 on. */
export function withTables<T>(schedules: readonly Schedule[], rates: readonly Tensor[], f: () => T): T {
  if (rates.length === 0) return f();
  const outer = tables;
  tables = new Map(schedules.map((schedule, i) => [schedule, rates[i]!]));
  try {
    return f();
  } finally {
    tables = outer;
  }
}

/**
 * The rate at a step, a scalar: looked up where there is a table, asked of the host elsewhere.
 *
 * @param checked - the schedule with what it returns checked.
 */
export function rateAt(schedule: Schedule, checked: Schedule, step: Tensor): Tensor {
  const table = tables.get(schedule);
  if (table === undefined) return hostScalar(checked, step);
  return cast(reshape(gather(table, reshape(cast(step, 'int32'), [1]), { axis: 0 }), []), step.dtype);
}
