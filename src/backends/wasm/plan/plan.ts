import type { Operand, Plan, Primitive, Program, ProgramNode, ProgramOperand } from '../../../core/backend';
import { bytesPerElement, type TypedArray } from '../../../core/dtype';
import type { Arena } from '../arena';
import { addressOf, type WasmBlock } from '../kernel';
import type { TaskContext, TaskKernel } from '../task';
import type { Conductor } from '../threads/conductor';
import { STEP_BYTES, TASK } from '../threads/layout';
import { HOST_STEP, type StepRecord, writeStep } from '../threads/steps';
import { type Chain, costOf, divisionOf, type NodeWork, type Stage, stagesOf } from './groups';
import { placeTemporaries } from './memory';
import { parameterBytes, Relocations, writeParameters } from './parameters';
import { takePrepared } from './prepared';
import { type RecordedTask, Recorder } from './recorder';
import { addressOfSlot } from './slots';

/** What a plan needs of its backend. */
export interface PlanHost {
  readonly arena: Arena;
  readonly conductor: Conductor;
  /** The kernel of an op that launches tasks, if it has one. */
  taskKernel(op: Primitive): TaskKernel | undefined;
  /** Writes the elements of a block that is yet to be filled. */
  settle(block: Operand['block']): void;
  /** Runs an operation at once, by whatever kernel or rule there is. */
  runNow(node: Pick<ProgramNode, 'op' | 'attrs'>, inputs: readonly Operand[], out: Operand): void;
}

interface PlacedBlock extends WasmBlock {
  address: number;
}

/** The parts of a plan's memory: temporaries, then parameters, then steps. */
interface Extent {
  readonly address: number;
  readonly bytes: number;
}

/** A program as steps in memory, whose tasks run without any JavaScript in between. */
export class WasmPlan implements Plan {
  readonly peakBytes: number;
  /** Numbers of the nodes whose tasks run together, stage by stage. */
  readonly stages: readonly (readonly number[])[];
  readonly #host: PlanHost;
  readonly #extents: Extent[];
  readonly #blocks: PlacedBlock[];
  /** Numbers of the blocks of inputs and outputs, in their order. */
  readonly #inputs: number[] = [];
  readonly #outputs: number[] = [];
  readonly #relocations = new Relocations();
  readonly #steps: number;
  readonly #last: number;
  /** What the host does at steps of its own. */
  readonly #actions = new Map<number, () => void>();
  readonly #cost: number;

  /** @throws BackendError where memory runs out; nothing is kept then. */
  static make(program: Program, context: TaskContext, host: PlanHost): WasmPlan {
    const extents: Extent[] = [];
    try {
      return new WasmPlan(program, context, host, extents);
    } catch (error) {
      for (const { address, bytes } of extents) host.arena.release(address, bytes);
      throw error;
    }
  }

  private constructor(program: Program, context: TaskContext, host: PlanHost, extents: Extent[]) {
    this.#host = host;
    this.#extents = extents;
    this.#blocks = program.blocks.map(({ dtype, length }) => blockOf(dtype, length, 0));
    program.blocks.forEach(({ role }, b) => {
      if (role.kind === 'input') this.#inputs[role.index] = b;
      else if (role.kind === 'output') this.#outputs[role.index] = b;
      else if (role.kind === 'constant') this.#blocks[b]!.address = this.#constant(role.data);
      else if (role.kind === 'captured') this.#blocks[b]!.address = this.#given(role.operand);
    });
    const recorder = new Recorder(context, program.blocks);
    const recorded = program.nodes.map((node, n) => this.#record(program, node, n, recorder));
    const prepared = takePrepared(recorded, program.blocks);
    const { works } = prepared;
    const stages = stagesOf(works, program.nodes);
    this.stages = stages.map(({ nodes }) => nodes);
    this.#cost = costOf(stages);
    const workspaces = works.map((w) => (w.kind === 'tasks' ? w.recording.workspaces : []));
    const placement = placeTemporaries(program, stages, workspaces, recorder.slots, prepared.slots);
    const temporaries = this.#allocate(placement.bytes);
    const bases = placement.offsets.map((offset) => (offset < 0 ? null : temporaries + offset));
    this.#blocks.forEach((block, b) => {
      if (bases[b] !== null) block.address = bases[b]!;
      const { kind } = program.blocks[b]!.role;
      if (kind === 'constant' || kind === 'captured') bases[b] = block.address;
    });
    for (const task of prepared.tasks) this.#runOnce(task, (slot) => bases[slot]!);
    [this.#steps, this.#last] = this.#write(stages, (slot) => bases[slot]!);
    this.peakBytes = this.#extents.reduce((sum, e) => sum + e.bytes, 0);
  }

