import type { Block, Operand, Primitive } from '../../../core/backend';
import type { DType } from '../../../core/dtype';
import { contiguousStrides, type Shape, sizeOf } from '../../../core/shape';
import type { Code, CodeSpec } from '../code';
import {
  type Epilogue,
  type GPUKernel,
  type KernelContext,
  type Limits,
  noKernel,
  type Rounding,
  type Work,
} from '../kernel';
import { type Half, type Range, rangeOf, WORD } from '../memory';

/** Memory that does not exist yet, known by its number. */
export interface Slot extends Block {
  readonly slot: number;
  /** Set where its numbers are kept in less precision. */
  readonly half?: Half;
}

/** An array that a kernel will be given. */
export interface SlotBinding extends Range {
  readonly slot: number;
}

/** A kernel to be run. */
export interface RecordedStep {
  readonly code: Code;
  readonly bindings: readonly SlotBinding[];
  readonly params: Readonly<Record<string, number>>;
  readonly groups: number;
}

/** What a recorder takes its kernels from. */
export interface RecorderHost {
  readonly limits: Limits;
  readonly rounding: Rounding;
  code(key: string, build: () => CodeSpec): Code;
  kernel(op: string): GPUKernel | undefined;
}

/** Takes down what kernels do, on operands whose blocks are slots. */
export class Recorder implements KernelContext {
  readonly limits: Limits;
  readonly rounding: Rounding;
  readonly steps: RecordedStep[] = [];
  /** Lengths of the slots that kernels asked for, numbered behind those of the program. */
  readonly scratches: number[] = [];
  readonly #host: RecorderHost;
  readonly #slots: number;
  #epilogue: Epilogue | null = null;

  /** @param slots - how many the program has. */
  constructor(host: RecorderHost, slots: number) {
    this.#host = host;
    this.limits = host.limits;
    this.rounding = host.rounding;
    this.#slots = slots;
  }

  code(key: string, build: () => CodeSpec): Code {
    return this.#host.code(key, build);
  }

  dispatch(code: Code, { reads, writes, params, groups }: Work): void {
    if (groups === 0) return;
    const bindings = [...reads, ...writes].map((x) => ({
      ...rangeOf(x, this.limits.bindingBytes),
      slot: (x.block as Slot).slot,
    }));
    this.steps.push({ code, bindings, params, groups });
  }

  scratch(dtype: DType, shape: Shape): Operand {
    const length = sizeOf(shape);
    const block: Slot = { dtype, length, slot: this.#slots + this.scratches.push(length) - 1 };
    return { block, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
  }

  first(x: Operand): number {
    return x.offset - rangeOf(x, this.limits.bindingBytes).start / WORD;
  }

  /** Runs an operation with something to do on its result; whether its kernel did that, too. */
  runWithEpilogue(
    op: Primitive,
    inputs: readonly Operand[],
    out: Operand,
    attrs: unknown,
    epilogue: Epilogue,
  ): boolean {
    this.#epilogue = epilogue;
    this.run(op, inputs, out, attrs);
    const isTaken = this.#epilogue === null;
    this.#epilogue = null;
    return isTaken;
  }

  takeEpilogue(out: Operand): Epilogue | null {
    const epilogue = this.#epilogue;
    const product = epilogue?.inputs[epilogue.product];
    if (epilogue === null || (product!.block as Slot).slot !== (out.block as Slot).slot) return null;
    this.#epilogue = null;
    return epilogue;
  }

  run(op: Pick<Primitive, 'name'>, inputs: readonly Operand[], out: Operand, attrs: unknown): void {
    const kernel = this.#host.kernel(op.name);
    if (kernel?.(inputs, out, attrs as never, this) !== true) throw noKernel(op.name, inputs, out);
  }
}
