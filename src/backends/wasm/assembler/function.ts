import { KompaktError } from '../../../core/errors';
import { Bytes, unsignedBytes } from './bytes';
import { type Arg, type Expr, instruction, UNSIGNED, VALUE_TYPE_CODES, type ValueType } from './code';
import { asF32, asF64, asI32, i32 } from './scalar';

declare const named: unique symbol;

/** A local variable or parameter; as an expression, its value. */
export interface Local<T extends ValueType = ValueType> extends Expr<T> {
  /** There are no other expressions that can be set; its number is the immediate. */
  readonly [named]: true;
}

/** A place to branch to: the end of a block, or the start of a loop. */
export interface Label {
  readonly depth: number;
}

/** A function of the module, as `call` wants it. */
export interface FunctionRef<R extends ValueType | 'void' = ValueType | 'void'> {
  readonly index: number;
  readonly params: readonly ValueType[];
  readonly result: R;
}

/** Functions of one signature in the module's table. */
export interface TableRef<R extends ValueType | 'void' = ValueType | 'void'> {
  /** Number of the signature among the module's types. */
  readonly type: number;
  readonly params: readonly ValueType[];
  readonly result: R;
}

/** What a parameter or local of type `T` can be given: numbers too, for scalars. */
export type ValueOf<T extends ValueType> = T extends 'i32' | 'f32' | 'f64' ? Arg<T> : Expr<T>;

const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const NO_RESULT = 0x40;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
/** Bytes of a vector constant: the instruction and its value. */
const CONSTANT_BYTES = 18;

/** An array of `N` items, as a tuple where `N` is a literal. */
type TupleOf<T, N extends number, Items extends T[] = []> = number extends N
  ? T[]
  : Items['length'] extends N
    ? Items
    : TupleOf<T, N, [...Items, T]>;

/**
 * Builds the body of one WebAssembly function, statement by statement.
 *
 * @example
 * ```ts no-run
 * // out[i] = 2·x[i], four floats at a time
 * module.func('twice', ['i32', 'i32', 'i32'], 'void', (f, x, out, bytes) => {
 *   const i = f.local('i32');
 *   f.for(i, 0, bytes, 16, () => {
 *     f.do(v128.store(i32.add(out, i), f32x4.mul(v128.load(i32.add(x, i)), f32x4.const(2))));
 *   });
 * });
 * ```
 */
export class FunctionBuilder {
  private readonly params: readonly ValueType[];
  private readonly types: ValueType[] = [];
  private readonly body: Bytes;
  private depth = 0;
  private keepsConstants = false;

  constructor(params: readonly ValueType[], body = new Bytes()) {
    this.params = params;
    this.body = body;
  }

  /** Parameter `index` as a local. */
  param<T extends ValueType>(index: number): Local<T> {
    return makeLocal(this.params[index]! as T, index);
  }

  /** A new local, 0 or set to `value`. */
  local<T extends ValueType>(type: T, value?: ValueOf<T>): Local<T> {
    const local = makeLocal(type, this.params.length + this.types.length);
    this.types.push(type);
    if (value !== undefined) this.set(local, value);
    return local;
  }

  /** `count` new locals. */
  locals<T extends ValueType, N extends number>(type: T, count: N): TupleOf<Local<T>, N> {
    const made: Local<T>[] = [];
    for (let i = 0; i < count; i++) made.push(this.local(type));
    return made as TupleOf<Local<T>, N>;
  }

  set<T extends ValueType>(local: Local<T>, value: ValueOf<T>): void {
    this.body.expression(operand(local.type, value));
    this.body.byte(LOCAL_SET);
    this.body.unsigned(local.immediate);
  }

  /** Sets `local` and is its new value. */
  tee<T extends ValueType>(local: Local<T>, value: ValueOf<T>): Expr<T> {
    return instruction(local.type, LOCAL_TEE | UNSIGNED, operand(local.type, value), null, null, local.immediate);
  }

  /** local += amount. */
  increment(local: Local<'i32'>, amount: Arg<'i32'>): void {
    this.set(local, i32.add(local, amount));
  }

  /** Runs an instruction that leaves nothing, such as a store. */
  do(statement: Expr<'void'>): void {
    this.body.expression(statement);
  }

  /** Runs an instruction and forgets its value. */
  drop(value: Expr<ValueType>): void {
    this.body.expression(value);
    this.body.byte(0x1a);
  }

  /** A block; branching to its label leaves it. */
  block(body: (leave: Label) => void): void {
    this.nested(BLOCK, body);
  }

  /** A loop; branching to its label starts it again, and reaching its end leaves it. */
  loop(body: (again: Label) => void): void {
    this.nested(LOOP, body);
  }

  if(condition: Arg<'i32'>, then: () => void, otherwise?: () => void): void {
    this.body.expression(asI32(condition));
    this.open(IF);
    then();
    if (otherwise !== undefined) {
      this.body.byte(ELSE);
      otherwise();
    }
    this.close();
  }

  /** Repeats `body` while `condition` holds, tested before each round. */
  while(condition: Expr<'i32'>, body: () => void): void {
    this.startWhile(condition);
    body();
    this.endWhile(condition);
  }

  /** for (i = start; i < end; i += step), unsigned; `end` is evaluated each round. */
  for(i: Local<'i32'>, start: Arg<'i32'>, end: Arg<'i32'>, step: Arg<'i32'>, body: () => void): void {
    this.set(i, start);
    const inside = i32.ltU(i, end);
    this.startWhile(inside);
    body();
    this.increment(i, step);
    this.endWhile(inside);
  }

