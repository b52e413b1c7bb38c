import { type FunctionBuilder, f32x4, type Local, type V128 } from '../assembler/index';

/** A vector in a local: safe to use more than once. */
export type Vector = Local<'v128'>;

/** Emits straight-line vector code into a function, intermediate results kept in locals. */
export class Emitter {
  /** @param fused - whether products may be added by one instruction, which rounds once. */
  constructor(
    readonly f: FunctionBuilder,
    readonly fused = false,
  ) {}

  /** Computes `value` once, into a new local. */
  keep(value: V128): Vector {
    return this.f.local('v128', value);
  }

  /** a·b + c in float32. */
  multiplyAdd(a: V128, b: V128, c: V128): V128 {
    return this.fused ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
  }

  /** c − a·b in float32. */
  lessProduct(a: V128, b: V128, c: V128): V128 {
    return this.fused ? f32x4.relaxedNmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
  }
}
