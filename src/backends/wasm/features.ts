import {
  type Expr,
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  ModuleBuilder,
  type V128,
  v128,
} from './assembler/index';

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
  // Most engines have everything: then one question, or two, are enough.
  detected ??=
    hasAll() || (enableRelaxedSimd() && hasAll()) ? { simd: true, relaxedSimd: true, threads: true } : each();
  return detected;
}

function hasAll(): boolean {
  return hasSharedMemory() && validates((f, p) => f.do(v128.store(p, multiplyAdd(i32.atomicLoad(p)))), true);
}

function each(): WasmFeatures {
  return {
    simd: validates((f, p) => f.do(v128.store(p, f32x4.add(v128.load(p), v128.load(p))))),
    relaxedSimd: validates((f, p) => f.do(v128.store(p, multiplyAdd(p)))),
    threads: hasSharedMemory() && validates((f, p) => f.drop(i32.atomicLoad(p)), true),
  };
}

function validates(body: (f: FunctionBuilder, p: Local<'i32'>) => void, shared = false): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  const module = new ModuleBuilder({ shared, maximumPages: 1 });
  module.func('f', ['i32'], 'void', body);
  return WebAssembly.validate(module.encode());
}

function multiplyAdd(address: Expr<'i32'>): V128 {
  return f32x4.relaxedMadd(v128.load(address), v128.load(address), v128.load(address));
}

function hasSharedMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined';
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
