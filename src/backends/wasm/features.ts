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

/**
 * Modules of one function each, as the assembler makes them, which is not there yet where this is asked: with f32x4.add, with
 * f32x4.relaxed_madd, with i32.atomic.load, and with the last two at once.
 */
export const QUESTIONS = {
  all: '0061736d0100000001050160017f0002100103656e76066d656d6f72790203000103020100070501016600000a2b01290020002000fe100200fd0004002000fe100200fd0004002000fe100200fd000400fd8502fd0b04000b',
  simd: '0061736d0100000001050160017f00020f0103656e76066d656d6f727902000003020100070501016600000a1901170020002000fd0004002000fd000400fde401fd0b04000b',
  relaxedSimd:
    '0061736d0100000001050160017f00020f0103656e76066d656d6f727902000003020100070501016600000a1f011d0020002000fd0004002000fd0004002000fd000400fd8502fd0b04000b',
  threads:
    '0061736d0100000001050160017f0002100103656e76066d656d6f72790203000103020100070501016600000a0b0109002000fe1002001a0b',
};

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
  return hasSharedMemory() && validates(QUESTIONS.all);
}

function each(): WasmFeatures {
  return {
    simd: validates(QUESTIONS.simd),
    relaxedSimd: validates(QUESTIONS.relaxedSimd),
    threads: hasSharedMemory() && validates(QUESTIONS.threads),
  };
}

/** @param question - a module in hexadecimal digits. */
function validates(question: string): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  return WebAssembly.validate(Uint8Array.from(question.match(/../g)!, (byte) => Number.parseInt(byte, 16)));
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
