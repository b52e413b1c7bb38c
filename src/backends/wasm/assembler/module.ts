import { KompaktError } from '../../../core/errors';
import { Bytes, type Code, flat, sized, unsigned, VALUE_TYPE_CODES, type ValueType } from './code';
import { FunctionBuilder, type FunctionRef, type Local, type TableRef } from './function';

/** Parameter types as the locals that stand for them. */
export type Locals<P extends readonly ValueType[]> = { [K in keyof P]: Local<P[K]> };

/** How the memory that a module imports is declared; it must match the memory given at instantiation. */
export interface MemoryImport {
  readonly shared: boolean;
  /** In pages of 64 KiB; needed for shared memory. */
  readonly maximumPages: number;
}

interface Definition {
  readonly name: string;
  readonly type: number;
  readonly code: Code;
}

interface Import {
  readonly name: string;
  readonly type: number;
}

/**
 * Builds a WebAssembly module: functions over one imported memory, `env.memory`, every one exported under its name.
 *
 * @example
 * ```ts no-run
 * const module = new ModuleBuilder();
 * module.func('sum', ['i32', 'i32'], 'i32', (f, a, b) => f.result(i32.add(a, b)));
 * const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
 * ```
 */
export class ModuleBuilder {
  readonly #memory: MemoryImport;
  readonly #types = new Map<string, { index: number; code: Code }>();
  readonly #imports: Import[] = [];
  readonly #functions: Definition[] = [];
  #importsTable = false;

  constructor(memory: MemoryImport = { shared: false, maximumPages: 65536 }) {
    this.#memory = memory;
  }

  /** A function of the host, imported as `env.<name>`. Declare imports before the module's own functions. */
  import<R extends ValueType | 'void'>(name: string, params: readonly ValueType[], result: R): FunctionRef<R> {
    if (this.#functions.length > 0) {
      throw new KompaktError(`assembler: import '${name}' before defining functions; imports are numbered first.`);
    }
    this.#imports.push({ name, type: this.#typeIndex(params, result) });
    return { index: this.#imports.length - 1, params, result };
  }

  /** The table of functions imported as `env.table`, for functions of that signature: what `callIndirect` calls. */
  tableOf<R extends ValueType | 'void'>(params: readonly ValueType[], result: R): TableRef<R> {
    this.#importsTable = true;
    return { type: this.#typeIndex(params, result), params, result };
  }

  /** Defines and exports a function. `body` gets the builder and the parameters. */
  func<const P extends readonly ValueType[], R extends ValueType | 'void'>(
    name: string,
    params: P,
    result: R,
    body: (f: FunctionBuilder, ...params: Locals<P>) => void,
  ): FunctionRef<R> {
    const builder = new FunctionBuilder(params);
    body(builder, ...(params.map((_, i) => builder.param(i)) as unknown as Locals<P>));
    this.#functions.push({ name, type: this.#typeIndex(params, result), code: builder.encode() });
    return { index: this.#imports.length + this.#functions.length - 1, params, result };
  }

  /** The module's bytes. */
  encode(): Uint8Array<ArrayBuffer> {
    const functions = this.#functions;
    const first = this.#imports.length;
    const bytes = new Bytes();
    bytes.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const section = (id: number, items: readonly Code[]): void =>
      bytes.append([id, sized(flat([unsigned(items.length), items]))]);
    section(
      1,
      [...this.#types.values()].map((t) => t.code),
    );
    section(2, [
      this.#memoryImport(),
      ...(this.#importsTable ? [[text('env'), text('table'), 0x01, 0x70, 0, 0]] : []),
      ...this.#imports.map((i) => [text('env'), text(i.name), 0x00, unsigned(i.type)]),
    ]);
    section(
      3,
      functions.map((f) => [unsigned(f.type)]),
    );
    section(
      7,
      functions.map((f, i) => [text(f.name), 0x00, unsigned(first + i)]),
    );
    section(
      10,
      functions.map((f) => f.code),
    );
    return bytes.take();
  }

  #memoryImport(): Code {
    const { shared, maximumPages } = this.#memory;
    const limits: Code = shared ? [3, unsigned(0), unsigned(maximumPages)] : [0, unsigned(0)];
    return [text('env'), text('memory'), 0x02, limits];
  }

  #typeIndex(params: readonly ValueType[], result: ValueType | 'void'): number {
    const key = `${params.join()}:${result}`;
    const known = this.#types.get(key);
    if (known !== undefined) return known.index;
    const index = this.#types.size;
    const results = result === 'void' ? [] : [VALUE_TYPE_CODES[result]];
    this.#types.set(key, { index, code: [0x60, sized(params.map((p) => VALUE_TYPE_CODES[p])), sized(results)] });
    return index;
  }
}

function text(value: string): Code {
  return sized([...new TextEncoder().encode(value)]);
}