  br(label: Label): void {
    this.body.byte(BR);
    this.body.unsigned(this.distance(label));
  }

  brIf(label: Label, condition: Arg<'i32'>): void {
    this.body.expression(asI32(condition));
    this.body.byte(BR_IF);
    this.body.unsigned(this.distance(label));
  }

  /** Calls a function for its value (or effect: give the result to `do`). */
  call<R extends ValueType | 'void'>(fn: FunctionRef<R>, ...args: readonly (Expr | number)[]): Expr<R> {
    if (args.length !== fn.params.length) {
      throw new KompaktError(
        `assembler: function ${fn.index} takes ${fn.params.length} arguments, got ${args.length}.`,
      );
    }
    return withOperands(fn.result, 0x10 | UNSIGNED, operandsOf(fn.params, args), fn.index, -1);
  }

  /** Calls function `index` of the table. */
  callIndirect<R extends ValueType | 'void'>(
    table: TableRef<R>,
    index: Arg<'i32'>,
    ...args: readonly (Expr | number)[]
  ): Expr<R> {
    const operands = [...operandsOf(table.params, args), asI32(index)];
    return withOperands(table.result, 0x11 | UNSIGNED, operands, table.type, 0);
  }

  /** Returns from the function. */
  return(value?: Expr<ValueType>): void {
    if (value !== undefined) this.body.expression(value);
    this.body.byte(0x0f);
  }

  /** Leaves the function's result at the end of its body. */
  result(value: Expr<ValueType>): void {
    this.body.expression(value);
  }

  /**
   * Has each vector constant loaded once, at the start of the function. V8 as of Node 24 otherwise builds it anew, from
   * two integers, every time it is used, in loops too: a polynomial then takes nearly twice as long. Call it anywhere.
   */
  keepConstants(): void {
    this.keepsConstants = true;
  }

  /** Appends the encoded function: locals and code, prefixed with their size. */
  encode(to: Bytes): void {
    const body = this.keepsConstants ? this.withKeptConstants() : this.body;
    const count = this.types.length;
    to.unsigned(unsignedBytes(count) + 2 * count + body.length + 1);
    to.unsigned(count);
    for (const type of this.types) {
      to.byte(1);
      to.byte(VALUE_TYPE_CODES[type]);
    }
    to.append(body);
    to.byte(END);
  }

  /** The body with each vector constant but zero, which is as cheap as a local, in a local that is set first. */
  private withKeptConstants(): Bytes {
    const kept = new Map<string, Local>();
    const all = new Bytes();
    const body = new Bytes();
    let done = 0;
    for (const at of this.body.vectors) {
      const value = this.body.slice(at, at + CONSTANT_BYTES);
      if (value.every((byte, i) => i < 2 || byte === 0)) continue;
      const key = value.join();
      let local = kept.get(key);
      if (local === undefined) {
        local = this.local('v128');
        kept.set(key, local);
        all.raw(value);
        all.byte(LOCAL_SET);
        all.unsigned(local.immediate);
      }
      body.append(this.body, done, at);
      body.expression(local);
      done = at + CONSTANT_BYTES;
    }
    all.append(body);
    all.append(this.body, done);
    return all;
  }

  private nested(opcode: number, body: (label: Label) => void): void {
    this.open(opcode);
    body({ depth: this.depth });
    this.close();
  }

  private open(opcode: number): void {
    this.body.byte(opcode);
    this.body.byte(NO_RESULT);
    this.depth++;
  }

  private close(): void {
    this.depth--;
    this.body.byte(END);
  }

  private startWhile(condition: Expr<'i32'>): void {
    this.body.expression(condition);
    this.open(IF);
    this.open(LOOP);
  }

  private endWhile(condition: Expr<'i32'>): void {
    this.body.expression(condition);
    this.body.byte(BR_IF);
    this.body.byte(0);
    this.close();
    this.close();
  }

  private distance(label: Label): number {
    const distance = this.depth - label.depth;
    if (distance < 0) throw new KompaktError('assembler: a branch to a block that has already ended.');
    return distance;
  }
}

function makeLocal<T extends ValueType>(type: T, index: number): Local<T> {
  return instruction(type, LOCAL_GET | UNSIGNED, null, null, null, index) as Local<T>;
}

function operandsOf(types: readonly ValueType[], values: readonly (Expr | number)[]): Expr[] {
  return types.map((type, i) => operand(type, values[i] as never));
}

function withOperands<R extends ValueType | 'void'>(
  type: R,
  op: number,
  operands: readonly Expr[],
  immediate: number,
  last: number,
): Expr<R> {
  const [a, b, c] = operands;
  const more = operands.length > 3 ? operands.slice(3) : null;
  return instruction(type, op, a ?? null, b ?? null, c ?? null, immediate, last, null, more);
}

function operand(type: ValueType, value: Expr | number): Expr {
  if (typeof value !== 'number') {
    if (value.type !== type) throw new KompaktError(`assembler: expected a value of type ${type}, got ${value.type}.`);
    return value;
  }
  if (type === 'i32') return asI32(value);
  if (type === 'f32') return asF32(value);
  if (type === 'f64') return asF64(value);
  throw new KompaktError(`assembler: a plain number can't stand for a ${type}; use its const.`);
}
