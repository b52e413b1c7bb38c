import type { Backend, Plan, ProgramBlock } from '../core/backend';
import type { DType } from '../core/dtype';
import { type FlatNest, flattenNest } from '../core/nest';
import { contiguousStrides, isContiguous, sizeOf } from '../core/shape';
import { type Layout, Tensor } from '../core/tensor';
import { shareCommon } from './common-subexpressions';
import { foldConstants } from './constant-folding';
import { removeDeadCode } from './dead-code';
import { fuseElementwise } from './fuse';
import { finish, type Graph } from './graph';
import { Guards } from './guards';
import { printGraph } from './print';
import { replayPlan } from './replay';
import { schedule } from './schedule';
import { type ResultLeaf, specOf, trace } from './trace';
import { shrinkUniform } from './uniform-constants';

/** A result of the plan: a tensor of the function's result by itself, or one that those are views of. */
interface Output extends Layout {
  readonly dtype: DType;
  readonly isResult: boolean;
}

function outputOf(block: number, { blocks, results }: Graph): Output {
  const { dtype, length } = blocks[block]!;
  const own = results.filter((r) => r.block === block);
  const [first] = own;
  const isResult =
    own.length === 1 &&
    first!.offset === 0 &&
    isContiguous(first!.shape, first!.strides) &&
    sizeOf(first!.shape) === length;
  const shape = isResult ? first!.shape : [length];
  return { dtype, shape, strides: contiguousStrides(shape), offset: 0, isResult };
}

/** The tensors that blocks refer to. */
function capturedBy(blocks: readonly ProgramBlock[]): Set<unknown> {
  return new Set(blocks.map(({ role }) => (role.kind === 'captured' ? role.operand : null)));
}

/** A function compiled for one signature. */
export class Entry {
  readonly text: string;
  readonly #backend: Backend;
  readonly #plan: Plan;
  readonly #graph: Graph;
  readonly #guards: Guards;
  readonly #outputs: readonly Output[];
  /** For each of the graph's results, the output that holds it, or -1. */
  readonly #places: readonly number[];
  readonly #results: FlatNest<ResultLeaf>;
  /** The tensors that the plan or the results refer to. */
  readonly #captured: readonly Tensor[];

  /** Traces `f` with symbolic tensors in the place of the tensors among `leaves`, and makes a plan of what it does. */
  constructor(backend: Backend, leaves: readonly unknown[], f: (leaves: readonly unknown[]) => unknown) {
    const inputs = leaves.filter((x) => x instanceof Tensor);
    const traced = trace(backend, inputs.map(specOf), (symbols) => {
      let at = 0;
      return f(leaves.map((x) => (x instanceof Tensor ? symbols[at++] : x)));
    });
    this.#backend = backend;
    const captured = [...traced.captured];
    this.#results = flattenNest<ResultLeaf>(traced.structure);
    try {
      // Also for what has no use, as without compiling: of a gradient, it may be only that.
      this.#guards = new Guards(traced.graph, backend);
      this.#graph = optimize(traced.graph, backend, captured);
      const { program, outputs } = finish(this.#graph);
      this.#outputs = outputs.map((block) => outputOf(block, this.#graph));
      this.#places = this.#graph.results.map((r) => outputs.indexOf(r.block));
      this.text = printGraph(this.#graph);
      this.#plan = backend.plan?.(program) ?? replayPlan(program, backend);
      const needed = capturedBy([...program.blocks, ...this.#graph.results.map((r) => this.#graph.blocks[r.block]!)]);
      this.#captured = captured.filter((t) => needed.has(t));
      for (const t of captured) if (!needed.has(t)) t.dispose();
    } catch (error) {
      for (const t of captured) t.dispose();
      throw error;
    }
  }

  get peakBytes(): number {
    return this.#plan.peakBytes;
  }

  run(inputs: readonly Tensor[]): unknown {
    // A disposed argument is an error also where its values are not needed.
    for (const x of inputs) void x.block;
    this.#guards.check(inputs);
    const outputs = this.#outputs;
    const made = this.#compute(inputs);
    const result = this.#results.map(({ result, leaf }) =>
      result === null ? leaf : this.#result(result, inputs, made),
    );
    for (let i = 0; i < made.length; i++) if (!outputs[i]!.isResult) made[i]!.dispose();
    return result;
  }

  /** The outputs in new memory. */
  #compute(inputs: readonly Tensor[]): readonly Tensor[] {
    const outputs = this.#outputs;
    const made = new Array<Tensor>(outputs.length);
    let count = 0;
    try {
      for (const output of outputs) made[count++] = Tensor.allocateAs(this.#backend, output.dtype, output);
      if (this.#graph.nodes.length > 0) this.#plan.run(inputs, made);
    } catch (error) {
      for (const output of made) output?.dispose();
      throw error;
    }
    return made;
  }

  #result(number: number, inputs: readonly Tensor[], made: readonly Tensor[]): Tensor {
    const layout = this.#graph.results[number]!;
    const output = this.#places[number]!;
    if (output >= 0) return this.#outputs[output]!.isResult ? made[output]! : made[output]!.view(layout);
    const { role } = this.#graph.blocks[layout.block]!;
    if (role.kind === 'input') {
      const x = inputs[role.index]!;
      return x.view({ ...layout, offset: layout.offset + x.offset });
    }
    if (role.kind === 'captured') return (role.operand as Tensor).view(layout);
    // Nobody computes what has no elements.
    if (sizeOf(layout.shape) === 0) return Tensor.allocate(this.#backend, layout.dtype, layout.shape);
    if (role.kind !== 'constant') throw new TypeError(`compile: nothing computes block ${layout.block}.`);
    const whole = Tensor.from(this.#backend, role.data, layout.dtype, [role.data.length]);
    const view = whole.view(layout);
    whole.dispose();
    return view;
  }

  dispose(): void {
    this.#plan.dispose();
    for (const t of this.#captured) t.dispose();
  }
}

function optimize(traced: Graph, backend: Backend, captured: Tensor[]): Graph {
  const live = removeDeadCode(shareCommon(removeDeadCode(traced)));
  const folded = removeDeadCode(foldConstants(live, backend, captured));
  return fuseElementwise(schedule(shrinkUniform(folded)), backend);
}
