import type { Arena } from './arena';
import { assemble, type ModuleBuilder } from './assembler/index';
import { readyModule } from './ready-made';
import type { Code, CodeOptions, Run } from './task';

/** A generated module. */
export interface GeneratedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly exports: WebAssembly.Exports;
}

/** A function in the table: which module it comes from, and under which name. */
export interface CodeEntry {
  readonly code: Code;
  readonly module: GeneratedModule;
  readonly name: string;
}

/** The modules generated so far over one memory, and the functions of theirs that tasks run, in the order of their numbers. */
export class CodeLibrary {
  readonly entries: CodeEntry[] = [];
  readonly #modules = new Map<string, GeneratedModule>();
  readonly #codes = new Map<string, Code>();

  constructor(readonly arena: Arena) {}

  module(key: string, build: (module: ModuleBuilder) => void): GeneratedModule {
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    const { memory, maximumPages, shared } = this.arena;
    const imported = { maximumPages, shared };
    const bytes = readyModule(key, imported) ?? assemble(imported, build);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const made = { bytes, exports: instance.exports };
    this.#modules.set(key, made);
    return made;
  }

  code(key: string, build: (module: ModuleBuilder) => void, { name = 'run' }: CodeOptions = {}): Code {
    const id = name === 'run' ? key : `${key}/${name}`;
    const known = this.#codes.get(id);
    if (known !== undefined) return known;
    const module = this.module(key, build);
    const run = module.exports[name] as unknown as Run;
    const code = { index: this.entries.length, run };
    this.entries.push({ code, module, name });
    this.#codes.set(id, code);
    return code;
  }
}
