import { describe, expect, it } from 'vitest';
import { Arena } from '../../../src/backends/wasm/arena';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { BackendError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';

describe('arena', () => {
  it('keeps blocks apart, aligned and intact while allocating and releasing at random', () => {
    const arena = new Arena();
    const rng = new Rng(1);
    const live: { address: number; bytes: number; mark: number }[] = [];
    for (let step = 0; step < 6000; step++) {
      if (live.length > 0 && rng.random() < (step < 4000 ? 0.45 : 0.7)) {
        const [block] = live.splice(rng.integer(live.length), 1);
        const view = arena.u8.subarray(block!.address, block!.address + block!.bytes);
        expect(view.every((x) => x === block!.mark)).toBe(true);
        arena.release(block!.address, block!.bytes);
      } else {
        const bytes = rng.random() < 0.7 ? rng.integer(3000) : rng.integer(120_000);
        const block = { address: arena.allocate(bytes), bytes, mark: step & 255 };
        expect(block.address % 64).toBe(0);
        arena.u8.fill(block.mark, block.address, block.address + bytes);
        live.push(block);
      }
      if (step % 200 === 0) arena.check();
    }
    for (const { address, bytes } of live) arena.release(address, bytes);
    arena.check();
    expect(arena.bytesInUse).toBe(0);
  });

  it('reuses what was released, and does not grow for it', () => {
    const arena = new Arena();
    const first = arena.allocate(1_000_000);
    const reserved = arena.bytesReserved;
    for (let i = 0; i < 100; i++) {
      arena.release(first, 1_000_000);
      expect(arena.allocate(1_000_000)).toBe(first);
    }
    expect(arena.bytesReserved).toBe(reserved);
  });

  it('merges released neighbours into one range', () => {
    const arena = new Arena({ maximumPages: 32 });
    const parts = Array.from({ length: 16 }, () => arena.allocate(100_000));
    for (const address of [...parts.filter((_, i) => i % 2), ...parts.filter((_, i) => i % 2 === 0)])
      arena.release(address, 100_000);
    arena.check();
    expect(arena.allocate(1_600_000) % 64).toBe(0);
  });

  it('gives back empty slabs of small blocks before giving up', () => {
    const arena = new Arena({ maximumPages: 32 });
    const small = Array.from({ length: 25_000 }, () => arena.allocate(64));
    for (const address of small) arena.release(address, 64);
    expect(arena.allocate(1_900_000)).toBeGreaterThan(0);
    arena.check();
  });

  it('says how much is asked for and in use, and what to do, when memory runs out', () => {
    const arena = new Arena({ maximumPages: 32 });
    arena.allocate(1_000_000);
    expect(() => arena.allocate(1_500_000)).toThrow(BackendError);
    expect(() => arena.allocate(1_500_000)).toThrow(/1\.4 MiB asked for, .* KiB in use of at most 2\.0 MiB.*scope/);
  });

  it('can be shared between threads', () => {
    const arena = new Arena({ shared: true, maximumPages: 64 });
    expect(arena.buffer).toBeInstanceOf(SharedArrayBuffer);
    const address = arena.allocate(3_000_000);
    arena.u8[address + 2_999_999] = 7;
    expect(arena.u8[address + 2_999_999]).toBe(7);
  });

  it('takes less memory, or none that is shared, where the engine has no more addresses', () => {
    const { Memory } = WebAssembly;
    const withLimit = (most: number, work: () => void): void => {
      class Limited extends Memory {
        constructor(descriptor: WebAssembly.MemoryDescriptor) {
          if (descriptor.shared === true && descriptor.maximum! > most) throw new RangeError('no addresses left');
          super(descriptor);
        }
      }
      WebAssembly.Memory = Limited;
      try {
        work();
      } finally {
        WebAssembly.Memory = Memory;
      }
    };
    withLimit(20000, () => expect(new Arena({ shared: true })).toMatchObject({ shared: true, maximumPages: 16384 }));
    withLimit(0, () => expect(new Arena({ shared: true })).toMatchObject({ shared: false, maximumPages: 65536 }));
    withLimit(0, () => expect(new WasmBackend({ threads: 4 }).threads).toBe(1));
  });
});
