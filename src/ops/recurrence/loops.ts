import type { TypedArray } from '../../core/dtype';
import { toContiguous, type View } from '../../core/view';
import { CELLS, type UnitRule, type UnitState } from './cells';
import type { GradientOperands, RecurrenceAttrs, Roles } from './roles';

/** Sizes of a recurrence. */
interface Sizes {
  readonly batch: number;
  readonly time: number;
  readonly units: number;
}

/** A block of a record: what one sample keeps of one step, slot by slot. */
interface Kept {
  readonly data: TypedArray;
  readonly at: number;
}

/** The step in the order of time that is number k in that of processing. */
export const timeOf = (k: number, time: number, backwards: boolean): number => (backwards ? time - 1 - k : k);

function stateIn({ data, at }: Kept, { slots, states }: UnitRule, units: number, j: number): UnitState {
  const h = data[at + (slots - 1) * units + j]!;
  return { h, c: states === 2 ? data[at + (slots - 2) * units + j]! : 0 };
}

/** Fills a record, sample by sample and step by step: block 0 is the state before the first step. */
export function recordReference(operands: Roles<View>, out: View, attrs: RecurrenceAttrs): void {
  const rule = CELLS[attrs.cell];
  const [batch, time] = operands.z.shape as [number, number, number];
  const units = operands.kernel.shape[0]!;
  const width = rule.slots * units;
  const data = out.data.subarray(out.offset) as TypedArray;
  const initial = operands.initial.map((x) => toContiguous(x, false));
  const step = stepper(operands, rule, { batch, time, units }, attrs);
  for (let b = 0; b < batch; b++) {
    const first = b * (time + 1) * width;
    data.fill(0, first, first + width);
    // h is given first and kept last.
    initial.forEach((x, i) => {
      data.set(x.subarray(b * units, (b + 1) * units) as never, first + (rule.slots - 1 - i) * units);
    });
    for (let k = 0; k < time; k++)
      step(b, timeOf(k, time, attrs.backwards), { data, at: first + k * width }, { data, at: first + (k + 1) * width });
  }
}

/** Computes one step of one sample: from what was kept before it, what is kept of it. */
function stepper(operands: Roles<View>, rule: UnitRule, { time, units }: Sizes, { masked }: RecurrenceAttrs) {
  const [x, kernel] = [toContiguous(operands.z, false), toContiguous(operands.kernel, false)];
  const bias = operands.bias === null ? null : toContiguous(operands.bias, false);
  const counts = masked ? toContiguous(operands.mask!, false) : null;
  const { gates, slots, states } = rule;
  const columns = gates * units;
  const product = new Float64Array(columns);
  const pick = (from: ArrayLike<number>, at: number, j: number): number[] =>
    Array.from({ length: gates }, (_, g) => from[at + g * units + j]!);
  return (b: number, t: number, before: Kept, after: Kept): void => {
    const { data } = after;
    if (counts !== null && counts[b * time + t] === 0) {
      const kept = (slots - states) * units;
      data.fill(0, after.at, after.at + kept);
      data.copyWithin(after.at + kept, before.at + kept, before.at + slots * units);
      return;
    }
    product.fill(0);
    if (bias !== null) product.set(bias);
    for (let i = 0; i < units; i++) {
      const h = data[before.at + (slots - 1) * units + i]!;
      for (let n = 0; n < columns; n++) product[n]! += h * kernel[i * columns + n]!;
    }
    for (let j = 0; j < units; j++) {
      const found = rule.step(
        pick(x, (b * time + t) * columns, j),
        pick(product, 0, j),
        stateIn(before, rule, units, j),
      );
      found.forEach((value, s) => {
        data[after.at + s * units + j] = value;
      });
    }
  };
}

/**
 * The cotangents of all steps, in the order of time, from those of the output and back through all steps; then, where the
 * state before the first one was given, those of h and c.
 */
export function gradientReference(
  { record, kernel, g, mask }: GradientOperands<View>,
  out: View,
  attrs: RecurrenceAttrs,
) {
  const rule = CELLS[attrs.cell];
  const { slots, gates, cotangents, states } = rule;
  const [batch, time, wide] = g.shape as [number, number, number];
  const units = kernel.shape[0]!;
  const [kept, u, cot] = [record, kernel, g].map((x) => toContiguous(x, false)) as [TypedArray, TypedArray, TypedArray];
  const counts = attrs.masked ? toContiguous(mask!, false) : null;
  const data = out.data.subarray(out.offset) as TypedArray;
  const blocks = attrs.initial ? time + 1 : time;
  const [width, columns] = [slots * units, gates * units];
  for (let b = 0; b < batch; b++) {
    const dh = new Float64Array(units);
    const dc = new Float64Array(units);
    for (let k = time - 1; k >= 0; k--) {
      const t = timeOf(k, time, attrs.backwards);
      const at = (b * blocks + t) * cotangents * units;
      const from = (b * time + k) * wide;
      for (let j = 0; j < units; j++) {
        dh[j]! += cot[from + wide - units + j]!;
        if (attrs.carry) dc[j]! += cot[from + j]!;
      }
      data.fill(0, at, at + cotangents * units);
      if (counts !== null && counts[b * time + t] === 0) continue;
      const before = { data: kept, at: (b * (time + 1) + k) * width };
      for (let j = 0; j < units; j++) {
        const own = Array.from({ length: slots }, (_, s) => kept[before.at + width + s * units + j]!);
        const back = rule.back(own, stateIn(before, rule, units, j), dh[j]!, dc[j]!);
        back.d.forEach((value, i) => {
          data[at + i * units + j] = value;
        });
        [dh[j], dc[j]] = [back.dh, back.dc];
      }
      for (let i = 0; i < units; i++) for (let n = 0; n < columns; n++) dh[i]! += u[i * columns + n]! * data[at + n]!;
    }
    if (!attrs.initial) continue;
    const last = (b * blocks + time) * cotangents * units;
    data.fill(0, last, last + cotangents * units);
    data.set(dh, last);
    if (states === 2) data.set(dc, last + units);
  }
}
