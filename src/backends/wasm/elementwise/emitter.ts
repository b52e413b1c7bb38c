import type { FunctionBuilder, FunctionRef, Local, V128 } from '../assembler/index';

/** A vector in a local: safe to use more than once. */
export type Vector = Local<'v128'>;

const makeHostFunctions = () => ({
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  /** The remainder with the sign of the divisor. */
  mod: (a: number, b: number): number => {
    const r = a % b;
    if (r === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
    return r < 0 !== b < 0 && b !== 0 ? r + b : r;
  },
  /** Modulo 2^32, as typed arrays convert. */
  toInt32: (x: number): number => x | 0,
});
/** Functions of the host that generated code falls back on, lane by lane, where vector code would lose accuracy. */
export const HOST_FUNCTIONS = /* @__PURE__ */ makeHostFunctions();

export type HostFunction = keyof typeof HOST_FUNCTIONS;

/** Emits straight-line vector code into a function, intermediate results kept in locals. */
export class Emitter {
  constructor(
    readonly f: FunctionBuilder,
    readonly host: (name: HostFunction) => FunctionRef<'f64'>,
  ) {}

  /** Computes `value` once, into a new local. */
  keep(value: V128): Vector {
    return this.f.local('v128', value);
  }
}
