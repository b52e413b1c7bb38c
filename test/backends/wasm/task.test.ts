import { describe, expect, it } from 'vitest';
import { f64, i32 } from '../../../src/backends/wasm/assembler/index';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { addressOf } from '../../../src/backends/wasm/kernel';
import { emitTask, type TaskKernel } from '../../../src/backends/wasm/task';
import type { Operand, Primitive } from '../../../src/core/backend';
import { Tensor } from '../../../src/core/tensor';
import { ShatteringBackend } from './support';

/** out = factor · x in float64, by way of a workspace. */
const scaled: TaskKernel<{ factor: number }> = ([x], out, { factor }, context) => {
  const n = out.shape[0]!;
  const code = context.code('scaled', (m) =>
    emitTask(m, { words: ['x', 'y', 'odd'], scalars: 2 }, (f, { x, y, odd }, { begin, end, scalars: [a, b] }) => {
      const i = f.local('i32');
      f.for(i, begin, end, 1, () => {
        const at = i32.shl(i, 3);
        const product = f64.mul(f64.load(i32.add(x, at)), f64.mul(a!, b!));
        f.do(f64.store(i32.add(y, at), f64.add(product, f64.convertI32S(odd))));
      });
    }),
  );
  const between = context.workspace(8 * n);
  const work = { units: n, cost: n };
  context.launch(code, [addressOf(x!), between, 0], work, [factor, 1]);
  context.launch(code, [between, addressOf(out), 7], work, [1, 1]);
  return true;
};

const reference = () => expect.fail('the reference rule must not run');
const op: Primitive = { name: 'scaled', kernel: scaled, reference };

describe('tasks', () => {
  it('get their words and scalars, run in order, and give their workspace back', () => {
    const backend = new WasmBackend();
    const x = Tensor.from(backend, Float64Array.of(1, 2, 3), 'float64', [3]);
    const y = Tensor.allocate(backend, 'float64', [3]);
    const before = backend.arena.bytesInUse;
    backend.run(op, [x as Operand], y, { factor: 10 });
    expect(y.toArraySync()).toEqual([17, 27, 37]);
    expect(backend.arena.bytesInUse).toBe(before);
  });

  it('give their workspace back where a kernel fails', () => {
    const broken: TaskKernel = (_inputs, _out, _attrs, context) => {
      context.workspace(100000);
      throw new RangeError('broken');
    };
    const backend = new WasmBackend();
    const x = Tensor.from(backend, Float64Array.of(1), 'float64', [1]);
    const before = backend.arena.bytesInUse;
    expect(() => backend.run({ ...op, kernel: broken }, [x], x, {})).toThrow('broken');
    expect(backend.arena.bytesInUse).toBe(before);
  });

  it('are refused with more parameters than fit', () => {
    const backend = new WasmBackend();
    const code = backend.code('none', (m) => emitTask(m, { words: [] }, () => {}));
    expect(() => backend.launch(code, new Array<number>(3000).fill(0), { units: 1, cost: 1 })).toThrow(
      'a task has 12000 bytes of parameters',
    );
  });

  it('are divided at random by the shattering backend, every unit once', () => {
    const backend = new ShatteringBackend();
    const code = backend.code('count', (m) =>
      emitTask(m, { words: ['y'] }, (f, { y }, { begin, end }) => {
        const i = f.local('i32');
        f.for(i, begin, end, 1, () => {
          const at = f.local('i32', i32.add(y, i32.shl(i, 2)));
          f.do(i32.store(at, i32.add(i32.load(at), 1)));
        });
      }),
    );
    const y = Tensor.from(backend, new Int32Array(100), 'int32', [100]);
    for (let round = 0; round < 20; round++) backend.launch(code, [addressOf(y)], { units: 100, cost: 1, multiple: 3 });
    expect(new Set(y.dataSync())).toEqual(new Set([20]));
  });
});
