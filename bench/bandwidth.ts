import { ModuleBuilder, memory } from '../src/backends/wasm/assembler/index';
import type { Contender, Timing } from './measure';

export const WASM_COPY = 'copy, WASM';
export const JS_COPY = 'copy, JS';

/** Yardsticks of the memory: plain copies of so many bytes, by WebAssembly's own instruction and between typed arrays. */
export function copies(bytes: number): Contender[] {
  const pages = 2 * Math.ceil(bytes / 65536);
  const module = new ModuleBuilder({ maximumPages: pages, shared: false });
  module.func('copy', ['i32', 'i32', 'i32'], 'void', (f, to, from, count) => f.do(memory.copy(to, from, count)));
  const heap = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory: heap } });
  const copy = exports.copy as (to: number, from: number, count: number) => void;
  const half = (pages / 2) * 65536;
  const from = new Float32Array(bytes / 4).fill(1);
  const to = new Float32Array(bytes / 4);
  const zero = (): number => 0;
  return [
    { name: WASM_COPY, run: () => copy(half, 0, bytes), read: zero },
    { name: JS_COPY, run: () => to.set(from), read: zero },
  ];
}

/** How long moving so many bytes to or from memory takes at the rate of the faster copy, in milliseconds. */
export function memoryTime(
  bytesMoved: number,
  bytesCopied: number,
  timings: readonly Timing[],
  pick: (timing: Timing) => number,
): number {
  const times = timings.filter((t) => t.name === WASM_COPY || t.name === JS_COPY).map(pick);
  // A copy reads every byte and writes it.
  return (Math.min(...times) * bytesMoved) / (2 * bytesCopied);
}
