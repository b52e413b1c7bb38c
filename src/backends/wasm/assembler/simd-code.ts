import { type Arg, type Code, type Expr, memarg, unsigned, VectorConstant } from './code';
import { codeI32 } from './scalar';

/** A value of 16 bytes. */
export type V128 = Expr<'v128'>;
export type Void = Expr<'void'>;

export const v = (...code: Code): V128 => ({ type: 'v128', code });
export const simd = (op: number): Code => [0xfd, unsigned(op)];

export const unary = (op: number) => {
  const instruction = simd(op);
  return (x: V128): V128 => v(x.code, instruction);
};
export const binary = (op: number) => {
  const instruction = simd(op);
  return (a: V128, b: V128): V128 => v(a.code, b.code, instruction);
};
export const ternary = (op: number) => {
  const instruction = simd(op);
  return (a: V128, b: V128, c: V128): V128 => v(a.code, b.code, c.code, instruction);
};
export const shift = (op: number) => {
  const instruction = simd(op);
  return (x: V128, bits: Arg<'i32'>): V128 => v(x.code, codeI32(bits), instruction);
};
export const test = (op: number) => {
  const instruction = simd(op);
  return (x: V128): Expr<'i32'> => ({ type: 'i32', code: [x.code, instruction] });
};
export const load = (op: number, alignment: number) => {
  const instruction = simd(op);
  return (address: Arg<'i32'>, offset = 0): V128 => v(codeI32(address), instruction, memarg(alignment, offset));
};
export const loadLane = (op: number, alignment: number) => {
  const instruction = simd(op);
  return (address: Arg<'i32'>, into: V128, lane: number, offset = 0): V128 =>
    v(codeI32(address), into.code, instruction, memarg(alignment, offset), lane);
};
export const storeLane = (op: number, alignment: number) => {
  const instruction = simd(op);
  return (address: Arg<'i32'>, from: V128, lane: number, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), from.code, instruction, memarg(alignment, offset), lane],
  });
};
export const extractI32 = (op: number) => {
  const instruction = simd(op);
  return (x: V128, lane: number): Expr<'i32'> => ({ type: 'i32', code: [x.code, instruction, lane] });
};
export const replaceI32 = (op: number) => {
  const instruction = simd(op);
  return (x: V128, lane: number, value: Arg<'i32'>): V128 => v(x.code, codeI32(value), instruction, lane);
};

/** A vector constant from its 16 bytes. */
export const constant = (bytes: readonly number[]): V128 => v(new VectorConstant([0xfd, 12, ...bytes]));
export const repeat = (bytes: readonly number[], times: number): number[] =>
  Array.from({ length: times }, () => bytes).flat();
export const littleEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => (value >> (8 * i)) & 255);
