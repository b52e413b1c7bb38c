import type { Program, ProgramNode, ProgramOperand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { isContiguous, sizeOf } from '../../../core/shape';
import type { Stage } from './groups';
import { placeSpans, type Span } from './place';
import type { RecordedWorkspace } from './recorder';

/** Where the temporary blocks and workspaces of a plan lie in its memory, by slot; −1 for slots of other kinds. */
export interface Placement {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/**
 * Places temporaries so that each is whole from the stage that writes it to the last one that reads it. The result of an
 * elementwise operation takes the place of an operand that nobody reads any more. Slots that are `lasting` are whole all
 * the time.
 */
export function placeTemporaries(
  program: Program,
  stages: readonly Stage[],
  workspaces: readonly (readonly RecordedWorkspace[])[],
  slots: number,
  lasting: ReadonlySet<number> = new Set(),
): Placement {
  const { blocks, nodes } = program;
  const spans = new Map<number, Span>();
  const home = new Map<number, number>();
  const reads = readersOf(program, stages);
  stages.forEach((stage, time) => {
    for (const n of stage.nodes) {
      for (const { slot, bytes } of workspaces[n]!) {
        spans.set(slot, lasting.has(slot) ? { bytes, from: 0, to: stages.length } : { bytes, from: time, to: time });
      }
      const { block } = nodes[n]!.out;
      if (blocks[block]!.role.kind !== 'temporary') continue;
      const to = Math.max(time, ...(reads.get(block) ?? []).map((r) => r.time));
      const taken = operandToReplace(program, nodes[n]!, n, reads, stage);
      const at = taken === null ? block : home.get(taken)!;
      home.set(block, at);
      const bytes = blocks[block]!.length * bytesPerElement(blocks[block]!.dtype);
      spans.set(at, { bytes, from: spans.get(at)?.from ?? time, to });
    }
  });
  const keys = [...spans.keys()];
  const { offsets: placed, bytes } = placeSpans(keys.map((k) => spans.get(k)!));
  const bySlot = new Map(keys.map((key, i) => [key, placed[i]!]));
  const offsets = Array.from({ length: slots }, (_, slot) => bySlot.get(home.get(slot) ?? slot) ?? -1);
  return { offsets, bytes };
}

interface Reader {
  readonly node: number;
  readonly time: number;
}

/** Who reads each block, and in which stage. */
function readersOf({ nodes }: Program, stages: readonly Stage[]): Map<number, Reader[]> {
  const readers = new Map<number, Reader[]>();
  stages.forEach((stage, time) => {
    for (const node of stage.nodes) {
      for (const { block } of nodes[node]!.inputs) {
        const known = readers.get(block);
        if (known === undefined) readers.set(block, [{ node, time }]);
        else known.push({ node, time });
      }
    }
  });
  return readers;
}

/** The temporary operand whose memory the result of node `n` may take, or null. */
function operandToReplace(
  { blocks }: Program,
  node: ProgramNode,
  n: number,
  readers: ReadonlyMap<number, readonly Reader[]>,
  stage: Stage,
): number | null {
  if (node.op.elementwise === undefined) return null;
  const { out } = node;
  for (const x of node.inputs) {
    const fits = blocks[x.block]!.role.kind === 'temporary' && isSameLayout(x, out);
    const last = (readers.get(x.block) ?? []).every((r) => r.node <= n);
    // A node of the same stage that reads it may still be at work on other rows, unless it was written in this stage too.
    const alone = (readers.get(x.block) ?? []).every((r) => r.node === n || !stage.nodes.includes(r.node));
    const once = node.inputs.filter((y) => y.block === x.block).every((y) => isSameLayout(y, out));
    if (fits && last && once && alone && blocks[x.block]!.length === sizeOf(out.shape)) return x.block;
  }
  return null;
}

function isSameLayout(x: ProgramOperand, out: ProgramOperand): boolean {
  return (
    x.offset === 0 &&
    bytesPerElement(x.dtype) === bytesPerElement(out.dtype) &&
    sizeOf(x.shape) === sizeOf(out.shape) &&
    isContiguous(x.shape, x.strides)
  );
}
