import { type Expression, visitOnce } from '../../../core/expression';
import type { LoopSpec } from './loop';
import { LOWERINGS } from './lower';

/** Nanoseconds to load or store an element, by how it lies: a neighbour takes 0.03 in the caches, 0.13 from memory. */
const ACCESS = { unit: 0.08, splat: 0, strided: 0.6 } as const;
/** Nanoseconds per element of an op that is one instruction or a few, most of which memory hides. */
const PLAIN = 0.02;

/** About the nanoseconds that one element of an expression takes. */
export function costOf(expression: Expression, inputs: LoopSpec['inputs']): number {
  let cost: number = ACCESS.unit;
  for (const { mode } of inputs) cost += ACCESS[mode];
  visitOnce(expression, (x) => {
    if (x.kind === 'apply') cost += LOWERINGS.get(x.op)?.cost ?? PLAIN;
  });
  return cost;
}
