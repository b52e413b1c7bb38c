export type { Arg, Expr, ValueType } from './code';
export { FunctionBuilder, type FunctionRef, type Label, type Local, type TableRef, type ValueOf } from './function';
export { assemble, type MemoryImport, ModuleBuilder } from './module';
export { f32, f64, i32, i64, memory } from './scalar';
export { v128 } from './simd-bits';
export type { V128 } from './simd-code';
export { f32x4, f64x2 } from './simd-float';
export { i8x16, i16x8, i32x4, i64x2 } from './simd-integer';
