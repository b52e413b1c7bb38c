import { KompaktError } from '../../../core/errors';
import {
  type Arg,
  type Code,
  type Expr,
  flat,
  sized,
  unsigned,
  VALUE_TYPE_CODES,
  type ValueType,
  VectorConstant,
} from './code';
import { codeF32, codeF64, codeI32, i32 } from './scalar';

/** A local variable or parameter; as an expression, its value. */
export interface Local<T extends ValueType = ValueType> extends Expr<T> {
  readonly index: number;
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
const NO_RESULT = 0x40;

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
  readonly #params: readonly ValueType[];
  readonly #locals: ValueType[] = [];
  readonly #body: Code[] = [];
  #depth = 0;
  #keepsConstants = false;

  constructor(params: readonly ValueType[]) {
    this.#params = params;
  }

  /** Parameter `index` as a local. */
  param<T extends ValueType>(index: number): Local<T> {
    return makeLocal(this.#params[index]! as T, index);
  }

  /** A new local, 0 or set to `value`. */
  local<T extends ValueType>(type: T, value?: ValueOf<T>): Local<T> {
    const local = makeLocal(type, this.#params.length + this.#locals.length);
    this.#locals.push(type);
    if (value !== undefined) this.set(local, value);
    return local;
  }

  /** `count` new locals. */
  locals<T extends ValueType, N extends number>(type: T, count: N): TupleOf<Local<T>, N> {
    return Array.from({ length: count }, () => this.local(type)) as TupleOf<Local<T>, N>;
  }

  set<T extends ValueType>(local: Local<T>, value: ValueOf<T>): void {
    this.#body.push([operand(local.type, value), 0x21, unsigned(local.index)]);
  }

  /** Sets `local` and is its new value. */
  tee<T extends ValueType>(local: Local<T>, value: ValueOf<T>): Expr<T> {
    return { type: local.type, code: [operand(local.type, value), 0x22, unsigned(local.index)] };
  }

  /** local += amount. */
  increment(local: Local<'i32'>, amount: Arg<'i32'>): void {
    this.set(local, i32.add(local, amount));
  }

  /** Runs an instruction that leaves nothing, such as a store. */
  do(statement: Expr<'void'>): void {
    this.#body.push(statement.code);
  }

  /** Runs an instruction and forgets its value. */
  drop(value: Expr<ValueType>): void {
    this.#body.push([value.code, 0x1a]);
  }

  /** A block; branching to its label leaves it. */
  block(body: (leave: Label) => void): void {
    this.#nested([BLOCK, NO_RESULT], body);
  }

  /** A loop; branching to its label starts it again, and reaching its end leaves it. */
  loop(body: (again: Label) => void): void {
    this.#nested([LOOP, NO_RESULT], body);
  }

  if(condition: Arg<'i32'>, then: () => void, otherwise?: () => void): void {
    this.#body.push([codeI32(condition), IF, NO_RESULT]);
    this.#depth++;
    then();
    if (otherwise !== undefined) {
      this.#body.push([ELSE]);
      otherwise();
    }
    this.#depth--;
    this.#body.push([END]);
  }

  /** Repeats `body` while `condition` holds, tested before each round. */
  while(condition: Expr<'i32'>, body: () => void): void {
    this.if(condition, () => {
      this.loop((again) => {
        body();
        this.brIf(again, condition);
      });
    });
  }

  /** for (i = start; i < end; i += step), unsigned; `end` is evaluated each round. */
  for(i: Local<'i32'>, start: Arg<'i32'>, end: Arg<'i32'>, step: Arg<'i32'>, body: () => void): void {
    this.set(i, start);
    this.while(i32.ltU(i, end), () => {
      body();
      this.increment(i, step);
    });
  }

  br(label: Label): void {
    this.#body.push([0x0c, unsigned(this.#distance(label))]);
  }

  brIf(label: Label, condition: Arg<'i32'>): void {
    this.#body.push([codeI32(condition), 0x0d, unsigned(this.#distance(label))]);
  }

  /** Calls a function for its value (or effect: give the result to `do`). */
  call<R extends ValueType | 'void'>(fn: FunctionRef<R>, ...args: readonly (Expr | number)[]): Expr<R> {
    if (args.length !== fn.params.length) {
      throw new KompaktError(
        `assembler: function ${fn.index} takes ${fn.params.length} arguments, got ${args.length}.`,
      );
    }
    const codes = fn.params.map((type, i) => operand(type, args[i] as never));
    return { type: fn.result, code: [codes, 0x10, unsigned(fn.index)] };
  }

  /** Calls function `index` of the table. */
  callIndirect<R extends ValueType | 'void'>(
    table: TableRef<R>,
    index: Arg<'i32'>,
    ...args: readonly (Expr | number)[]
  ): Expr<R> {
    const codes = table.params.map((type, i) => operand(type, args[i] as never));
    return { type: table.result, code: [codes, codeI32(index), 0x11, unsigned(table.type), 0] };
  }

  /** Returns from the function. */
  return(value?: Expr<ValueType>): void {
    this.#body.push([value === undefined ? [] : value.code, 0x0f]);
  }

  /** Leaves the function's result at the end of its body. */
  result(value: Expr<ValueType>): void {
    this.#body.push(value.code);
  }

  /**
   * Has each vector constant loaded once, at the start of the function. V8 as of Node 24 otherwise builds it anew, from
   * two integers, every time it is used, in loops too: a polynomial then takes nearly twice as long. Call it anywhere.
   */
  keepConstants(): void {
    this.#keepsConstants = true;
  }

  /** The encoded function: locals and code, prefixed with their size. */
  encode(): Code {
    const body = this.#keepsConstants ? this.#withKeptConstants() : this.#body;
    const locals = this.#locals.map((t) => [1, VALUE_TYPE_CODES[t]]);
    return sized(flat([unsigned(this.#locals.length), locals, body, END]));
  }

  /** The body with each vector constant but zero, which is as cheap as a local, in a local. */
  #withKeptConstants(): Code {
    const kept = new Map<string, Local>();
    const loads: Code[] = [];
    const replace = (code: Code): Code =>
      code.map((part) => {
        if (typeof part === 'number') return part;
        if (!(part instanceof Uint8Array)) return replace(part);
        if (!(part instanceof VectorConstant) || part.every((byte, i) => i < 2 || byte === 0)) return part;
        const key = part.join();
        let local = kept.get(key);
        if (local === undefined) {
          local = this.local('v128');
          kept.set(key, local);
          loads.push([part, 0x21, unsigned(local.index)]);
        }
        return local.code;
      });
    const body = replace(this.#body);
    return [loads, body];
  }

  #nested(open: Code, body: (label: Label) => void): void {
    this.#body.push(open);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.#body.push([END]);
  }

  #distance(label: Label): number {
    const distance = this.#depth - label.depth;
    if (distance < 0) throw new KompaktError('assembler: a branch to a block that has already ended.');
    return distance;
  }
}

function makeLocal<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, code: [0x20, unsigned(index)] };
}

function operand(type: ValueType, value: Expr | number): Code {
  if (typeof value !== 'number') {
    if (value.type !== type) throw new KompaktError(`assembler: expected a value of type ${type}, got ${value.type}.`);
    return value.code;
  }
  if (type === 'i32') return codeI32(value);
  if (type === 'f32') return codeF32(value);
  if (type === 'f64') return codeF64(value);
  throw new KompaktError(`assembler: a plain number can't stand for a ${type}; use its const.`);
}
