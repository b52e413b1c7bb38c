import { describe, expect, it } from 'vitest';
import { defaultBackend } from '../../../src/backends/default';
import { f32x4, v128 } from '../../../src/backends/wasm/assembler/index';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { detectFeatures } from '../../../src/backends/wasm/features';
import { wasm } from '../../../src/backends/wasm/index';
import { emitTask } from '../../../src/backends/wasm/task';
import { compile } from '../../../src/compile/compile';
import { BackendError, ConfigError } from '../../../src/core/errors';
import { memory, type Tensor } from '../../../src/core/tensor';
import { full, tensor, zeros } from '../../../src/ops/create';
import { add, exp } from '../../../src/ops/elementwise';
import { scatterAdd } from '../../../src/ops/index-ops';
import { reshape } from '../../../src/ops/shape-ops';

describe('wasm()', () => {
  it('is the default backend where there is SIMD', () => {
    expect(detectFeatures().simd).toBe(true);
    expect(defaultBackend().name).toBe('wasm');
    expect(tensor([1]).backend).toBe(defaultBackend());
  });

  it.each([0, -1, 1000, 1.5, NaN, Infinity, '2' as never])('refuses threads: %s', (threads) => {
    expect(() => wasm({ threads })).toThrow(ConfigError);
    expect(() => wasm({ threads })).toThrow(/threads must be 'auto' or an integer from 1 to 256/);
  });

  it.each([1, 2, 256, 'auto' as const])('accepts threads: %s', (threads) => {
    expect(add(tensor([1, 2], { backend: wasm({ threads }) }), 1).toArraySync()).toEqual([2, 3]);
  });

  it.each([0, -5, 100, 2 ** 33, NaN, '1e7'])('refuses maximumBytes: %s', (maximumBytes) => {
    expect(() => wasm({ maximumBytes: maximumBytes as number })).toThrow(ConfigError);
  });

  it('uses no relaxed instructions when deterministic', () => {
    expect(new WasmBackend({ deterministic: true }).features.relaxedSimd).toBe(false);
    expect(new WasmBackend().features.relaxedSimd).toBe(detectFeatures().relaxedSimd);
  });

  it('keeps the memory of several backends apart', () => {
    const [a, b] = [tensor([1, 2], { backend: wasm() }), tensor([1, 2], { backend: wasm() })];
    expect(() => add(a, b)).toThrow(BackendError);
  });

  it('gives memory back, so that a loop of temporaries does not grow it', () => {
    const backend = new WasmBackend();
    const x = tensor(new Float32Array(100_000), { backend });
    const before = { live: memory(), reserved: backend.arena.bytesReserved, inUse: backend.arena.bytesInUse };
    for (let i = 0; i < 200; i++) add(x, x).dispose();
    expect(memory()).toEqual(before.live);
    expect(backend.arena.bytesInUse).toBe(before.inUse);
    expect(backend.arena.bytesReserved - before.reserved).toBeLessThan(2 ** 23);
  });

  it('has filled a large block whichever way it is read', () => {
    const backend = new WasmBackend({ threads: 1 });
    const n = 50_000;
    const reads: Record<string, (x: Tensor) => ArrayLike<number>> = {
      values: (x) => x.dataSync(),
      host: (x) => backend.host(x.block),
      operand: (x) => add(x, 0).dataSync(),
      updates: (x) => scatterAdd(zeros([n], { backend }), range(n), x).dataSync(),
      view: (x) => reshape(x, [2, n / 2]).dataSync(),
      input: (x) => compile((y: Tensor) => add(y, 0))(x).dataSync(),
      captured: (x) => compile((y: Tensor) => add(x, y))(zeros([], { backend })).dataSync(),
    };
    const range = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);
    for (const [way, read] of Object.entries(reads)) {
      for (const [value, dtype] of [
        [2.5, 'float32'],
        [-1, 'int32'],
      ] as const) {
        // Memory with something else in it.
        tensor(new Float32Array(n).fill(7), { backend }).dispose();
        const x = full([n], value, { dtype, backend });
        if (dtype === 'int32' && (way === 'updates' || way === 'captured')) continue;
        const values = Array.from(read(x));
        expect([values.length, values.findIndex((v) => v !== value)], way).toEqual([n, -1]);
      }
    }
    const written = full([n], 1, { backend });
    backend.write(written.block, new Float32Array(n).fill(3));
    expect(scatterAdd(written, [0], [1]).dataSync().slice(0, 3)).toEqual(Float32Array.of(4, 3, 3));
  });

  it('keeps values across the growth of its memory', () => {
    const backend = wasm();
    const x = tensor([1, 2, 3], { backend });
    const y = exp(x);
    const large = Array.from({ length: 5 }, () => tensor(new Float32Array(3_000_000).fill(7), { backend }));
    expect(x.toArraySync()).toEqual([1, 2, 3]);
    expect(add(y, 0).dataSync()).toEqual(y.dataSync());
    expect(large.every((t) => t.dataSync()[2_999_999] === 7)).toBe(true);
    for (const t of large) t.dispose();
  });

  it('copies what it reads: later computation changes nothing handed out', async () => {
    const backend = wasm();
    const x = tensor([1, 2, 3], { backend });
    const [now, later] = [x.dataSync(), await x.data()];
    x.dispose();
    tensor([9, 9, 9], { backend });
    expect([...now, ...later]).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('refuses data that does not fill a block', () => {
    const backend = wasm();
    const block = backend.allocate('float32', 3);
    expect(() => backend.write(block, new Float32Array(4))).toThrow(/4 values don't fill a block of 3/);
  });

  it('holds empty tensors and scalars of every dtype', () => {
    const backend = wasm();
    for (const dtype of backend.dtypes) {
      expect(tensor([], { dtype, backend }).toArraySync()).toEqual([]);
      expect(add(tensor([], { dtype, backend }), tensor([], { dtype, backend })).shape).toEqual([0]);
      expect(tensor(1, { dtype, backend }).item()).toBe(1);
    }
  });

  it('builds a module once per key', () => {
    const backend = new WasmBackend();
    let built = 0;
    const get = () =>
      backend.code('double', (m) => {
        built++;
        emitTask(m, { words: [] }, (f, _, { begin }) =>
          f.do(v128.store(begin, f32x4.mul(v128.load(begin), f32x4.const(2)))),
        );
      });
    const p = backend.arena.allocate(16);
    backend.arena.f32.set([1, 2, 3, 4], p / 4);
    // What it works on is given as the first unit here.
    get().run(0, p, p + 1, 0);
    get().run(0, p, p + 1, 0);
    expect([...backend.arena.f32.subarray(p / 4, p / 4 + 4)]).toEqual([4, 8, 12, 16]);
    expect(built).toBe(1);
  });
});
