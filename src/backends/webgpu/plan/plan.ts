import type { Operand, Plan, Program, ProgramOperand } from '../../../core/backend';
import { bindGroupOf, type Commands, paramSpan, writeParams } from '../commands';
import type { Health } from '../health';
import {
  bytesFor,
  type GPUBlock,
  type Half,
  type Memory,
  type Pool,
  toWords,
  uniformBuffer,
  WORD,
  wordsOf,
} from '../memory';
import { findFollowers } from './follow';
import { findHalves } from './halve';
import { placeSlots } from './place';
import { type RecordedStep, Recorder, type RecorderHost, type Slot } from './recorder';

/** What a plan needs of its backend. */
export interface PlanHost extends RecorderHost {
  readonly device: GPUDevice;
  readonly pool: Pool;
  readonly commands: Commands;
  readonly health: Health;
}

/** Bind groups that a step keeps: training goes back and forth between a few sets of weights. */
const MOST_GROUPS = 8;

/** A kernel of a plan, its parameters in place. */
interface PlannedStep extends RecordedStep {
  /** Where its parameters begin. */
  readonly at: number;
  /** Bindings whose memory is another at each call. */
  readonly changing: readonly number[];
  readonly groupsOf: Map<string, GPUBindGroup>;
}

/** A program as commands for one submission. */
export class GPUPlan implements Plan {
  readonly peakBytes: number;
  readonly #host: PlanHost;
  readonly #steps: readonly PlannedStep[];
  readonly #params: GPUBuffer;
  /** By slot. */
  readonly #memory: (Memory | undefined)[] = [];
  /** What the plan holds. */
  readonly #owned: Memory[] = [];
  /** Slots of inputs and outputs, in their order. */
  readonly #inputs: number[] = [];
  readonly #outputs: number[] = [];
  /** Bytes of the inputs, and where those are copied to that do not begin at the first element of their block. */
  readonly #inputBytes: number[] = [];
  readonly #copies = new Map<number, Memory>();