  run(inputs: readonly Operand[], outputs: readonly Operand[]): void {
    for (let i = 0; i < inputs.length; i++) this.#move(this.#inputs[i]!, inputs[i]!);
    for (let i = 0; i < outputs.length; i++) this.#move(this.#outputs[i]!, outputs[i]!);
    const { conductor } = this.#host;
    conductor.announce(this.#cost);
    for (let index = 0; ; index++) {
      index = conductor.runSteps(this.#steps, index);
      if (index === this.#last) return;
      this.#actions.get(index)!();
    }
  }

  dispose(): void {
    for (const { address, bytes } of this.#extents) this.#host.arena.release(address, bytes);
    this.#extents.length = 0;
  }

  #move(b: number, operand: Operand): void {
    const block = this.#blocks[b];
    if (block === undefined) return;
    const address = this.#given(operand);
    if (block.address === address) return;
    block.address = address;
    this.#relocations.apply(this.#host.arena.i32, b, address);
  }

  #given(operand: Operand): number {
    this.#host.settle(operand.block);
    return addressOf(operand);
  }

  #record(program: Program, node: ProgramNode, n: number, recorder: Recorder): NodeWork {
    if (program.blocks[node.out.block]!.length === 0) return { node: n, kind: 'nothing' };
    const kernel = this.#host.taskKernel(node.op);
    const symbolic = (x: ProgramOperand): Operand => {
      const { dtype, length } = program.blocks[x.block]!;
      return { ...x, block: blockOf(dtype, length, addressOfSlot(x.block)) };
    };
    if (kernel?.(node.inputs.map(symbolic), symbolic(node.out), node.attrs as never, recorder) === true) {
      return { node: n, kind: 'tasks', recording: recorder.take() };
    }
    recorder.take();
    const real = (x: ProgramOperand): Operand => ({ ...x, block: this.#blocks[x.block]! });
    const inputs = node.inputs.map(real);
    const out = real(node.out);
    return { node: n, kind: 'host', run: () => this.#host.runNow(node, inputs, out) };
  }

  #runOnce(task: RecordedTask, baseOf: (slot: number) => number | null): void {
    const { arena } = this.#host;
    const bytes = parameterBytes(task);
    const address = arena.allocate(bytes);
    writeParameters(arena, address, task, baseOf, this.#relocations);
    task.code.run(address, 0, task.work.units, 0);
    arena.release(address, bytes);
  }

  /** Writes parameters and steps; where the steps are, and the number of the last. */
  #write(stages: readonly Stage[], baseOf: (slot: number) => number | null): [number, number] {
    const { arena, conductor } = this.#host;
    const chains = stages.flatMap((s) => s.chains);
    const tasks = chains.flatMap((c) => c.tasks.map((t) => t.task));
    const count = tasks.length + stages.filter((s) => s.host !== null).length + 1;
    let params = this.#allocate(tasks.reduce((sum, t) => sum + parameterBytes(t), 0));
    const steps = this.#allocate(count * STEP_BYTES);
    let index = 0;
    const put = (step: StepRecord): void => writeStep(arena.i32, steps + STEP_BYTES * index++, step);
    const putChain = (chain: Chain): void => {
      const division = divisionOf(chain, conductor.threads);
      chain.tasks.forEach(({ task, scale }, i) => {
        writeParameters(arena, params, task, baseOf, this.#relocations);
        const { code, work } = task;
        put({
          kind: TASK,
          code: code.index,
          params,
          units: i === 0 ? work.units : scale,
          ...division,
          chained: i === 0 ? chain.tasks.length - 1 : 0,
        });
        params += parameterBytes(task);
      });
    };
    for (const { chains: own, host } of stages) {
      own.forEach(putChain);
      if (host === null) continue;
      this.#actions.set(index, host);
      put(HOST_STEP);
    }
    put(HOST_STEP);
    return [steps, index - 1];
  }

  #constant(data: TypedArray): number {
    const address = this.#allocate(data.byteLength);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#host.arena.u8.set(bytes, address);
    return address;
  }

  #allocate(bytes: number): number {
    const address = this.#host.arena.allocate(bytes);
    this.#extents.push({ address, bytes });
    return address;
  }
}

/** The plan of a program: see {@link WasmPlan.make}. */
export function planOf(program: Program, context: TaskContext, host: PlanHost): WasmPlan {
  return WasmPlan.make(program, context, host);
}

function blockOf(dtype: Operand['dtype'], length: number, address: number): PlacedBlock {
  return { dtype, length, bytes: length * bytesPerElement(dtype), address };
}
