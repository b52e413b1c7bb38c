import type { Operand } from '../../../core/backend';
import { repeatedProduct } from '../gemm/product';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import type { TaskContext } from '../task';
import { emitBack, emitFinish, emitRows, emitStep } from './emit';
import { type CellKind, UNITS } from './units';

interface RecurrenceAttrs {
  readonly cell: CellKind;
  readonly bias: boolean;
  readonly initial: boolean;
  readonly masked: boolean;
  readonly backwards: boolean;
  readonly carry: boolean;
}

const BYTES = 4;

/** An operand whose elements along its last axis are neighbours: address of the first one, and strides in bytes. */
function placed(x: Operand, context: TaskContext, bytes = BYTES) {
  const last = x.strides.length - 1;
  const own = x.strides[last] === 1 || x.shape[last] === 1 ? x : contiguous(x, context);
  return { address: addressOf(own), strides: own.strides.map((s) => s * bytes) };
}

/** Where bytes of the mask lie, sample by sample and step by step; all 0 where there is none. */
function maskOf(mask: Operand | undefined) {
  if (mask === undefined) return { address: 0, row: 0, step: 0 };
  const [row, step] = mask.strides as [number, number];
  return { address: addressOf(mask), row, step };
}

/** What was kept of all steps: `[batch, 1 + time, slots · units]`, in bytes. */
function keptOf(record: Operand, units: number) {
  const [, blocks, width] = record.shape as [number, number, number];
  const block = width * BYTES;
  return {
    at: (k: number) => addressOf(record) + k * block,
    sample: blocks * block,
    h: (width - units) * BYTES,
    width,
  };
}

/** All steps, each after the other: the product of the state with the recurrent kernel, then all units of the cell. */
export function recurrence(
  inputs: readonly Operand[],
  out: Operand,
  attrs: RecurrenceAttrs,
  context: TaskContext,
): boolean {
  if (out.dtype !== 'float32') return false;
  const { cell, bias, masked, initial, backwards } = attrs;
  const unit = UNITS[cell];
  const [z, kernel, ...rest] = inputs as [Operand, Operand, ...Operand[]];
  const [batch, time, columns] = z.shape as [number, number, number];
  const units = kernel.shape[0]!;
  const x = placed(z, context);
  const biasAt = bias ? placed(rest[0]!, context).address : 0;
  const mask = maskOf(masked ? rest.at(-1) : undefined);
  const kept = keptOf(out, units);
  const states = initial ? rest.slice(bias ? 1 : 0, (bias ? 1 : 0) + unit.states) : [];
  launchRows(
    { address: kept.at(0), row: kept.sample, bytes: kept.width * BYTES, rows: batch },
    // h is given first and kept last.
    states.map((s, i) => ({ ...placed(s, context), place: kept.h - i * units * BYTES })),
    units * BYTES,
    context,
  );
  const product = context.workspace(batch * columns * BYTES + 64);
  const multiply = repeatedProduct(
    {
      ...{ kind: 'f32', m: batch, n: columns, k: units },
      a: { address: 0, row: kept.sample, column: BYTES },
      b: { address: addressOf(kernel), row: kernel.strides[0]! * BYTES, column: kernel.strides[1]! * BYTES },
      c: { address: product, row: columns * BYTES },
    },
    context,
  );
  for (let k = 0; k < time; k++) {
    const t = backwards ? time - 1 - k : k;
    const hasProduct = k > 0 || initial;
    if (hasProduct) multiply(kept.at(k) + kept.h, { address: product, row: columns * BYTES });
    const variant = { masked, product: hasProduct, bias, fused: context.features.relaxedSimd };
    const code = context.code(`${cell}-step-${masked}-${hasProduct}-${bias}`, (m) => emitStep(m, unit, variant));
    const words = [
      ...[x.address + t * x.strides[1]!, x.strides[0]!, product, biasAt],
      ...[kept.at(k), kept.at(k + 1), kept.sample, mask.address + t * mask.step, mask.row, units],
    ];
    context.launch(code, words, { units: batch, cost: batch * units * unit.cost.step });
  }
  return true;
}

/** All steps back: the units of the cell, then the product of their cotangents with the transposed recurrent kernel. */
export function recurrenceGrad(
  inputs: readonly Operand[],
  out: Operand,
  attrs: RecurrenceAttrs,
  context: TaskContext,
): boolean {
  if (out.dtype !== 'float32') return false;
  const { cell, masked, initial, backwards, carry } = attrs;
  const unit = UNITS[cell];
  const [record, kernel, cotangent, given] = inputs as [Operand, Operand, Operand, Operand | undefined];
  const [batch, time] = cotangent.shape as [number, number, number];
  const units = kernel.shape[0]!;
  const kept = keptOf(contiguous(record, context), units);
  const g = placed(cotangent, context);
  const mask = maskOf(given);
  const [block, sample] = [unit.cotangents * units * BYTES, out.shape[1]! * unit.cotangents * units * BYTES];
  const [own, direct] = [1, unit.states].map((n) => context.workspace(batch * n * units * BYTES + 64)) as [
    number,
    number,
  ];
  for (const [address, n] of [
    [own, 1],
    [direct, unit.states],
  ] as const)
    launchRows({ address, row: n * units * BYTES, bytes: n * units * BYTES, rows: batch }, [], 0, context);
  const product = { address: own, row: units * BYTES };
  const multiply = repeatedProduct(
    {
      ...{ kind: 'f32', m: batch, n: units, k: unit.gates * units },
      a: { address: 0, row: sample, column: BYTES },
      b: { address: addressOf(kernel), row: kernel.strides[1]! * BYTES, column: kernel.strides[0]! * BYTES },
      c: product,
    },
    context,
  );
  const variant = { masked, carry, fused: context.features.relaxedSimd };
  const code = context.code(`${cell}-back-${masked}-${carry}`, (m) => emitBack(m, unit, variant));
  for (let k = time - 1; k >= 0; k--) {
    const t = backwards ? time - 1 - k : k;
    const to = addressOf(out) + t * block;
    const words = [
      ...[kept.at(k), kept.at(k + 1), kept.sample, g.address + k * g.strides[1]!, g.strides[0]!, to, sample],
      ...[own, direct, mask.address + t * mask.step, mask.row, units],
    ];
    context.launch(code, words, { units: batch, cost: batch * units * unit.cost.back });
    if (k > 0 || initial) multiply(to, product);
  }
  if (initial) {
    const finish = context.code(`${cell}-finish`, (m) => emitFinish(m, unit));
    const words = [addressOf(out) + time * block, sample, own, direct, units];
    context.launch(finish, words, { units: batch, cost: batch * units });
  }
  return true;
}

/** Clears rows, and copies rows of other operands into places of theirs. */
function launchRows(
  to: { readonly address: number; readonly row: number; readonly bytes: number; readonly rows: number },
  sources: readonly { readonly address: number; readonly strides: readonly number[]; readonly place: number }[],
  part: number,
  context: TaskContext,
): void {
  const code = context.code(`recurrence-rows-${sources.length}`, (m) => emitRows(m, sources.length));
  const words = [to.address, to.row, to.bytes, part];
  for (const { address, strides, place } of sources) words.push(address, strides[0]!, place);
  context.launch(code, words, { units: to.rows, cost: (to.rows * to.bytes) / 16 });
}
