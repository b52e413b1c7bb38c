import {
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  type V128,
  v128,
} from '../assembler/index';
import { Emitter, type Vector } from '../elementwise/emitter';
import { emitTask } from '../task';
import type { UnitCode } from './units';

type I32 = Local<'i32'>;

const addVectors = (a: V128, b: V128): V128 => f32x4.add(a, b);

/** What differs between the code of steps. */
export interface StepVariant {
  /** Whether rows may be masked. */
  readonly masked: boolean;
  /** Whether there is a product of the state with the recurrent kernel; it is 0 before the first step. */
  readonly product: boolean;
  /** Whether the product has a bias. */
  readonly bias: boolean;
  /** Whether there is fused multiply-add. */
  readonly fused: boolean;
}

/** What differs between the code of steps back. */
export interface BackVariant {
  readonly masked: boolean;
  /** Whether c has cotangents from outside, before those of h. */
  readonly carry: boolean;
  /** Whether there is fused multiply-add. */
  readonly fused: boolean;
}

/** Runs `body` for all vectors of a row of `units`, j bytes after its start; `tail` counts the lanes of one not whole. */
function overUnits(f: FunctionBuilder, units: I32, body: (j: I32, tail: I32 | null) => void): void {
  const j = f.local('i32', 0);
  const bytes = f.local('i32', i32.shl(units, 2));
  const whole = f.local('i32', i32.and(bytes, -16));
  const tail = f.local('i32', i32.and(units, 3));
  f.while(i32.ltU(j, whole), () => {
    body(j, null);
    f.increment(j, 16);
  });
  f.if(tail, () => body(j, tail));
}

/** Stores a vector, or its first lanes. */
function store(e: Emitter, at: I32, value: V128, tail: I32 | null): void {
  const { f } = e;
  if (tail === null) {
    f.do(v128.store(at, value));
    return;
  }
  const kept = e.keep(value);
  f.do(v128.store32Lane(at, kept, 0));
  f.if(i32.and(tail, 2), () => f.do(v128.store32Lane(at, kept, 1, 4)));
  f.if(i32.eq(tail, 3), () => f.do(v128.store32Lane(at, kept, 2, 8)));
}

/** Vectors of rows that lie side by side, `bytes` from one to the next. */
function side(e: Emitter, base: I32, bytes: I32, j: I32) {
  const { f } = e;
  const at = (k: number): I32 => f.local('i32', i32.add(base, i32.add(i32.mul(bytes, k), j)));
  return {
    load: (k: number): Vector => e.keep(v128.load(at(k))),
    store: (k: number, value: V128, tail: I32 | null): void => store(e, at(k), value, tail),
  };
}

/**
 * Emits a step: a unit of work is a sample. `from` and `to` are where the first sample keeps the step before, and this one,
 * `kept` bytes from sample to sample.
 */
export function emitStep(m: ModuleBuilder, unit: UnitCode, { masked, product, bias, fused }: StepVariant): void {
  const words = ['x', 'xRow', 'product', 'bias', 'from', 'to', 'kept', 'mask', 'maskRow', 'units'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    f.keepConstants();
    const e = new Emitter(f, fused);
    const [row, x, from, to, own] = f.locals('i32', 5);
    const bytes = f.local('i32', i32.shl(w.units, 2));
    const { gates, slots, states } = unit;
    const compute = (): void =>
      overUnits(f, w.units, (j, tail) => {
        const [inputs, products, biases] = [x, own, w.bias].map((base) => side(e, base, bytes, j));
        const [before, after] = [from, to].map((base) => side(e, base, bytes, j));
        const h = before!.load(slots - 1);
        const c = states === 2 ? before!.load(slots - 2) : null;
        const all = Array.from({ length: gates }, (_, g) => g);
        const sums = all.map((g) => {
          if (!product) return bias ? biases!.load(g) : e.keep(v128.zero());
          const p = products!.load(g);
          return bias ? e.keep(addVectors(p, biases!.load(g))) : p;
        });
        const found = unit.step(
          e,
          all.map((g) => inputs!.load(g)),
          sums,
          { h, c },
        );
        found.forEach((value, s) => after!.store(s, value, tail));
      });
    f.for(row, begin, end, 1, () => {
      f.set(x, i32.add(w.x, i32.mul(row, w.xRow)));
      f.set(from, i32.add(w.from, i32.mul(row, w.kept)));
      f.set(to, i32.add(w.to, i32.mul(row, w.kept)));
      f.set(own, i32.add(w.product, i32.mul(row, i32.mul(bytes, gates))));
      if (!masked) {
        compute();
        return;
      }
      f.if(i32.load8U(i32.add(w.mask, i32.mul(row, w.maskRow))), compute, () => {
        const rest = f.local('i32', i32.mul(bytes, slots - states));
        f.do(memory.fill(to, 0, rest));
        f.do(memory.copy(i32.add(to, rest), i32.add(from, rest), i32.mul(bytes, states)));
      });
    });
  });
}

