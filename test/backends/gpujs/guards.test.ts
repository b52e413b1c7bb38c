import { describe, expect, it } from 'vitest';
import { gpujs } from '../../../src/backends/gpujs/index';
import type { Context } from '../../../src/backends/gpujs/kernel';
import { compile } from '../../../src/compile/compile';
import type { Block } from '../../../src/core/backend';
import { BackendError, ConfigError, DisposedError } from '../../../src/core/errors';
import { memory, type Tensor } from '../../../src/core/tensor';
import { asynchronous } from './asynchronous';
import { lossy } from './lossy';
import {
  add,
  broadcastTo,
  concat,
  det,
  exp,
  greater,
  int32Sum,
  matmul,
  mul,
  reshape,
  scope,
  sort,
  sum,
  tensor,
  to,
  transpose,
  zeros,
} from './ops';
import { gpuJs } from './peer';

describe('what is not gpu.js', () => {
  it.each([
    ['nothing', undefined, /gpu\.js is missing\. Install it \(npm install gpu\.js@~2\.24\)/],
    ['null', null, /gpu\.js is missing/],
    ['another module', { tensor: 1 }, /expected the module gpu\.js, got an object with tensor/],
    ['a string', 'gpu.js', /expected the module gpu\.js, got string/],
    [
      'an older one',
      {
        GPU: class {
          createKernel() {}
        },
      },
      /too old/,
    ],
  ])('%s is refused with what to install', async (_, module, message) => {
    const attempt = gpujs(module as never);
    await expect(attempt).rejects.toThrow(BackendError);
    await expect(gpujs(module as never)).rejects.toThrow(message);
  });

  it('options are checked before', async () => {
    await expect(gpujs(undefined as never, { mode: 'gpu' as never })).rejects.toThrow(ConfigError);
    await expect(gpujs(undefined as never, { mod: 'cpu' } as never)).rejects.toThrow(/mod/);
  });
});

