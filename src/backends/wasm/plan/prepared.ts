import type { ProgramBlock } from '../../../core/backend';
import type { NodeWork } from './groups';
import { isConstantSlot, type RecordedTask } from './recorder';
import { slotOf } from './slots';

/** What is done once, when a plan is made. */
export interface Prepared {
  readonly works: readonly NodeWork[];
  readonly tasks: readonly RecordedTask[];
  /** The workspaces that hold the results. */
  readonly slots: ReadonlySet<number>;
}

/**
 * Takes tasks that only bring constants into another form out of the work of every call. What is brought into another
 * form in several steps counts where all of them do.
 */
export function takePrepared(works: readonly NodeWork[], blocks: readonly ProgramBlock[]): Prepared {
  const tasks: RecordedTask[] = [];
  const slots = new Set<number>();
  const isConstant = (slot: number): boolean => isConstantSlot(blocks, slot);
  const left = works.map((work): NodeWork => {
    if (work.kind !== 'tasks') return work;
    const { recording } = work;
    /** Workspaces that tasks of every call work with: what is in them may be anew at each. */
    const changing = new Set<number>();
    const remaining = recording.tasks.filter((task) => {
      const own = task.words.map(slotOf).filter((slot) => slot >= 0);
      const isKnown = own.some((slot) => isConstant(slot) || slots.has(slot));
      const isFixed = own.every((slot) => isConstant(slot) || (slot >= blocks.length && !changing.has(slot)));
      if (task.work.prepares === true && isKnown && isFixed) {
        tasks.push(task);
        for (const slot of own) if (slot >= blocks.length) slots.add(slot);
        return false;
      }
      for (const slot of own) changing.add(slot);
      return true;
    });
    return { ...work, recording: { ...recording, tasks: remaining } };
  });
  return { works: left, tasks, slots };
}
