import type { Operand } from '../../../core/backend';
import { MAX_INPUTS } from './loop';

/** Indices of the modes: neighbours in memory, one element throughout, a step of its own. */
export const UNIT = 0;
export const SPLAT = 1;
export const STRIDED = 2;

/**
 * How the operands of an elementwise op run together over its result: the fewest axes that describe them all. Axes of
 * length 1 are dropped, and neighbours become one where every operand runs through them evenly. Reused, not rebuilt.
 */
export class Layouts {
  /** Number of axes left, 0 to … */
  rank = 0;
  /** Length of the innermost. */
  length = 1;
  readonly shape: number[] = [];
  /** Per operand, per axis, in elements. */
  readonly strides: number[][] = Array.from({ length: MAX_INPUTS }, () => []);
  /** Per operand, along the innermost axis. */
  readonly modes: number[] = new Array<number>(MAX_INPUTS).fill(0);

  set(inputs: readonly Operand[], out: Operand): void {
    if (this.#setFlat(inputs, out)) return;
    const { shape } = out;
    this.rank = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      const n = shape[axis]!;
      if (n === 1) continue;
      const last = this.rank - 1;
      let joins = last >= 0;
      for (let k = 0; k < inputs.length && joins; k++) {
        joins = this.strides[k]![last] === strideOf(inputs[k]!, axis, shape) * n;
      }
      if (!joins) this.rank++;
      const at = this.rank - 1;
      this.shape[at] = joins ? this.shape[at]! * n : n;
      for (let k = 0; k < inputs.length; k++) this.strides[k]![at] = strideOf(inputs[k]!, axis, shape);
    }
    this.#finish(inputs.length);
  }

  /** The common case: every operand is as contiguous as the result, or a single element. */
  #setFlat(inputs: readonly Operand[], out: Operand): boolean {
    const { shape } = out;
    for (let k = 0; k < inputs.length; k++) {
      const x = inputs[k]!;
      if (isSingle(x)) this.modes[k] = SPLAT;
      else if (hasStridesOf(x, out)) this.modes[k] = UNIT;
      else return false;
    }
    let size = 1;
    for (let i = 0; i < shape.length; i++) size *= shape[i]!;
    this.rank = 1;
    this.shape[0] = this.length = size;
    for (let k = 0; k < inputs.length; k++) this.strides[k]![0] = this.modes[k] === UNIT ? 1 : 0;
    return true;
  }

  #finish(count: number): void {
    if (this.rank === 0) {
      this.rank = 1;
      this.shape[0] = 1;
      for (let k = 0; k < count; k++) this.strides[k]![0] = 0;
    }
    const last = this.rank - 1;
    this.length = this.shape[last]!;
    for (let k = 0; k < count; k++) {
      const stride = this.strides[k]![last]!;
      this.modes[k] = stride === 1 ? UNIT : stride === 0 ? SPLAT : STRIDED;
    }
  }
}

/** The stride of `x`, broadcast to `shape`, along an axis of `shape`. */
function strideOf(x: Operand, axis: number, shape: readonly number[]): number {
  const own = axis - (shape.length - x.shape.length);
  return own < 0 || x.shape[own] === 1 ? 0 : x.strides[own]!;
}

function isSingle(x: Operand): boolean {
  const { shape } = x;
  for (let i = 0; i < shape.length; i++) if (shape[i] !== 1) return false;
  return true;
}

function hasStridesOf(x: Operand, out: Operand): boolean {
  const { shape, strides } = out;
  if (x.shape.length !== shape.length) return false;
  for (let i = 0; i < shape.length; i++) {
    if (x.shape[i] !== shape[i] || (shape[i] !== 1 && x.strides[i] !== strides[i])) return false;
  }
  return true;
}
