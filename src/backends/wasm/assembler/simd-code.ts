import { type Arg, aligned, type Expr, instruction, prefixed, VECTOR_CONSTANT } from './code';
import { asI32 } from './scalar';

/** A value of 16 bytes. */
export type V128 = Expr<'v128'>;
export type Void = Expr<'void'>;

export const simd = (op: number): number => prefixed(0xfd, op);

export const unary = (number: number) => {
  const op = simd(number);
  return (x: V128): V128 => instruction('v128', op, x, null, null);
};
export const binary = (number: number) => {
  const op = simd(number);
  return (a: V128, b: V128): V128 => instruction('v128', op, a, b, null);
};
export const ternary = (number: number) => {
  const op = simd(number);
  return (a: V128, b: V128, c: V128): V128 => instruction('v128', op, a, b, c);
};
export const shift = (number: number) => {
  const op = simd(number);
  return (x: V128, bits: Arg<'i32'>): V128 => instruction('v128', op, x, asI32(bits), null);
};
export const test = (number: number) => {
  const op = simd(number);
  return (x: V128): Expr<'i32'> => instruction('i32', op, x, null, null);
};
export const load = (number: number, alignment: number) => {
  const op = simd(number) | aligned(alignment);
  return (address: Arg<'i32'>, offset = 0): V128 => instruction('v128', op, asI32(address), null, null, offset);
};
export const loadLane = (number: number, alignment: number) => {
  const op = simd(number) | aligned(alignment);
  return (address: Arg<'i32'>, into: V128, lane: number, offset = 0): V128 =>
    instruction('v128', op, asI32(address), into, null, offset, lane);
};
export const storeLane = (number: number, alignment: number) => {
  const op = simd(number) | aligned(alignment);
  return (address: Arg<'i32'>, from: V128, lane: number, offset = 0): Void =>
    instruction('void', op, asI32(address), from, null, offset, lane);
};
export const extractI32 = (number: number) => {
  const op = simd(number);
  return (x: V128, lane: number): Expr<'i32'> => instruction('i32', op, x, null, null, 0, lane);
};
export const replaceI32 = (number: number) => {
  const op = simd(number);
  return (x: V128, lane: number, value: Arg<'i32'>): V128 => instruction('v128', op, x, asI32(value), null, 0, lane);
};

/** A vector constant from its 16 bytes. */
export const constant = (bytes: ArrayLike<number>): V128 =>
  instruction('v128', VECTOR_CONSTANT, null, null, null, 0, -1, bytes);
export const repeat = (bytes: readonly number[], times: number): number[] =>
  Array.from({ length: times }, () => bytes).flat();
export const littleEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => (value >> (8 * i)) & 255);
