import type { ProgramBlock } from '../../../core/backend';
import type { NodeWork } from './groups';
import type { RecordedTask } from './recorder';
import { slotOf } from './slots';

/** What is done once, when a plan is made. */
export interface Prepared {
  readonly works: readonly NodeWork[];
  readonly tasks: readonly RecordedTask[];
  /** The workspaces that hold the results. */
  readonly slots: ReadonlySet<number>;
}

/** Takes tasks that only bring constants into another form out of the work of every call. */
export function takePrepared(works: readonly NodeWork[], blocks: readonly ProgramBlock[]): Prepared {
  const tasks: RecordedTask[] = [];
  const slots = new Set<number>();
  const isFixed = (slot: number): boolean => {
    const kind = blocks[slot]?.role.kind;
    return kind === undefined || kind === 'constant' || kind === 'captured';
  };
  const left = works.map((work): NodeWork => {
    if (work.kind !== 'tasks') return work;
    const { recording } = work;
    const remaining = recording.tasks.filter((task) => {
      const own = task.words.map(slotOf).filter((slot) => slot >= 0);
      if (task.work.prepares !== true || task.code.mainOnly || !own.every(isFixed)) return true;
      tasks.push(task);
      for (const slot of own) if (slot >= blocks.length) slots.add(slot);
      return false;
    });
    return { ...work, recording: { ...recording, tasks: remaining } };
  });
  return { works: left, tasks, slots };
}
