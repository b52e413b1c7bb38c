import { recurrenceGradKernel, recurrenceKernel } from '../../backends/wasm/kernels';
import type { Backend } from '../../core/backend';
import { isFloating } from '../../core/dtype';
import { ConfigError, DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op, type TensorSpec, type VjpContext } from '../../core/op';
import { scope } from '../../core/scope';
import { formatShape, type Shape, sameShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { copyTo } from '../elementwise/loop';
import { matmul } from '../matmul';
import { sum } from '../reduce';
import { flip, reshape, slice } from '../shape-ops';
import { CELLS, type CellKind } from './cells';
import { gradientReference, recordReference } from './loops';
import { listRoles, type RecurrenceAttrs, type Roles, readRoles } from './roles';

export type { CellKind } from './cells';

function checkOperands({ z, kernel, bias, initial, mask }: Roles<TensorSpec>, { cell }: RecurrenceAttrs): void {
  const { gates, states } = CELLS[cell];
  const units = kernel.shape[0]!;
  const columns = gates * units;
  const expect = (x: TensorSpec, shape: Shape, what: string): void => {
    if (!sameShape(x.shape, shape))
      throw new ShapeError(`recurrence: ${what} must have shape ${formatShape(shape)}, got ${formatShape(x.shape)}.`);
  };
  if (z.shape.length !== 3 || z.shape[1] === 0)
    throw new ShapeError(
      `recurrence: needs inputs [batch, time, columns] of at least one step, got ${formatShape(z.shape)}.`,
    );
  const [batch, time] = z.shape as [number, number, number];
  expect(kernel, [units, columns], 'the recurrent kernel');
  expect(z, [batch, time, columns], 'the projected inputs');
  if (bias !== null) expect(bias, [columns], 'the bias');
  if (initial.length > 0 && initial.length !== states)
    throw new ShapeError(`recurrence: the state is ${states} tensors, got ${initial.length}.`);
  for (const x of initial) expect(x, [batch, units], 'the initial state');
  if (mask !== null) expect(mask, [batch, time], 'the mask');
  const odd = [kernel, ...(bias === null ? [] : [bias]), ...initial].find((x) => x.dtype !== z.dtype);
  if (!isFloating(z.dtype) || odd !== undefined)
    throw new DTypeError(
      `recurrence: operands must all be float32 or all float64, got ${z.dtype} and ${odd?.dtype ?? z.dtype}.`,
    );
}

/** What all steps keep, `[batch, 1 + time, slots · units]`: what their gradient needs, the state among it. */
const recordOp: Op<RecurrenceAttrs> = /* @__PURE__ */ defineOp<RecurrenceAttrs>({
  name: 'recurrence',
  kernel: recurrenceKernel,
  infer: (inputs, attrs) => {
    const roles = readRoles(inputs, attrs);
    checkOperands(roles, attrs);
    const [batch, time] = roles.z.shape as [number, number, number];
    const width = CELLS[attrs.cell].slots * roles.kernel.shape[0]!;
    return { shape: [batch, time + 1, width], dtype: roles.z.dtype };
  },
  reference: (inputs, out, attrs) => recordReference(readRoles(inputs, attrs), out, attrs),
});

/** The shape and place of the output in a record. */
function outputOf(record: Shape, units: number, { carry }: RecurrenceAttrs) {
  const [batch, blocks, width] = record as [number, number, number];
  const size = carry ? 2 * units : units;
  return { shape: [batch, blocks - 1, size], from: width - size };
}

/**
 * The output, which lies in the record, the first input, as a function of the others: the operands that the record was made
 * of. So the gradient is that of the whole, and the record is made once.
 */
const outputOp: Op<RecurrenceAttrs> = /* @__PURE__ */ defineOp<RecurrenceAttrs>({
  name: 'recurrenceOutput',
  infer: ([record, , kernel], attrs) => ({
    shape: outputOf(record!.shape, kernel!.shape[0]!, attrs).shape,
    dtype: record!.dtype,
  }),
  reference: ([record, , kernel], out, attrs) => {
    const { shape, from } = outputOf(record!.shape, kernel!.shape[0]!, attrs);
    const [, block, unit] = record!.strides as [number, number, number];
    copyTo({ ...record!, shape, offset: record!.offset + block + from * unit }, out, out);
  },
  view: (record, _attrs, { shape }) => {
    const [, block, unit] = record.strides as [number, number, number];
    const from = record.shape[2]! - shape[2]!;
    return { shape, strides: record.strides, offset: record.offset + block + from * unit };
  },
  vjp: (g, context, i) => (i === 0 ? null : pullBack(g, context, i - 1)),
});

const gradientOp: Op<RecurrenceAttrs> = /* @__PURE__ */ defineOp<RecurrenceAttrs>({
  name: 'recurrenceGrad',
  kernel: recurrenceGradKernel,
  infer: ([record, kernel, g], attrs) => {
    const units = kernel!.shape[0]!;
    const { shape } = outputOf(record!.shape, units, attrs);
    if (!sameShape(g!.shape, shape))
      throw new ShapeError(
        `recurrenceGrad: the cotangent has shape ${formatShape(g!.shape)}, the output ${formatShape(shape)}.`,
      );
    const [batch, time] = shape as [number, number, number];
    return {
      shape: [batch, attrs.initial ? time + 1 : time, CELLS[attrs.cell].cotangents * units],
      dtype: record!.dtype,
    };
  },
  reference: ([record, kernel, g, mask], out, attrs) =>
    gradientReference({ record: record!, kernel: kernel!, g: g!, mask: mask ?? null }, out, attrs),
  vjp: () => {
    throw new ConfigError(
      'recurrence: the steps of a recurrent layer ran as one operation, which has no second derivative. Give the layer unroll: true.',
    );
  },
});

/** The cotangents of all steps, which the cotangents of all operands are made of, by the inputs of the operation. */
const steps = /* @__PURE__ */ new WeakMap<readonly Tensor[], { readonly g: Tensor; readonly d: Tensor }>();

function stepsOf(g: Tensor, inputs: readonly Tensor[], attrs: RecurrenceAttrs): Tensor {
  const known = steps.get(inputs);
  if (known?.g === g && !known.d.isDisposed) return known.d;
  const { kernel, mask } = readRoles(inputs.slice(1), attrs);
  const d = apply(gradientOp, [inputs[0]!, kernel, g, ...(mask === null ? [] : [mask])], attrs);
  steps.set(inputs, { g, d });
  return d;
}

/** The cotangent of operand i, in the order of `listRoles`. */
function pullBack(g: Tensor, { inputs, attrs }: VjpContext<RecurrenceAttrs>, i: number): Tensor | null {
  const { z, kernel, initial } = readRoles(inputs.slice(1), attrs);
  const ofState = i - (attrs.bias ? 3 : 2);
  if (ofState >= initial.length) return null;
  const d = stepsOf(g, inputs, attrs);
  const units = kernel.shape[0]!;
  const [batch, time, columns] = z.shape as [number, number, number];
  const last = d.shape[2]!;
  if (i === 0) return slice(d, [0, 0, last - columns], [batch, time, last]);
  if (ofState >= 0) {
    const own = slice(d, [0, time, ofState * units], [batch, time + 1, (ofState + 1) * units]);
    return reshape(own, [batch, units]);
  }
  const product = reshape(slice(d, [0, 0, 0], [batch, time, columns]), [batch * time, columns]);
  if (i === 2) return sum(product, { axis: 0 });
  const record = inputs[0]!;
  const before = slice(record, [0, 0, record.shape[2]! - units], [batch, time, record.shape[2]!]);
  const inTime = attrs.backwards ? flip(before, 1) : before;
  return matmul(reshape(inTime, [batch * time, units]), product, { transposeA: true });
}

/** Whether a backend has recurrences as one operation; elsewhere their steps must be operations of their own. */
export const hasRecurrence = (backend: Backend): boolean => backend.runs?.(recordOp) ?? true;

/** What a recurrence is made of. */
export interface RecurrenceOptions {
  /** By default none. */
  readonly bias?: Tensor | null;
  /** h, and c where there is one; by default zeros. */
  readonly initial?: readonly Tensor[];
  /** `[batch, time]`, bool: false where a step leaves the state as it is; by default none. */
  readonly mask?: Tensor | null;
  readonly backwards?: boolean;
  readonly carry?: boolean;
}

/**
 * The states of a recurrent cell after every step, as one operation. `'simple'`: h = tanh(z + h·U); `'lstm'`: as
 * the layer `lstm`; `'gru'`: as the layer `gru` with its reset gate after the product, except that the columns of U and of
 * the bias are in the order h, z, r.
 *
 * It can be differentiated once.
 *
 * @param cell - the kind.
 * @param z - projected inputs `[batch, time, gates · units]`.
 * @param kernel - U, `[units, gates · units]`.
 * @param options - `bias` of the product, `initial` state, `mask`, `backwards = false`: whether the last step comes first;
 * `carry = false`: whether c comes out too.
 * @returns h in the order of processing, `[batch, time, units]`; with `carry` c, then h, `[batch, time, 2 · units]`.
 * @throws ShapeError, DTypeError for operands that do not fit.
 */
export function recurrence(cell: CellKind, z: Tensor, kernel: Tensor, options: RecurrenceOptions = {}): Tensor {
  const { bias = null, initial = [], mask = null, backwards = false, carry = false } = options;
  const operands = listRoles({ z, kernel, bias, initial, mask });
  const attrs: RecurrenceAttrs = {
    cell,
    bias: bias !== null,
    initial: initial.length > 0,
    masked: mask !== null,
    backwards,
    carry,
  };
  return scope(() => apply(outputOp, [apply(recordOp, operands, attrs), ...operands], attrs));
}
