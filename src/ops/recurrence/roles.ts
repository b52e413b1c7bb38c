import type { CellKind } from './cells';

/** Which of the optional operands there are, how steps are gone through, and what comes out. */
export interface RecurrenceAttrs {
  readonly cell: CellKind;
  /** Whether a bias `[gates · units]` is added to the product of the state with the recurrent kernel. */
  readonly bias: boolean;
  /** Whether the state before the first step is given: h, and c where there is one. */
  readonly initial: boolean;
  /** Whether a mask `[batch, time]` (bool) is given. */
  readonly masked: boolean;
  /** Whether the last step comes first. */
  readonly backwards: boolean;
  /** Whether c comes out, too, before h. */
  readonly carry: boolean;
}

/** The operands of a recurrence by their roles. */
export interface Roles<T> {
  /** Projected inputs `[batch, time, gates · units]`. */
  readonly z: T;
  /** `[units, gates · units]` */
  readonly kernel: T;
  readonly bias: T | null;
  /** h, and c where there is one: `[batch, units]`. */
  readonly initial: readonly T[];
  readonly mask: T | null;
}

/** The operands of its gradient. */
export interface GradientOperands<T> {
  /** What was kept of all steps. */
  readonly record: T;
  readonly kernel: T;
  /** Of the output. */
  readonly g: T;
  readonly mask: T | null;
}

/** Operands in the order in which operations take them. */
export function listRoles<T>({ z, kernel, bias, initial, mask }: Roles<T>): T[] {
  return [z, kernel, ...(bias === null ? [] : [bias]), ...initial, ...(mask === null ? [] : [mask])];
}

/** The roles of operands in that order. */
export function readRoles<T>(list: readonly T[], { bias, masked }: RecurrenceAttrs): Roles<T> {
  const [z, kernel, ...rest] = list as [T, T, ...T[]];
  const from = bias ? 1 : 0;
  const to = rest.length - (masked ? 1 : 0);
  return {
    z,
    kernel,
    bias: bias ? rest[0]! : null,
    initial: rest.slice(from, to),
    mask: masked ? rest[to]! : null,
  };
}
