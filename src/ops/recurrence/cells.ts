/** Kinds of recurrent cells that run as one operation; see {@link CELLS}. */
export type CellKind = 'simple' | 'lstm' | 'gru';

/** The state of one unit before a step. */
export interface UnitState {
  readonly h: number;
  readonly c: number;
}

/**
 * One unit of a cell, as everything but the product with the recurrent kernel goes unit by unit. Of a step, so many
 * `slots` numbers are kept per unit, the last of which are the state, c before h.
 */
export interface UnitRule {
  /** Columns of projected inputs, and of the recurrent kernel, per unit. */
  readonly gates: number;
  readonly slots: number;
  /** 2 where there is a c. */
  readonly states: 1 | 2;
  /**
   * Cotangents of a step per unit: first those of the product of the state with the recurrent kernel; those of the
   * projected inputs are the last.
   */
  readonly cotangents: number;
  /** The slots, from the unit's projected inputs x and its columns of the product. */
  step(x: readonly number[], product: readonly number[], before: UnitState): readonly number[];
  /** The cotangents, and those that go to the state before by another way than the product. */
  back(slots: readonly number[], before: UnitState, dh: number, dc: number): UnitGradient;
}

export interface UnitGradient {
  readonly d: readonly number[];
  readonly dh: number;
  readonly dc: number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** h = tanh(x + u). */
const simple: UnitRule = {
  gates: 1,
  slots: 1,
  states: 1,
  cotangents: 1,
  step: ([x], [u]) => [Math.tanh(x! + u!)],
  back: ([h], _before, dh) => ({ d: [dh * (1 - h! * h!)], dh: 0, dc: 0 }),
};

/** Gates i, f, g, o of x + u; slots i, f, g, o, c, h. */
const lstm: UnitRule = {
  gates: 4,
  slots: 6,
  states: 2,
  cotangents: 4,
  step: (x, u, before) => {
    const [i, f, o] = [0, 1, 3].map((k) => sigmoid(x[k]! + u[k]!)) as [number, number, number];
    const g = Math.tanh(x[2]! + u[2]!);
    const c = f * before.c + i * g;
    return [i, f, g, o, c, o * Math.tanh(c)];
  },
  back: ([i, f, g, o, c], before, dh, dc) => {
    const t = Math.tanh(c!);
    const whole = dc + dh * o! * (1 - t * t);
    const d = [
      whole * g! * i! * (1 - i!),
      whole * before.c * f! * (1 - f!),
      whole * i! * (1 - g! * g!),
      dh * t * o! * (1 - o!),
    ];
    return { d, dh: 0, dc: whole * f! };
  },
};

/**
 * Inputs of z, r, h̃; products for h̃, z, r, so that cotangents of both lie side by side. Slots z, r, h̃, the product for h̃
 * (s), h; cotangents of s, z, r, h̃.
 */
const gru: UnitRule = {
  gates: 3,
  slots: 5,
  states: 1,
  cotangents: 4,
  step: ([xz, xr, xh], [s, uz, ur], { h }) => {
    const [z, r] = [sigmoid(xz! + uz!), sigmoid(xr! + ur!)];
    const candidate = Math.tanh(xh! + r * s!);
    return [z, r, candidate, s!, z * h + (1 - z) * candidate];
  },
  back: ([z, r, candidate, s], { h }, dh) => {
    const d = dh * (1 - z!) * (1 - candidate! * candidate!);
    return { d: [d * r!, dh * (h - candidate!) * z! * (1 - z!), d * s! * r! * (1 - r!), d], dh: dh * z!, dc: 0 };
  },
};

/** All cells by name, with the activations that most have: tanh, and the logistic function for gates. */
export const CELLS: Readonly<Record<CellKind, UnitRule>> = { simple, lstm, gru };
