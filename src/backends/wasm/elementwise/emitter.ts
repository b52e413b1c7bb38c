import type { FunctionBuilder, Local, V128 } from '../assembler/index';

/** A vector in a local: safe to use more than once. */
export type Vector = Local<'v128'>;

/** Emits straight-line vector code into a function, intermediate results kept in locals. */
export class Emitter {
  constructor(readonly f: FunctionBuilder) {}

  /** Computes `value` once, into a new local. */
  keep(value: V128): Vector {
    return this.f.local('v128', value);
  }
}
