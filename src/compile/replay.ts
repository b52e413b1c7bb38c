import type { Backend, Block, Operand, Plan, Program, ProgramOperand } from '../core/backend';
import { bytesPerElement } from '../core/dtype';

/** A plan for any backend: its operations one by one, with memory that is used again. */
export function replayPlan(program: Program, backend: Backend): Plan {
  const { blocks, nodes } = program;
  const owned: Block[] = [];
  const places = placeTemporaries(program, backend, owned);
  blocks.forEach(({ dtype, length, role }, b) => {
    // Nothing writes what is empty.
    if (role.kind === 'temporary') places[b] ??= own(backend.allocate(dtype, length), owned);
  });
  const at = blocks.map((_, b) => ({ block: places[b] ?? null, offset: 0 }));
  blocks.forEach(({ dtype, length, role }, b) => {
    if (role.kind === 'captured') at[b] = { block: role.operand.block, offset: role.operand.offset };
    if (role.kind !== 'constant') return;
    const block = own(backend.allocate(dtype, length), owned);
    backend.write(block, role.data);
    at[b] = { block, offset: 0 };
  });
  const operand = ({ block, ...layout }: ProgramOperand): Operand => {
    const place = at[block]!;
    return { ...layout, block: place.block!, offset: layout.offset + place.offset };
  };
  const settle = (kind: 'input' | 'output', operands: readonly Operand[]): void => {
    blocks.forEach(({ role }, b) => {
      if (role.kind !== kind) return;
      const { block, offset } = operands[role.index]!;
      at[b] = { block, offset };
    });
  };
  return {
    peakBytes: owned.reduce((sum, { dtype, length }) => sum + length * bytesPerElement(dtype), 0),
    run(inputs, outputs) {
      settle('input', inputs);
      settle('output', outputs);
      for (const { op, inputs: from, out, attrs } of nodes) {
        if (blocks[out.block]!.length > 0) backend.run(op, from.map(operand), operand(out), attrs);
      }
    },
    dispose() {
      for (const block of owned.splice(0)) backend.free(block);
    },
  };
}

function own(block: Block, owned: Block[]): Block {
  owned.push(block);
  return block;
}

/** A block for every temporary that an operation writes, taken over from one of the same dtype and at least its size that nobody reads any more. */
function placeTemporaries({ blocks, nodes }: Program, backend: Backend, owned: Block[]): (Block | undefined)[] {
  const lastRead = new Map<number, number>();
  nodes.forEach(({ inputs }, n) => {
    for (const { block } of inputs) lastRead.set(block, n);
  });
  const places: (Block | undefined)[] = [];
  const free: Block[] = [];
  nodes.forEach(({ inputs, out }, n) => {
    const { dtype, length, role } = blocks[out.block]!;
    if (role.kind === 'temporary') {
      const fitting = free
        .filter((b) => b.dtype === dtype && b.length >= length)
        .sort((a, b) => a.length - b.length)[0];
      if (fitting === undefined) {
        places[out.block] = own(backend.allocate(dtype, length), owned);
      } else {
        free.splice(free.indexOf(fitting), 1);
        places[out.block] = fitting;
      }
    }
    const done = new Set([...inputs.map((x) => x.block), out.block]);
    for (const block of done) {
      const place = places[block];
      if (place !== undefined && (lastRead.get(block) ?? n) <= n) free.push(place);
    }
  });
  return places;
}