  constructor(program: Program, host: PlanHost) {
    this.#host = host;
    const halves = findHalves(program, host);
    const recorder = record(program, halves, host);
    program.blocks.forEach(({ role, length }, b) => {
      if (role.kind === 'input') {
        this.#inputs[role.index] = b;
        this.#inputBytes[role.index] = bytesFor(length);
      } else if (role.kind === 'output') this.#outputs[role.index] = b;
      else if (role.kind === 'constant') {
        this.#memory[b] = this.#own(bytesFor(length));
        if (length > 0) host.device.queue.writeBuffer(this.#fresh(b).buffer, 0, toWords(role.data));
      } else if (role.kind === 'captured') this.#memory[b] = this.#capture(role.operand, length);
    });
    this.#place(program, halves, recorder);
    this.peakBytes = this.#owned.reduce((sum, { bytes }) => sum + bytes, 0);
    const changing = new Set([...this.#inputs, ...this.#outputs]);
    let at = 0;
    this.#steps = recorder.steps.map((step) => {
      const planned = {
        ...step,
        at,
        changing: step.bindings.flatMap(({ slot }, i) => (changing.has(slot) ? [i] : [])),
        groupsOf: new Map<string, GPUBindGroup>(),
      };
      at += paramSpan(step.code);
      return planned;
    });
    const params = new DataView(new ArrayBuffer(Math.max(at, 256)));
    for (const step of this.#steps) writeParams(params, step.at, step.code, step.params);
    this.#params = uniformBuffer(host.device, params.byteLength);
    host.device.queue.writeBuffer(this.#params, 0, params.buffer);
  }

  run(inputs: readonly Operand[], outputs: readonly Operand[]): void {
    const { commands, health } = this.#host;
    health.check();
    inputs.forEach((x, i) => {
      const slot = this.#inputs[i];
      if (slot !== undefined) this.#memory[slot] = x.offset === 0 ? memoryOf(x) : this.#copied(x, i);
    });
    outputs.forEach((x, i) => {
      const slot = this.#outputs[i];
      if (slot !== undefined) this.#memory[slot] = memoryOf(x);
    });
    for (const step of this.#steps) {
      commands.dispatchPrepared(step.code, this.#group(step), step.at, step.groups);
      for (const { slot } of step.bindings) commands.use(this.#memory[slot]!);
    }
    commands.flush();
  }

  dispose(): void {
    for (const memory of this.#owned.splice(0)) this.#host.pool.give(memory);
    this.#copies.clear();
    for (const { groupsOf } of this.#steps) groupsOf.clear();
    this.#params.destroy();
  }

  #own(bytes: number): Memory {
    const memory = this.#host.pool.take(bytes);
    this.#owned.push(memory);
    return memory;
  }

  /** Memory of slot `b` that no command still to be submitted uses. */
  #fresh(b: number): Memory {
    const memory = this.#memory[b]!;
    if (this.#host.commands.isPending(memory)) this.#host.commands.flush();
    return memory;
  }

  /** The memory of a tensor that the plan refers to, or a copy that begins where it does. */
  #capture(x: Operand, length: number): Memory {
    if (x.offset === 0) return memoryOf(x);
    const copy = this.#own(bytesFor(length));
    this.#host.commands.copy(memoryOf(x), x.offset * WORD, copy, 0, bytesFor(length));
    return copy;
  }

  #copied(x: Operand, index: number): Memory {
    const bytes = this.#inputBytes[index]!;
    const copy = this.#copies.get(index) ?? this.#own(bytes);
    this.#copies.set(index, copy);
    this.#host.commands.copy(memoryOf(x), x.offset * WORD, copy, 0, bytes);
    return copy;
  }

  #place({ blocks }: Program, halves: ReadonlyMap<number, Half>, { steps, scratches }: Recorder): void {
    const own = blocks.map((block, b) => {
      const half = halves.get(b);
      return block.role.kind === 'temporary' ? wordsOf(half === undefined ? block : { ...block, half }) : null;
    });
    const { places, sizes } = placeSlots(steps, [...own, ...scratches]);
    const buffers = sizes.map((bytes) => this.#own(bytes));
    places.forEach((place, slot) => {
      if (place >= 0) this.#memory[slot] = buffers[place];
    });
  }

  #group(step: PlannedStep): GPUBindGroup {
    const key = step.changing.map((i) => this.#memory[step.bindings[i]!.slot]!.id).join();
    let group = step.groupsOf.get(key);
    if (group === undefined) {
      if (step.groupsOf.size >= MOST_GROUPS) step.groupsOf.clear();
      const bindings = step.bindings.map((b) => ({ ...b, memory: this.#memory[b.slot]! }));
      group = bindGroupOf(this.#host.device, step.code, this.#params, bindings);
      step.groupsOf.set(key, group);
    }
    return group;
  }
}

const memoryOf = ({ block }: Operand): Memory => (block as GPUBlock).memory;

/** What the kernels of a program do. */
function record(program: Program, halves: ReadonlyMap<number, Half>, host: PlanHost): Recorder {
  const { blocks, nodes } = program;
  const recorder = new Recorder(host, blocks.length);
  const symbolic = (x: ProgramOperand): Operand => {
    const { dtype, length } = blocks[x.block]!;
    const half = halves.get(x.block);
    const slot: Slot = { dtype, length, slot: x.block, ...(half !== undefined && { half }) };
    return { ...x, block: slot };
  };
  const done = new Set<number>();
  const followers = findFollowers(program, host);
  nodes.forEach(({ op, inputs, out, attrs }, n) => {
    if (blocks[out.block]!.length === 0 || done.has(n)) return;
    const follower = followers.get(n);
    if (follower === undefined) {
      recorder.run(op, inputs.map(symbolic), symbolic(out), attrs);
      return;
    }
    const node = nodes[follower.node]!;
    const epilogue = { ...follower, inputs: node.inputs.map(symbolic), out: symbolic(node.out) };
    if (recorder.runWithEpilogue(op, inputs.map(symbolic), symbolic(out), attrs, epilogue)) done.add(follower.node);
  });
  return recorder;
}
