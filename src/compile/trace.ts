import type { Backend, Block, BlockRole, Operand, Primitive, ProgramNode, ProgramOperand } from '../core/backend';
import type { DType, TypedArray } from '../core/dtype';
import { BackendError, ConfigError } from '../core/errors';
import { runWithin } from '../core/lifetime';
import { flattenNest, type Nest } from '../core/nest';
import { scope } from '../core/scope';
import { contiguousStrides } from '../core/shape';
import { Tensor } from '../core/tensor';
import type { Graph } from './graph';

/** Memory that does not exist: a number in a trace. */
interface SymbolicBlock extends Block {
  readonly index: number;
  role: BlockRole;
}

/** How an argument of a traced function looks. */
export interface InputSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A leaf of a function's result: the number of one of `graph.results`, or what is no tensor. (A class: nests do not look inside.) */
export class ResultLeaf {
  constructor(
    readonly result: number | null,
    readonly leaf: unknown = undefined,
  ) {}
}

/** A result belongs to a differentiation around the call, by way of a captured tensor; a plan would cut it off. */
export class Differentiated extends Error {}

/** What a function does, and what it returns. */
export interface Traced {
  readonly graph: Graph;
  readonly structure: Nest<ResultLeaf>;
  /** Tensors of the target backend that the graph refers to; to be disposed with what is made of it. */
  readonly captured: readonly Tensor[];
}

const noValue = (): BackendError =>
  new BackendError(
    'compile: a value was asked for while the function is being traced, when there are none yet. Compute it outside and ' +
      'pass it as an argument, or keep what depends on it out of the compiled function.',
  );

/** A backend that takes down what is to be computed on `target` instead of computing it. */
class TraceBackend implements Backend {
  readonly blocks: SymbolicBlock[] = [];
  readonly nodes: ProgramNode[] = [];
  readonly captured: Tensor[] = [];
  readonly name: string;
  readonly dtypes: readonly DType[];
  readonly #adopted = new Map<Block, Tensor>();

  constructor(readonly target: Backend) {
    this.name = `trace of ${target.name}`;
    this.dtypes = target.dtypes;
  }

  allocate(dtype: DType, length: number): SymbolicBlock {
    const block: SymbolicBlock = { dtype, length, index: this.blocks.length, role: { kind: 'temporary' } };
    this.blocks.push(block);
    return block;
  }

  free(): void {}

  write(block: Block, data: TypedArray): void {
    (block as SymbolicBlock).role = { kind: 'constant', data: data.slice() };
  }

  readSync(): never {
    throw noValue();
  }

  async read(): Promise<never> {
    throw noValue();
  }

  host(): null {
    return null;
  }

  run(op: Primitive, inputs: readonly Operand[], out: Operand, attrs: unknown): void {
    this.nodes.push({ op, inputs: inputs.map(operandOf), out: operandOf(out), attrs });
  }

  runs(op: Pick<Primitive, 'name'>): boolean {
    return this.target.runs?.(op) ?? true;
  }

  /** A tensor of the target backend becomes a constant of the trace. */
  adopt<T extends Operand>(stranger: T): T | null {
    if (!(stranger instanceof Tensor)) return null;
    const { block } = stranger;
    if (stranger.backend !== this.target) return null;
    let whole = this.#adopted.get(block);
    if (whole === undefined) {
      whole = this.#capture(stranger);
      this.#adopted.set(block, whole);
    }
    return whole.view(stranger) as Tensor & T;
  }

  #capture(stranger: Tensor): Tensor {
    const { dtype, block } = stranger;
    const layout = { shape: [block.length], strides: [1], offset: 0 };
    // Held outside of all scopes: the plan needs it longer than whoever made it.
    const operand = runWithin(undefined, () => stranger.view(layout));
    this.captured.push(operand);
    const whole = runWithin(undefined, () => Tensor.allocate(this, dtype, [block.length]));
    (whole.block as SymbolicBlock).role = { kind: 'captured', operand };
    return whole;
  }

  /** Ends the trace: what stands for adopted tensors goes. */
  close(): void {
    for (const whole of this.#adopted.values()) whole.dispose();
    this.#adopted.clear();
  }

  /** A symbolic tensor for argument number `index`. */
  input({ dtype, shape, strides }: InputSpec, index: number): Tensor {
    const extent = shape.reduce((last, n, axis) => last + (n - 1) * strides[axis]!, shape.includes(0) ? 0 : 1);
    const whole = Tensor.allocate(this, dtype, [Math.max(0, extent)]);
    (whole.block as SymbolicBlock).role = { kind: 'input', index };
    return whole.view({ shape, strides, offset: 0 });
  }
}

function operandOf({ block, dtype, shape, strides, offset }: Operand): ProgramOperand {
  return { block: (block as SymbolicBlock).index, dtype, shape, strides, offset };
}

/**
 * Calls `f` once, on symbolic tensors for `inputs`, and takes down what it does. Errors of `f` come through unchanged.
 *
 * @throws ConfigError when `f` returns a promise, or a tensor of another backend; `Differentiated`.
 */
export function trace(
  target: Backend,
  inputs: readonly InputSpec[],
  f: (inputs: readonly Tensor[]) => unknown,
): Traced {
  const backend = new TraceBackend(target);
  try {
    return scope(() => {
      const value = f(inputs.map((spec, i) => backend.input(spec, i)));
      if (typeof (value as { then?: unknown } | null)?.then === 'function') {
        // It goes on with tensors that are gone; how it fails is of no interest, and must not end the process.
        (value as PromiseLike<unknown>).then(undefined, () => {});
        throw new ConfigError(
          'compile: the function returned a promise. Only what computes without waiting can be compiled.',
        );
      }
      return describe(backend, value);
    });
  } catch (error) {
    for (const t of backend.captured) t.dispose();
    throw error;
  } finally {
    backend.close();
  }
}

function describe(backend: TraceBackend, value: unknown): Traced {
  const flat = flattenNest<unknown>(value as Nest<unknown>);
  const results: ProgramOperand[] = [];
  const structure = flat.rebuild(
    flat.leaves.map((leaf) => {
      if (!(leaf instanceof Tensor)) return new ResultLeaf(null, leaf);
      if (leaf.node !== null) throw new Differentiated();
      const own = leaf.backend === backend ? leaf : backend.adopt(leaf);
      if (own === null) {
        throw new ConfigError(
          `compile: the function returned a tensor on backend '${leaf.backend.name}', but its arguments are on ` +
            `'${backend.target.name}'. Move one with to(x, backend) first.`,
        );
      }
      return new ResultLeaf(results.push(operandOf(own)) - 1);
    }),
  );
  const blocks = backend.blocks.map(({ dtype, length, role }) => ({ dtype, length, role }));
  return { graph: { blocks, nodes: backend.nodes, results }, structure, captured: backend.captured };
}

/** The layout of a tensor as an input is traced: its own strides, from its first element. */
export function specOf({ dtype, shape, strides, isContiguous }: Tensor): InputSpec {
  return { dtype, shape, strides: isContiguous ? contiguousStrides(shape) : strides };
}
