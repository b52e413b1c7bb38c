import { expect } from 'vitest';
import { reference } from '../../../src/backends/reference/index';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { wasm } from '../../../src/backends/wasm/index';
import type { Code, Work } from '../../../src/backends/wasm/task';
import type { Backend, Operand, Primitive } from '../../../src/core/backend';
import { bytesPerElement, type DType, isFloating } from '../../../src/core/dtype';

import type { Rng } from '../../../src/core/rng';
import type { Shape } from '../../../src/core/shape';
import type { Layout, Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { rng } from '../../../src/ops/random';

export const wasmBackend = wasm();
export const referenceBackend = reference();

const WORKERS = 3;

/**
 * A backend that does all that threads may do to a task: its units are divided at random, done in random order, by
 * workers of random numbers. A kernel whose results don't have the bits of the ordinary backend depends on threads.
 */
export class ShatteringBackend extends WasmBackend {
  readonly #rng = rng(1);

  override get workers(): number {
    return WORKERS;
  }

  protected override perform(code: Code, params: number, { units, multiple = 1 }: Work): void {
    const parts: [number, number][] = [];
    for (let begin = 0; begin < units; ) {
      const end = Math.min(units, begin + multiple * (1 + this.#rng.integer(Math.ceil(units / multiple))));
      parts.push([begin, end]);
      begin = end;
    }
    for (const i of this.#rng.permutation(parts.length)) code.run(params, ...parts[i]!, this.#rng.integer(WORKERS));
  }
}

/** The same operand on the backend under test and on the reference backend. */
export interface Twin {
  readonly tested: Tensor;
  readonly truth: Tensor;
}

/** What each backend could not do with a kernel since the last call: names of ops that fell back on the reference rule. */
export function countFallbacks(backend: Backend, work: () => void): string[] {
  const fallen: string[] = [];
  const run = backend.run;
  backend.run = (op: Primitive, inputs: readonly Operand[], out: Operand, attrs: unknown) => {
    const watched: Primitive = {
      name: op.name,
      kernel: op.kernel,
      reference: (...args) => {
        fallen.push(op.name);
        op.reference(...args);
      },
    };
    run.call(backend, watched, inputs, out, attrs);
  };
  try {
    work();
  } finally {
    backend.run = run;
  }
  return fallen;
}

/** A random value that its dtype can hold; floats of mixed magnitude with some halves, integers over a small range. */
export function randomValue(rng: Rng, dtype: DType, span = 4): number {
  if (dtype === 'bool') return rng.integer(2);
  if (dtype === 'uint8') return rng.integer(256);
  if (dtype === 'int8') return rng.integer(256) - 128;
  if (dtype === 'int32') return rng.integer(2000) - 1000;
  return rng.random() < 0.1 ? rng.integer(9) / 2 - 2 : (rng.random() - 0.5) * 2 * span;
}

export interface TwinOptions {
  /** Layouts to draw from; by default all. */
  readonly layouts?: readonly ('contiguous' | 'transposed' | 'stepped' | 'offset')[];
  readonly value?: (rng: Rng) => number;
}

/** A random operand of `shape`, in a random layout: transposed, stepped (forwards or backwards), offset, or plain. */
export function twin(rng: Rng, dtype: DType, shape: Shape, options: TwinOptions = {}): Twin {
  const layouts = options.layouts ?? ['contiguous', 'transposed', 'stepped', 'offset'];
  const layout = randomLayout(rng, shape, layouts[rng.integer(layouts.length)]!);
  const value = options.value ?? ((r: Rng) => randomValue(r, dtype));
  const data = Float64Array.from({ length: layout.length }, () => value(rng));
  const make = (backend: Backend): Tensor => tensor(data, { dtype, backend }).view(layout);
  return { tested: make(wasmBackend), truth: make(referenceBackend) };
}

function randomLayout(rng: Rng, shape: Shape, kind: string): Layout & { length: number } {
  const rank = shape.length;
  const order = kind === 'transposed' ? [...rng.permutation(rank)] : Array.from({ length: rank }, (_, i) => i);
  const steps = shape.map(() => (kind === 'stepped' ? [1, 2, -1, -2, 3][rng.integer(5)]! : 1));
  const strides = new Array<number>(rank).fill(0);
  let size = 1;
  let offset = kind === 'offset' ? rng.integer(7) : 0;
  for (const axis of [...order].reverse()) {
    const step = steps[axis]!;
    strides[axis] = size * step;
    if (step < 0) offset += size * -step * Math.max(0, shape[axis]! - 1);
    size *= Math.max(1, shape[axis]! * Math.abs(step));
  }
  return { shape, strides, offset, length: size + offset };
}

/** `x` with some axes of length 1 repeated (stride 0) to fill `shape`. */
export function randomBroadcastable(rng: Rng, shape: Shape): Shape {
  const some = shape.map((n) => (rng.random() < 0.3 ? 1 : n));
  return rng.random() < 0.3 ? some.slice(rng.integer(some.length + 1)) : some;
}

export function randomShape(rng: Rng, rank = rng.integer(5), most = 9): number[] {
  return Array.from({ length: rank }, () => 1 + rng.integer(most));
}

/** Relative to the larger of 1 and the true value. */
export const TOLERANCES: Readonly<Record<DType, number>> = {
  float32: 2e-6,
  float64: 1e-13,
  int32: 0,
  int8: 0,
  uint8: 0,
  bool: 0,
};

/** Expects the same shape, dtype and, within the dtype's tolerance, values; NaN and infinities in the same places. */
export function expectSame(got: Tensor, want: Tensor, tolerance = TOLERANCES[want.dtype], label = ''): void {
  expect(got.shape, label).toEqual(want.shape);
  expect(got.dtype, label).toBe(want.dtype);
  const a = got.dataSync();
  const b = want.dataSync();
  expect(a.length, label).toBe(b.length);
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (Object.is(x, y) || x === y) continue;
    const within = isFloating(want.dtype) && Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y));
    if (!within)
      expect.fail(
        `${label}: element ${i} of [${want.shape.join(', ')}] is ${x}, should be ${y} (tolerance ${tolerance})`,
      );
  }
}

/** Bytes of the operands, for messages. */
export const describeTwin = ({ truth }: Twin): string =>
  `${truth.dtype} [${truth.shape.join(', ')}] strides [${truth.strides.join(', ')}] + ${truth.offset * bytesPerElement(truth.dtype)} bytes`;
