import type { Backend, Block, Operand, Primitive } from '../../src/core/backend';
import type { DType, TypedArray } from '../../src/core/dtype';
import { BackendError } from '../../src/core/errors';
import { flattenNest, type Nest } from '../../src/core/nest';
import { scope } from '../../src/core/scope';
import { type Layout, Tensor } from '../../src/core/tensor';
import { reshape } from '../../src/index';
import type { Planned } from '../../src/nn/runner';

/** The simplest compiler there can be: records the operations of one call, and plays them back one by one. */
export function recording(log: { traces: number; plays: number; names: Set<string> } = counters()) {
  return <A, R>(f: (args: A) => R): Planned<A, R> => {
    const tapes = new Map<string, Tape>();
    const call = (args: A): R => {
      const flat = flattenNest<unknown>(args as Nest<unknown>);
      const inputs = flat.leaves.filter((x): x is Tensor => x instanceof Tensor);
      const key = JSON.stringify(flat.leaves, (_, x) => (x instanceof Tensor ? [x.dtype, x.shape] : x));
      let tape = tapes.get(key);
      if (tape === undefined) {
        log.traces++;
        tape = new Tape(inputs[0]!.backend);
        tape.record(inputs, (symbols) => {
          let at = 0;
          return f(flat.rebuild(flat.leaves.map((x) => (x instanceof Tensor ? symbols[at++] : x))) as A);
        });
        for (const { op } of tape.entries) log.names.add(op.name);
        tapes.set(key, tape);
      }
      log.plays++;
      return tape.play(inputs) as R;
    };
    return Object.assign(call, { dispose: () => tapes.clear() });
  };
}

export const counters = () => ({ traces: 0, plays: 0, names: new Set<string>() });

interface Entry {
  readonly op: Primitive;
  readonly inputs: readonly { readonly block: Block; readonly layout: Layout }[];
  readonly out: Operand;
  readonly attrs: unknown;
}

const layoutOf = ({ shape, strides, offset }: Layout): Layout => ({ shape, strides, offset });

class Tape implements Backend {
  readonly name = 'recorder';
  readonly entries: Entry[] = [];
  readonly #constants = new Map<Block, TypedArray>();
  #inputs: readonly Block[] = [];
  #result: unknown;
  #outputs: { block: Block; layout: Layout }[] = [];

  constructor(readonly base: Backend) {}

  get dtypes(): readonly DType[] {
    return this.base.dtypes;
  }

  allocate(dtype: DType, length: number): Block {
    return { dtype, length };
  }

  free(): void {}

  write(block: Block, data: TypedArray): void {
    this.#constants.set(block, data.slice());
  }

  readSync(): never {
    throw new BackendError('There are no values yet.');
  }

  read(): Promise<never> {
    return Promise.reject(new BackendError('There are no values yet.'));
  }

  host(): null {
    return null;
  }

  run(op: Primitive, inputs: readonly Operand[], out: Operand, attrs: unknown): void {
    this.entries.push({
      op,
      inputs: inputs.map((x) => ({ block: x.block, layout: layoutOf(x) })),
      out: { block: out.block, dtype: out.dtype, ...layoutOf(out) },
      attrs,
    });
  }

  record(inputs: readonly Tensor[], f: (symbols: readonly Tensor[]) => unknown): void {
    scope(() => {
      const symbols = inputs.map((x) => Tensor.allocate(this, x.dtype, x.shape));
      this.#inputs = symbols.map((x) => x.block);
      const flat = flattenNest<unknown>(f(symbols) as Nest<unknown>);
      this.#result = flat.rebuild(
        flat.leaves.map((x) => {
          if (!(x instanceof Tensor)) return x;
          if (x.backend !== this) throw new BackendError('A result is not of this trace.');
          return new Output(this.#outputs.push({ block: x.block, layout: layoutOf(x) }) - 1);
        }),
      );
    });
  }

  play(inputs: readonly Tensor[]): unknown {
    return scope(() => {
      const values = new Map<Block, Tensor>();
      this.#inputs.forEach((block, i) => {
        const x = inputs[i]!;
        const data = Tensor.from(this.base, x.dataSync(), x.dtype, x.shape);
        values.set(block, data);
      });
      for (const [block, data] of this.#constants)
        values.set(block, Tensor.from(this.base, data, block.dtype, [block.length]));
      for (const { op, inputs: from, out, attrs } of this.entries) {
        const to = Tensor.allocate(this.base, out.dtype, out.shape);
        values.set(out.block, to);
        const operands = from.map(({ block, layout }) => values.get(block)!.view(layout));
        this.base.run(op, operands, to, attrs);
      }
      const outputs = this.#outputs.map(({ block, layout }) => values.get(block)!.view(layout));
      const flat = flattenNest<unknown>(this.#result as Nest<unknown>);
      return flat.rebuild(
        flat.leaves.map((x) => (x instanceof Output ? reshape(outputs[x.index]!, outputs[x.index]!.shape) : x)),
      );
    });
  }
}

class Output {
  constructor(readonly index: number) {}
}
