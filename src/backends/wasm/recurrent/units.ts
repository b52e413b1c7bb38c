import { f32x4, type V128 } from '../assembler/index';
import type { Emitter, Vector } from '../elementwise/emitter';
import { sigmoid32, tanh32 } from '../elementwise/math32';

/** Kinds of recurrent cells. */
export type CellKind = 'simple' | 'lstm' | 'gru';

/** The state of four units before a step; c where there is one. */
export interface UnitStates {
  readonly h: Vector;
  readonly c: Vector | null;
}

/**
 * The code of one cell for four units at a time. As the operation defines it: of a step, `slots` vectors are kept, the last
 * of which are the state, c before h; the first `gates` cotangents are those of the product of the state with the
 * recurrent kernel.
 */
export interface UnitCode {
  readonly gates: number;
  readonly slots: number;
  readonly states: 1 | 2;
  readonly cotangents: number;
  /** About the nanoseconds per unit of a step, and of a step back. */
  readonly cost: { readonly step: number; readonly back: number };
  step(e: Emitter, x: readonly Vector[], product: readonly Vector[], before: UnitStates): readonly Vector[];
  back(e: Emitter, slots: readonly Vector[], before: UnitStates, dh: Vector, dc: Vector | null): UnitGradient;
}

export interface UnitGradient {
  readonly d: readonly Vector[];
  /** Of the state before, by another way than the product; null for none. */
  readonly dh: Vector | null;
  readonly dc: Vector | null;
}

const { add, sub, mul } = f32x4;
const oneMinus = (x: V128): V128 => sub(f32x4.const(1), x);
/** d·s·(1 − s), through a gate s. */
const throughGate = (d: V128, s: Vector): V128 => mul(d, mul(s, oneMinus(s)));
/** d·(1 − t²), through a tanh t. */
const throughTanh = (d: V128, t: Vector): V128 => mul(d, oneMinus(mul(t, t)));

const makeUnits = (): Readonly<Record<CellKind, UnitCode>> => ({
  simple: {
    gates: 1,
    slots: 1,
    states: 1,
    cotangents: 1,
    cost: { step: 2, back: 1 },
    step: (e, [x], [u]) => [e.keep(tanh32(e, e.keep(add(x!, u!))))],
    back: (e, [h], _before, dh) => ({ d: [e.keep(throughTanh(dh, h!))], dh: null, dc: null }),
  },
  lstm: {
    gates: 4,
    slots: 6,
    states: 2,
    cotangents: 4,
    cost: { step: 7, back: 4 },
    step: (e, x, u, { c }) => {
      const sums = x.map((v, k) => e.keep(add(v, u[k]!)));
      const [i, f, o] = [0, 1, 3].map((k) => e.keep(sigmoid32(e, sums[k]!))) as [Vector, Vector, Vector];
      const g = e.keep(tanh32(e, sums[2]!));
      const carry = e.keep(add(mul(f, c!), mul(i, g)));
      return [i, f, g, o, carry, e.keep(mul(o, tanh32(e, carry)))];
    },
    back: (e, [i, f, g, o, c], before, dh, dc) => {
      const t = e.keep(tanh32(e, c!));
      const whole = e.keep(add(dc!, throughTanh(mul(dh, o!), t)));
      const d = [
        e.keep(throughGate(mul(whole, g!), i!)),
        e.keep(throughGate(mul(whole, before.c!), f!)),
        e.keep(throughTanh(mul(whole, i!), g!)),
        e.keep(throughGate(mul(dh, t), o!)),
      ];
      return { d, dh: null, dc: e.keep(mul(whole, f!)) };
    },
  },
  gru: {
    gates: 3,
    slots: 5,
    states: 1,
    cotangents: 4,
    cost: { step: 5, back: 3 },
    step: (e, [xz, xr, xh], [s, uz, ur], { h }) => {
      const z = e.keep(sigmoid32(e, e.keep(add(xz!, uz!))));
      const r = e.keep(sigmoid32(e, e.keep(add(xr!, ur!))));
      const candidate = e.keep(tanh32(e, e.keep(add(xh!, mul(r, s!)))));
      return [z, r, candidate, s!, e.keep(add(mul(z, h), mul(oneMinus(z), candidate)))];
    },
    back: (e, [z, r, candidate, s], { h }, dh) => {
      const d = e.keep(throughTanh(mul(dh, oneMinus(z!)), candidate!));
      const dz = e.keep(throughGate(mul(dh, sub(h, candidate!)), z!));
      const dr = e.keep(throughGate(mul(d, s!), r!));
      return { d: [e.keep(mul(d, r!)), dz, dr, d], dh: e.keep(mul(dh, z!)), dc: null };
    },
  },
});
/** The code of every cell. */
export const UNITS: Readonly<Record<CellKind, UnitCode>> = /* @__PURE__ */ makeUnits();
