import { f32x4, i32, ModuleBuilder, v128 } from './assembler/index';

/** What the WebAssembly engine at hand can do. */
export interface WasmFeatures {
  readonly simd: boolean;
  /** Fused multiply-add and integer dot products whose last bit may differ between machines. */
  readonly relaxedSimd: boolean;
  /** Shared memory and atomics. */
  readonly threads: boolean;
}

interface HostProcess {
  getBuiltinModule?: (id: string) => unknown;
}

let detected: WasmFeatures | undefined;

/**
 * Asks the engine, once, what it can do. On Node 20, where relaxed SIMD exists behind a flag, turns it on.
 */
export function detectFeatures(): WasmFeatures {
  detected ??= {
    simd: hasSimd(),
    relaxedSimd: hasRelaxedSimd() || (enableRelaxedSimd() && hasRelaxedSimd()),
    threads: hasThreads(),
  };
  return detected;
}

function validates(build: (module: ModuleBuilder) => void, shared = false): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  const module = new ModuleBuilder({ shared, maximumPages: 1 });
  build(module);
  return WebAssembly.validate(module.encode());
}

/** Whether WebAssembly with 128-bit SIMD is there at all: what this backend needs. */
export function hasSimd(): boolean {
  return validates((m) => {
    m.func('f', ['i32'], 'void', (f, p) => f.do(v128.store(p, f32x4.add(v128.load(p), v128.load(p)))));
  });
}

function hasRelaxedSimd(): boolean {
  return validates((m) => {
    m.func('f', ['i32'], 'void', (f, p) =>
      f.do(v128.store(p, f32x4.relaxedMadd(v128.load(p), v128.load(p), v128.load(p)))),
    );
  });
}

function hasThreads(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return validates((m) => {
    m.func('f', ['i32'], 'i32', (f, p) => f.result(i32.atomicLoad(p)));
  }, true);
}

function enableRelaxedSimd(): boolean {
  const host = (globalThis as { process?: HostProcess }).process;
  const v8 = host?.getBuiltinModule?.('node:v8') as { setFlagsFromString?: (flags: string) => void } | undefined;
  if (v8?.setFlagsFromString === undefined) return false;
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return true;
}

/**
 * Whether this is a V8 that reorders the steps of an unrolled loop and spills registers by it: one from before 2025, when
 * half-precision arrays came.
 */
export function reordersSteps(): boolean {
  return !('Float16Array' in globalThis);
}
