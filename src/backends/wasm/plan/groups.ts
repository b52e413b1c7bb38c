import type { ProgramNode, ProgramOperand } from '../../../core/backend';
import { isContiguous, sizeOf } from '../../../core/shape';
import { chunksFor, type Division, divide } from '../threads/chunks';
import type { RecordedTask, Recording } from './recorder';

/** What a node of a program became: tasks, or something that only the host can do. */
export type NodeWork = { readonly node: number } & (
  | { readonly kind: 'tasks'; readonly recording: Recording }
  | { readonly kind: 'host'; readonly run: () => void }
  | { readonly kind: 'nothing' }
);

/** A task and those that follow it chunk by chunk; `scale` is in units of theirs per unit of the first. */
export interface Chain {
  readonly tasks: readonly { readonly task: RecordedTask; readonly scale: number }[];
  readonly multiple: number;
}

/** What is done before anything of the next stage begins: chains one after the other, or a host function. */
export interface Stage {
  readonly nodes: readonly number[];
  readonly chains: readonly Chain[];
  readonly host: (() => void) | null;
}

/** Bytes of a chunk's rows that shall still be in the cache when the tasks chained to it come. */
const CACHED_BYTES = 128 * 1024;

/**
 * Stages of a program: one for each node, except that a node of a single task joins the stage before it where it works on
 * the rows that the stage's last task has just written.
 */
export function stagesOf(works: readonly NodeWork[], nodes: readonly ProgramNode[]): Stage[] {
  const stages: { nodes: number[]; chains: Chain[]; host: (() => void) | null }[] = [];
  for (const work of works) {
    if (work.kind === 'nothing') continue;
    if (work.kind === 'host') {
      stages.push({ nodes: [work.node], chains: [], host: work.run });
      continue;
    }
    const { tasks } = work.recording;
    const stage = stages.at(-1);
    const longer = stage && tasks.length === 1 ? extend(stage, tasks[0]!, nodes[work.node]!, nodes) : null;
    if (stage !== undefined && longer !== null) {
      stage.chains[stage.chains.length - 1] = longer;
      stage.nodes.push(work.node);
    } else stages.push({ nodes: [work.node], chains: tasks.map(single), host: null });
  }
  return stages;
}

const single = (task: RecordedTask): Chain => ({ tasks: [{ task, scale: 1 }], multiple: task.work.multiple ?? 1 });

/** The last chain of a stage with `task` behind it, or null where the task must wait for all of it. */
function extend(stage: Stage, task: RecordedTask, node: ProgramNode, nodes: readonly ProgramNode[]): Chain | null {
  const chain = stage.chains.at(-1);
  if (chain === undefined || task.work.leadsOnly === true) return null;
  const first = chain.tasks[0]!.task;
  const { rowLength } = first.work;
  if (rowLength === undefined || task.work.rowLength === undefined) return null;
  const scale = rowLength / task.work.rowLength;
  const size = first.work.units * rowLength;
  if (!Number.isInteger(scale) || task.work.units * task.work.rowLength !== size) return null;
  const written = new Set(stage.nodes.map((n) => nodes[n]!.out.block));
  if (node.inputs.some((x) => written.has(x.block) && !isWhole(x, size))) return null;
  const own = task.work.multiple ?? 1;
  const multiple = leastCommon(chain.multiple, own / greatestCommon(own, scale));
  return { tasks: [...chain.tasks, { task, scale }], multiple };
}

/** Whether an operand is all elements of its block in order, without repetition. */
function isWhole(x: ProgramOperand, size: number): boolean {
  return x.offset === 0 && sizeOf(x.shape) === size && isContiguous(x.shape, x.strides);
}

function greatestCommon(a: number, b: number): number {
  return b === 0 ? a : greatestCommon(b, a % b);
}

function leastCommon(a: number, b: number): number {
  return (a / greatestCommon(a, b)) * b;
}

/** How a chain is divided: for the threads, and for the cache where tasks follow each other. */
export function divisionOf({ tasks, multiple }: Chain, threads: number): Division {
  const { units, rowLength = 0 } = tasks[0]!.task.work;
  const cost = tasks.reduce((sum, { task }) => sum + task.work.cost, 0);
  const forThreads = chunksFor({ units, cost, multiple }, threads);
  if (tasks.length === 1) return forThreads;
  const fitting = Math.max(multiple, multiple * Math.floor(CACHED_BYTES / (4 * rowLength * multiple)));
  const wanted = Math.ceil(units / fitting);
  return wanted > forThreads.chunks ? divide(units, multiple, wanted) : forThreads;
}

/** About the nanoseconds that stages take on one thread. */
export function costOf(stages: readonly Stage[]): number {
  let cost = 0;
  for (const { chains } of stages) for (const { tasks } of chains) for (const { task } of tasks) cost += task.work.cost;
  return cost;
}
