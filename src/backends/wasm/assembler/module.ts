import { KompaktError } from '../../../core/errors';
import { Bytes } from './bytes';
import { VALUE_TYPE_CODES, type ValueType } from './code';
import { FunctionBuilder, type FunctionRef, type Local, type TableRef } from './function';

/** Parameter types as the locals that stand for them. */
export type Locals<P extends readonly ValueType[]> = { [K in keyof P]: Local<P[K]> };

/** How the memory that a module imports is declared; it must match the memory given at instantiation. */
export interface MemoryImport {
  readonly shared: boolean;
  /** In pages of 64 KiB; needed for shared memory. */
  readonly maximumPages: number;
}

/** A signature among the module's types. */
interface Signature {
  readonly index: number;
  readonly params: readonly ValueType[];
  readonly result: ValueType | 'void';
}

/** A function that is imported, or one that is defined. */
interface Declaration {
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
  private readonly memory: MemoryImport;
  private readonly types = new Map<string, Signature>();
  private readonly imports: Declaration[] = [];
  private readonly functions: Declaration[] = [];
  /** The functions, encoded. */
  private readonly code = new Bytes();
  /** For the body of the function at hand; another one is made for a function defined within. */
  private spare: Bytes | null = new Bytes();
  private importsTable = false;

  constructor(memory: MemoryImport = { shared: false, maximumPages: 65536 }) {
    this.memory = memory;
  }

  /** A function of the host, imported as `env.<name>`. Declare imports before the module's own functions. */
  import<R extends ValueType | 'void'>(name: string, params: readonly ValueType[], result: R): FunctionRef<R> {
    if (this.functions.length > 0) {
      throw new KompaktError(`assembler: import '${name}' before defining functions; imports are numbered first.`);
    }
    this.imports.push({ name, type: this.typeIndex(params, result) });
    return { index: this.imports.length - 1, params, result };
  }

  /** The table of functions imported as `env.table`, for functions of that signature: what `callIndirect` calls. */
  tableOf<R extends ValueType | 'void'>(params: readonly ValueType[], result: R): TableRef<R> {
    this.importsTable = true;
    return { type: this.typeIndex(params, result), params, result };
  }

  /** Defines and exports a function. `body` gets the builder and the parameters. */
  func<const P extends readonly ValueType[], R extends ValueType | 'void'>(
    name: string,
    params: P,
    result: R,
    body: (f: FunctionBuilder, ...params: Locals<P>) => void,
  ): FunctionRef<R> {
    const code = this.spare ?? new Bytes();
    this.spare = null;
    const builder = new FunctionBuilder(params, code);
    const locals: Local[] = [];
    for (let i = 0; i < params.length; i++) locals.push(builder.param(i));
    body(builder, ...(locals as unknown as Locals<P>));
    builder.encode(this.code);
    code.clear();
    this.spare = code;
    this.functions.push({ name, type: this.typeIndex(params, result) });
    return { index: this.imports.length + this.functions.length - 1, params, result };
  }

  /** The module's bytes. */
  encode(): Uint8Array<ArrayBuffer> {
    const [imports, functions] = [this.imports, this.functions];
    const all = new Bytes();
    const part = new Bytes();
    all.raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    part.unsigned(this.types.size);
    for (const type of this.types.values()) writeSignature(part, type);
    all.section(1, part);
    this.writeImports(part);
    all.section(2, part);
    part.unsigned(functions.length);
    for (const { type } of functions) part.unsigned(type);
    all.section(3, part);
    part.unsigned(functions.length);
    for (let i = 0; i < functions.length; i++) {
      part.text(functions[i]!.name);
      part.byte(0x00);
      part.unsigned(imports.length + i);
    }
    all.section(7, part);
    part.unsigned(functions.length);
    part.append(this.code);
    all.section(10, part);
    return all.slice();
  }

  private writeImports(to: Bytes): void {
    const { shared, maximumPages } = this.memory;
    to.unsigned(1 + (this.importsTable ? 1 : 0) + this.imports.length);
    writeImport(to, 'memory', [0x02, shared ? 3 : 0, 0]);
    if (shared) to.unsigned(maximumPages);
    if (this.importsTable) writeImport(to, 'table', [0x01, 0x70, 0, 0]);
    for (const { name, type } of this.imports) {
      writeImport(to, name, [0x00]);
      to.unsigned(type);
    }
  }

  private typeIndex(params: readonly ValueType[], result: ValueType | 'void'): number {
    const key = `${params.join()}:${result}`;
    const known = this.types.get(key);
    if (known !== undefined) return known.index;
    const index = this.types.size;
    this.types.set(key, { index, params, result });
    return index;
  }
}

/** The bytes of a module over such a memory. */
export function assemble(memory: MemoryImport, build: (module: ModuleBuilder) => void): Uint8Array<ArrayBuffer> {
  const builder = new ModuleBuilder(memory);
  build(builder);
  return builder.encode();
}

function writeSignature(to: Bytes, { params, result }: Signature): void {
  to.byte(0x60);
  to.unsigned(params.length);
  for (const param of params) to.byte(VALUE_TYPE_CODES[param]);
  to.byte(result === 'void' ? 0 : 1);
  if (result !== 'void') to.byte(VALUE_TYPE_CODES[result]);
}

function writeImport(to: Bytes, name: string, description: readonly number[]): void {
  to.text('env');
  to.text(name);
  to.raw(description);
}