describe.skipIf(gpuJs === null)('gpu.js', () => {
  const open = (mode: 'cpu' | 'webasm') => gpujs(gpuJs!, { mode });

  it('is one instance for each mode, however often it is asked for, and in every form of the module', async () => {
    const first = await open('cpu');
    expect(await open('cpu')).toBe(first);
    const fresh = asynchronous(gpuJs!);
    const [one, other] = await Promise.all([gpujs(fresh, { mode: 'cpu' }), gpujs(fresh, { mode: 'cpu' })]);
    expect(one).toBe(other);
    expect(await gpujs({ default: gpuJs } as never, { mode: 'cpu' })).toBe(first);
    expect(await gpujs(gpuJs!.GPU as never, { mode: 'cpu' })).toBe(first);
    expect(await open('webasm')).not.toBe(first);
    expect(first.mode).toBe('cpu');
  });

  it('chooses webasm where there is no GPU, and says so where one is asked for', async () => {
    expect((await gpujs(gpuJs!)).mode).toBe('webasm');
    await expect(gpujs(gpuJs!, { mode: 'webgl2' })).rejects.toThrow(
      /no usable mode here \(webgl2: this host has no WebGL2\)/,
    );
    await expect(gpujs(gpuJs!, { mode: 'webgpu' })).rejects.toThrow(BackendError);
  });

  it.each([
    ['hold bytes', (v: number) => Math.round(Math.min(Math.max(v, 0), 1) * 255) / 255],
    ['hold halves of floats', (v: number) => (Math.abs(v) > 65504 ? v * Infinity : Math.round(v * 2048) / 2048)],
    ['hold nothing', () => 0],
  ])('leaves WebGL alone where its textures %s, and says so where it is asked for', async (_, store) => {
    const module = lossy(gpuJs!, store);
    const attempt = gpujs(module, { mode: 'webgl2' });
    await expect(attempt).rejects.toThrow(BackendError);
    await expect(attempt).rejects.toThrow(
      /webgl2: float32 textures don't work here: 0\.1.* negated gave .*Try mode 'webasm'/,
    );
    expect((await gpujs(module)).mode).toBe('webasm');
  });

  it('takes WebGL where its textures hold floats', async () => {
    expect((await gpujs(lossy(gpuJs!, (v) => v))).mode).toBe('webgl2');
  });

  it('holds float32, int32 and bool, and refuses the rest', async () => {
    const backend = await open('cpu');
    expect(() => tensor([1], { dtype: 'float64', backend })).toThrow(/does not support float64/);
    expect(tensor([true, false], { backend }).toArraySync()).toEqual([1, 0]);
  });

  it('has integers below 2^24, and says so beyond', async () => {
    const backend = await open('cpu');
    const largest = tensor([2 ** 24 - 1], { dtype: 'int32', backend });
    expect(add(largest, 0).toArraySync()).toEqual([2 ** 24 - 1]);
    expect(() => add(largest, 1).dataSync()).toThrow(/exact below 2\^24/);
    const larger = tensor([2 ** 24 + 1, 1], { dtype: 'int32', backend });
    // Only written and read again, it is what it was.
    expect(larger.toArraySync()).toEqual([2 ** 24 + 1, 1]);
    const many = tensor(new Int32Array(100).fill(2 ** 30), { backend });
    expect(many.dataSync()[99]).toBe(2 ** 30);
    expect(() => sum(larger)).toThrow(/exact below 2\^24/);
    expect(() => mul(tensor(2 ** 30, { dtype: 'int32', backend }), tensor([3], { dtype: 'int32', backend }))).toThrow(
      BackendError,
    );
    await expect(int32Sum(backend).data()).rejects.toThrow(BackendError);
  });

  it('names the operation and the backend where there is no kernel', async () => {
    const x = tensor(
      [
        [3, 1],
        [1, 2],
      ],
      { backend: await open('cpu') },
    );
    expect(() => det(x)).toThrow(/det: backend 'gpujs' has no kernel for it/);
    expect(() => det(x)).toThrow(BackendError);
  });

  it('refuses to work on tensors of more than 2^24 elements', async () => {
    const x = zeros([2 ** 24 + 1], { backend: await open('cpu') });
    expect(() => sum(x)).toThrow(/a tensor of 16777217 elements is too large .* at most 16777216 fit/);
  });

  describe('with room for few elements', () => {
    const limited = async (most: number) => {
      const backend = await gpujs(asynchronous(gpuJs!), { mode: 'cpu' });
      Object.defineProperty(backend, 'mostElements', { value: most });
      return backend;
    };
    const falling = (n: number) => Array.from({ length: n }, (_, i) => n - i);

    it('sorts lanes that fit when they are filled up, and refuses those that do not', async () => {
      const backend = await limited(100);
      expect(() => sort(tensor(falling(65), { backend }))).toThrow(BackendError);
      expect(() => sort(tensor(falling(65), { backend }))).toThrow(
        /an array for sorting \(1 lanes filled up to 128\) of 128 elements is too large for mode 'cpu': at most 100/,
      );
      expect(() => sort(reshape(tensor(falling(99), { backend }), [3, 33]), { axis: 1 })).toThrow(
        /3 lanes filled up to 64/,
      );
      const [whole, lanes] = [falling(64), [falling(20), falling(20), falling(20)]];
      expect(Array.from(await sort(tensor(whole, { backend })).data())).toEqual(whole.reverse());
      expect(await sort(tensor(lanes, { backend }), { axis: 1 }).toArray()).toEqual(
        lanes.map((lane) => lane.reverse()),
      );
    });

    it('adds up in fewer parts, or in one, where their sums would not fit', async () => {
      const backend = await limited(50_000);
      const [a, b] = [zeros([40, 1100], { backend }), zeros([1100, 40], { backend })];
      const product = await matmul(add(a, 1), add(b, 2)).data();
      expect(product).toEqual(new Float32Array(1600).fill(2200));
      // Each row for itself: not even two sums of parts of it fit.
      const narrow = await limited(1100);
      const rows = broadcastTo(add(zeros([1, 1100], { backend: narrow }), 1), [600, 1100]);
      expect(await sum(rows, { axis: 1 }).data()).toEqual(new Float32Array(600).fill(1100));
    });

    it('refuses lanes of views with more elements than it counts', async () => {
      const backend = await limited(2000);
      const x = add(tensor([1], { backend }), 0);
      expect(await sum(broadcastTo(x, [2000])).data()).toEqual(Float32Array.of(2000));
      expect(() => sum(broadcastTo(x, [2001]))).toThrow(/a lane of sum of 2001 elements is too large/);
    });

    it.each([true, false])('computes element by element beyond that, in windows (promises: %s)', async (isAsync) => {
      const backend = await gpujs(
        isAsync ? asynchronous(gpuJs!) : { GPU: class extends (gpuJs!.GPU as new (settings: object) => object) {} },
        { mode: 'cpu' },
      );
      Object.defineProperty(backend, 'mostElements', { value: 100 });
      const data = Float32Array.from({ length: 250 }, (_, i) => i - 125);
      const x = tensor({ data, shape: [25, 10] }, { backend });
      expect(await x.data()).toEqual(data);
      expect(await add(zeros([250], { backend }), 1).data()).toEqual(new Float32Array(250).fill(1));
      const y = add(mul(x, x), add(mul(x, tensor([[3]], { backend })), 1));
      expect(await y.data()).toEqual(data.map((v) => v * v + 3 * v + 1));
      // A part across two windows.
      const { block } = y as unknown as { block: Block };
      expect(await backend.read(block, 95, 110)).toEqual(data.map((v) => v * v + 3 * v + 1).slice(95, 205));
      if (!isAsync) expect(backend.readSync(block, 199, 2)).toEqual(data.map((v) => v * v + 3 * v + 1).slice(199, 201));
      const chain = compile((a: Tensor) => add(mul(a, a), exp(mul(a, 0))));
      expect(await chain(x).data()).toEqual(data.map((v) => v * v + 1));
      const flags = greater(x, 0);
      expect(flags.dtype).toBe('bool');
      expect(Array.from(await flags.data())).toEqual(Array.from(data, (v) => Number(v > 0)));
      const refused = [
        () => sum(x),
        () => add(x, tensor(falling(10), { backend })),
        () => matmul(x, x, { transposeB: true }),
        () => sort(x),
        () => exp(transpose(x)),
      ];
      for (const run of refused) expect(run).toThrow(BackendError);
      for (const run of refused) expect(run).toThrow(/of (250|625) elements is too large/);
      y.dispose();
      expect(Array.from(await x.data())).toEqual(Array.from(data));
    });

    it('refuses whatever else a kernel would make', async () => {
      const backend = await limited(100);
      const launch = () =>
        (backend as unknown as Context).launch({ source: 'function f() { return 1; }', size: 101, arrays: [] });
      expect(launch).toThrow(BackendError);
      expect(launch).toThrow(/an array that f needs of 101 elements/);
    });
  });

  it('takes no tensor of another backend', async () => {
    const backend = await open('cpu');
    expect(() => add(tensor([1], { backend }), tensor([1]))).toThrow(/backends 'gpujs' and/);
    expect(() => add(tensor([1], { backend }), tensor([1]))).toThrow(BackendError);
    expect(add(tensor([1], { backend }), to(tensor([1]), backend)).toArraySync()).toEqual([2]);
  });

  it('reads nothing after dispose', async () => {
    const x = exp(tensor([0], { backend: await open('cpu') }));
    x.dispose();
    await expect(x.data()).rejects.toThrow(DisposedError);
    expect(() => x.dataSync()).toThrow(DisposedError);
  });

  it.each(['cpu', 'webasm'] as const)('gives each result memory of its own in mode %s', async (mode) => {
    const backend = await open(mode);
    const x = tensor([1, 2, 3], { backend });
    const [a, b] = [mul(x, 2), mul(x, 3)];
    // Not the last result in both, as mutable kernels have it.
    expect([a.toArraySync(), b.toArraySync()]).toEqual([
      [2, 4, 6],
      [3, 6, 9],
    ]);
  });

  it.each(['cpu', 'webasm'] as const)('keeps a kernel for every size in mode %s', async (mode) => {
    const backend = await open(mode);
    for (const n of [8, 3, 8, 5]) {
      const x = tensor(
        Array.from({ length: n }, (_, i) => i),
        { backend },
      );
      expect(add(x, x).toArraySync()).toEqual(Array.from({ length: n }, (_, i) => 2 * i));
    }
  });

  it.each(['cpu', 'webasm'] as const)('adds up more than a thousand elements in mode %s', async (mode) => {
    const backend = await open(mode);
    // Loops that are not bounded by constants end after 1000 turns.
    for (const n of [1000, 1023, 5000]) {
      const ones = add(zeros([n], { backend }), 1);
      expect(sum(ones).item()).toBe(n);
      expect(matmul(reshape(ones, [1, n]), reshape(ones, [n, 1])).item()).toBe(n);
    }
  });

  it('joins more tensors than a kernel can read', async () => {
    const backend = await open('cpu');
    const parts = Array.from({ length: 30 }, (_, i) => tensor([i], { backend }));
    expect(concat(parts, 0).toArraySync()).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it('runs chains step by step that read more arrays than a kernel can', async () => {
    // A backend of its own, whose kernels take three.
    const backend = await gpujs(asynchronous(gpuJs!), { mode: 'cpu' });
    Object.defineProperty(backend, 'mostInputs', { value: 3 });
    const xs = Array.from({ length: 9 }, (_, i) => add(tensor([i, 1], { backend }), 0));
    const total = compile((all: Tensor[]) => all.reduce((a, b) => add(a, b)));
    expect(Array.from(await total(xs).data())).toEqual([36, 9]);
    expect(total.inspect()).toMatch(/fused/);
  });

  it('frees what scopes make', async () => {
    const backend = await open('cpu');
    const x = tensor([1, 2], { backend });
    const before = memory().tensors;
    const y = scope(() => exp(add(mul(x, 2), 1)));
    expect(memory().tensors).toBe(before + 1);
    y.dispose();
  });

  it('compiles again after shutdown', async () => {
    const backend = await open('cpu');
    const x = tensor([1, 2], { backend });
    expect(backend.kernels).toBeGreaterThan(0);
    await backend.shutdown();
    expect(backend.kernels).toBe(0);
    expect(add(x, 1).toArraySync()).toEqual([2, 3]);
  });
});