/**
 * Emits a step back: a unit of work is a sample. `from` and `to` are the blocks of the step before and of this one; `g` the
 * cotangents of its output; `d` is where its own go; `product` has what comes back from the step after by the product,
 * `direct` what comes otherwise, of h and then of c, and takes what goes on.
 */
export function emitBack(m: ModuleBuilder, unit: UnitCode, { masked, carry, fused }: BackVariant): void {
  const words = [
    'from',
    'to',
    'kept',
    'g',
    'gRow',
    'd',
    'dRow',
    'product',
    'direct',
    'mask',
    'maskRow',
    'units',
  ] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    f.keepConstants();
    const e = new Emitter(f, fused);
    const [row, from, to, g, d, product, direct] = f.locals('i32', 7);
    const bytes = f.local('i32', i32.shl(w.units, 2));
    const { slots, states, cotangents } = unit;
    const zero = (): Vector => e.keep(v128.zero());
    const overRow = (isMasked: boolean): void =>
      overUnits(f, w.units, (j, tail) => {
        const [before, own, given, out, back, other] = [from, to, g, d, product, direct].map((base) =>
          side(e, base, bytes, j),
        );
        const dh = e.keep(addVectors(given!.load(carry ? 1 : 0), addVectors(back!.load(0), other!.load(0))));
        const flowing = states === 2 ? other!.load(1) : null;
        const dc = flowing !== null && carry ? e.keep(addVectors(flowing, given!.load(0))) : flowing;
        if (isMasked) {
          for (let k = 0; k < cotangents; k++) out!.store(k, zero(), tail);
          other!.store(0, dh, tail);
          if (dc !== null) other!.store(1, dc, tail);
          return;
        }
        const states2 = { h: before!.load(slots - 1), c: states === 2 ? before!.load(slots - 2) : null };
        const kept = Array.from({ length: slots }, (_, s) => own!.load(s));
        const found = unit.back(e, kept, states2, dh, dc);
        found.d.forEach((value, k) => out!.store(k, value, tail));
        other!.store(0, found.dh ?? zero(), tail);
        if (found.dc !== null) other!.store(1, found.dc, tail);
      });
    f.for(row, begin, end, 1, () => {
      f.set(from, i32.add(w.from, i32.mul(row, w.kept)));
      f.set(to, i32.add(w.to, i32.mul(row, w.kept)));
      f.set(g, i32.add(w.g, i32.mul(row, w.gRow)));
      f.set(d, i32.add(w.d, i32.mul(row, w.dRow)));
      f.set(product, i32.add(w.product, i32.mul(row, bytes)));
      f.set(direct, i32.add(w.direct, i32.mul(row, i32.mul(bytes, states))));
      if (!masked) overRow(false);
      else {
        f.if(
          i32.load8U(i32.add(w.mask, i32.mul(row, w.maskRow))),
          () => overRow(false),
          () => overRow(true),
        );
      }
    });
  });
}

/** Emits a task that clears rows of `bytes` and copies parts into them, `count` given as addresses, strides and places. */
export function emitRows(m: ModuleBuilder, count: number): void {
  const parts = Array.from({ length: count }, (_, i) => [`source${i}`, `row${i}`, `place${i}`]).flat();
  const words = ['to', 'toRow', 'bytes', 'part', ...parts];
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const [row, to] = f.locals('i32', 2);
    f.for(row, begin, end, 1, () => {
      f.set(to, i32.add(w.to!, i32.mul(row, w.toRow!)));
      f.do(memory.fill(to, 0, w.bytes!));
      for (let i = 0; i < count; i++) {
        const source = i32.add(w[`source${i}`]!, i32.mul(row, w[`row${i}`]!));
        f.do(memory.copy(i32.add(to, w[`place${i}`]!), source, w.part!));
      }
    });
  });
}

/** Emits what remains of the cotangents after the first step: those of the state before it, a sample being a unit of work. */
export function emitFinish(m: ModuleBuilder, { states, cotangents }: UnitCode): void {
  const words = ['d', 'dRow', 'product', 'direct', 'units'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const e = new Emitter(f);
    const [row, d, product, direct] = f.locals('i32', 4);
    const bytes = f.local('i32', i32.shl(w.units, 2));
    f.for(row, begin, end, 1, () => {
      f.set(d, i32.add(w.d, i32.mul(row, w.dRow)));
      f.set(product, i32.add(w.product, i32.mul(row, bytes)));
      f.set(direct, i32.add(w.direct, i32.mul(row, i32.mul(bytes, states))));
      f.do(memory.fill(d, 0, i32.mul(bytes, cotangents)));
      overUnits(f, w.units, (j, tail) => {
        const [out, back, other] = [d, product, direct].map((base) => side(e, base, bytes, j));
        out!.store(0, addVectors(back!.load(0), other!.load(0)), tail);
        if (states === 2) out!.store(1, other!.load(1), tail);
      });
    });
  });
}
