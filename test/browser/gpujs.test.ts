/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest';
import { type GpuJsMode, type GpuJsModule, gpujs } from '../../src/backends/gpujs/index';
import { reference } from '../../src/backends/reference/index';
import { compile } from '../../src/compile/compile';
import { BackendError, DisposedError } from '../../src/core/errors';
import { memory, type Tensor } from '../../src/core/tensor';
import { add, matmul, mul, sum, tensor, zeros } from '../backends/gpujs/ops';
import { GPU_MODES } from '../backends/gpujs/promises';
import { furthest, smallCnn, trainSmallCnn } from '../backends/gpujs/scenario';
import { testParityAsync } from '../ops/parity-async';
import { table } from '../ops/table';

/** gpu.js as a script, as its package has it for browsers; nothing where it is not installed. */
const scripts = import.meta.glob<string>('../peers/node_modules/gpu.js/dist/gpu-browser.js', {
  query: '?raw',
  import: 'default',
});

interface Instance {
  readonly context: unknown;
  readonly kernels: readonly {
    readonly context?: { readonly device?: { destroy(): void; readonly lost: Promise<unknown> } } | null;
  }[];
}

/** Every instance of gpu.js that was made. */
const instances: Instance[] = [];

type GpuJs = new (settings: { mode: string }) => Instance;

/** The class `GPU`, which asks anew what the browser can do; null where gpu.js is not installed. */
async function evaluate(): Promise<GpuJs | null> {
  const [read] = Object.values(scripts);
  if (read === undefined) return null;
  const script = document.createElement('script');
  script.textContent = await read();
  document.head.append(script);
  return (globalThis as unknown as { GPU: GpuJs }).GPU;
}

async function load(): Promise<GpuJsModule | null> {
  const Base = await evaluate();
  if (Base === null) {
    console.warn('gpu.js tests are left out: it is not installed (npm ci --prefix test/peers --ignore-scripts)');
    return null;
  }
  class Known extends Base {
    constructor(settings: { mode: string }) {
      super(settings);
      instances.push(this);
    }
  }
  return { GPU: Known };
}

const gpuJs = await load();
const modes: GpuJsMode[] = [];
if (gpuJs !== null) {
  for (const mode of ['webgl2', 'webgpu'] as const) {
    try {
      await gpujs(gpuJs, { mode });
      modes.push(mode);
    } catch (error) {
      console.warn(`gpu.js tests in mode ${mode} are left out: ${(error as Error).message}`);
    }
  }
}

/** One or more rows of each family: compiling a kernel takes software GPUs long. */
const FAMILIES: readonly string[] = [
  'add',
  'mod, signs',
  'pow',
  'maximum',
  'where, three operands',
  'exp',
  'log',
  'log1p',
  'expm1',
  'sin',
  'tan',
  'atan2',
  'tanh',
  'erf',
  'gelu',
  'round, halves',
  'clip',
  'cast to bool',
  'isNaN',
  'sum of rows',
  'sum of all',
  'max of columns',
  'argMax along rows',
  'cumsum along rows',
  'transpose by axes',
  'concat of columns',
  'slice with steps',
  'pad with a value',
  'gather on a middle axis',
  'scatterAdd rows',
  'takeAlongAxis',
  'sort',
  'topK',
  'resize bilinear: odd',
  'resize nearest, corners aligned: reduced',
  'matmul Aᵀ·B',
  'matmul in batches',
  'conv2d same, strided',
  'conv2d dilated',
  'conv2d groups',
  'depthwiseConv2d multiplier, strided',
  'conv2dTranspose groups',
  'maxPool2d overlapping, same',
  'avgPool2d asymmetric padding',
  'softmax of rows',
  'logSoftmax of columns',
  'normalizeRows',
  'addScaled',
  'rootRatio',
  'randomUniform',
];
const rows = table.filter(({ name }) => FAMILIES.includes(name));
if (rows.length < FAMILIES.length) throw new Error('The table has lost a row that is asked for here.');

for (const mode of modes) testParityAsync(`gpujs, ${mode}`, () => gpujs(gpuJs!, { mode }), GPU_MODES, rows);

describe.each(modes)('gpu.js in mode %s', (mode) => {
  const open = () => gpujs(gpuJs!, { mode });

  it('trains a convolutional network as the reference does', async () => {
    const truth = await trainSmallCnn(reference());
    const got = await trainSmallCnn(await open());
    expect(got.losses).toHaveLength(50);
    expect(furthest(got.losses, truth.losses)).toBeLessThan(1e-4);
    expect(furthest(got.outputs, truth.outputs)).toBeLessThan(1e-4);
  }, 120_000);

  it('multiplies large matrices, four values at once where it can', async () => {
    const backend = await open();
    const [m, k, n] = [33, 70, 41];
    const a = Float32Array.from({ length: m * k }, (_, i) => ((i * 7) % 13) - 6);
    const b = Float32Array.from({ length: k * n }, (_, i) => ((i * 5) % 11) - 5);
    const on = (x: Float32Array, shape: number[], where = backend) => tensor({ data: x, shape }, { backend: where });
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const shapes = [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]] as const;
      const product = (where: typeof backend) =>
        matmul(on(a, shapes[0], where), on(b, shapes[1], where), { transposeA, transposeB });
      const got = await product(backend).data();
      expect(furthest(got, product(reference() as typeof backend).dataSync())).toBe(0);
    }
  });

  it('keeps NaN and infinities', async () => {
    const x = tensor([NaN, Infinity, -Infinity, 1], { backend: await open() });
    expect(Array.from(await add(x, 1).data())).toEqual([NaN, Infinity, -Infinity, 2]);
    expect(Array.from(await mul(x, x).data())).toEqual([NaN, Infinity, Infinity, 1]);
    expect(await sum(x).data()).toEqual(Float32Array.of(NaN));
  });

  it('has arrays of several sizes beside each other, and results that stay', async () => {
    const backend = await open();
    const results = [8, 3, 100, 3].map((n) =>
      mul(
        tensor(
          Array.from({ length: n }, (_, i) => i),
          { backend },
        ),
        3,
      ),
    );
    for (const x of results)
      expect(Array.from(await x.data())).toEqual(Array.from({ length: x.size }, (_, i) => 3 * i));
  });

  it('lets go of kernels, not of what they made', async () => {
    const backend = await open();
    const x = tensor([1, 2, 3], { backend });
    const y = add(x, 1);
    await backend.shutdown();
    expect(backend.kernels).toBe(0);
    expect(Array.from(await y.data())).toEqual([2, 3, 4]);
    expect(Array.from(await add(y, 1).data())).toEqual([3, 4, 5]);
    y.dispose();
    expect(Array.from(await add(x, 1).data())).toEqual([2, 3, 4]);
  });

  it('runs chains step by step that read more arrays than a kernel can', async () => {
    const backend = await open();
    const xs = Array.from({ length: 12 }, (_, i) => add(tensor([i, 1], { backend }), 0));
    const total = compile((all: Tensor[]) => all.reduce((a, b) => add(a, b)));
    expect(Array.from(await total(xs).data())).toEqual([66, 12]);
    expect(total.inspect()).toMatch(/fused/);
  });

  it('takes no tensor of another backend, and reads nothing after dispose', async () => {
    const backend = await open();
    const [own, other] = [tensor([1], { backend }), tensor([1], { backend: reference() })];
    expect(() => add(own, other)).toThrow(BackendError);
    expect(() => matmul(tensor([[1]], { backend }), tensor([[1]], { backend: reference() }))).toThrow(/'gpujs' and/);
    const y = add(own, 1);
    expect(Array.from(await y.data())).toEqual([2]);
    y.dispose();
    await expect(y.data()).rejects.toThrow(DisposedError);
    expect(() => add(y, 1)).toThrow(DisposedError);
  });

  it('computes element by element in windows, where an array has too little room', async () => {
    const backend = await open();
    Object.defineProperty(backend, 'mostElements', { value: 100, configurable: true });
    try {
      const data = Float32Array.from({ length: 250 }, (_, i) => i - 125);
      const x = tensor({ data, shape: [25, 10] }, { backend });
      const y = add(mul(x, x), tensor([[3]], { backend }));
      expect(await y.data()).toEqual(data.map((v) => v * v + 3));
      expect(() => sum(y)).toThrow(BackendError);
    } finally {
      delete (backend as { mostElements?: number }).mostElements;
    }
    expect(Array.from(await sum(tensor([1, 2], { backend })).data())).toEqual([3]);
  });

  it('holds two models on one page', async () => {
    const backend = await open();
    const [one, two] = [smallCnn(backend), smallCnn(await open())];
    const image = { data: new Float32Array(64).fill(0.5), shape: [1, 8, 8, 1] };
    const [a, b] = [one.predict(image), two.predict(image)];
    expect(await a.toArray()).toEqual(await b.toArray());
    one.dispose();
    expect(await two.predict(image).toArray()).toEqual(await b.toArray());
  });

  it('comes and goes two hundred times without leaving anything', async () => {
    const backend = await open();
    const once = async (): Promise<void> => {
      const model = smallCnn(backend);
      model.build([8, 8, 1]);
      const y = model.predict({ data: new Float32Array(64), shape: [1, 8, 8, 1] });
      await y.data();
      y.dispose();
      model.dispose();
    };
    await once();
    const before = memory();
    const kernels = backend.kernels;
    for (let i = 0; i < 200; i++) await once();
    // Less is fine: what other tests left may be collected meanwhile.
    expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
    expect(memory().bytes).toBeLessThanOrEqual(before.bytes);
    expect(backend.kernels).toBe(kernels);
    expect(backend.isLost).toBe(false);
    expect(await open()).toBe(backend);
  }, 120_000);
});

describe.runIf(modes.includes('webgl2'))('WebGL', () => {
  it('is not taken where the browser gives no context', async () => {
    const { getContext } = HTMLCanvasElement.prototype;
    const offscreen = OffscreenCanvas.prototype.getContext;
    const without = (inner: (...args: never[]) => unknown) =>
      function (this: unknown, ...args: unknown[]) {
        return args[0] === 'webgl2' ? null : inner.apply(this, args as never[]);
      };
    try {
      HTMLCanvasElement.prototype.getContext = without(getContext) as never;
      OffscreenCanvas.prototype.getContext = without(offscreen) as never;
      const module = { GPU: await evaluate() };
      await expect(gpujs(module, { mode: 'webgl2' })).rejects.toThrow(
        /webgl2: this host knows WebGL2, but gave no context/,
      );
      expect((await gpujs(module)).mode).toBe('webasm');
    } finally {
      HTMLCanvasElement.prototype.getContext = getContext;
      OffscreenCanvas.prototype.getContext = offscreen;
    }
  });

  it('is not taken where it has no float textures', async () => {
    const { getExtension } = WebGL2RenderingContext.prototype;
    try {
      WebGL2RenderingContext.prototype.getExtension = function (this: WebGL2RenderingContext, name: string) {
        return name === 'EXT_color_buffer_float' ? null : getExtension.call(this, name as never);
      } as never;
      const module = { GPU: await evaluate() };
      const attempt = gpujs(module, { mode: 'webgl2' });
      await expect(attempt).rejects.toThrow(BackendError);
      await expect(attempt).rejects.toThrow(/float32 textures don't work here: 0\.1.* negated gave 0, 0, 0, 0/);
      expect((await gpujs(module)).mode).toBe('webasm');
    } finally {
      WebGL2RenderingContext.prototype.getExtension = getExtension;
    }
  });

  it('is what gpu.js runs on by default, and can be read at once', async () => {
    const backend = await gpujs(gpuJs!);
    expect(backend.mode).toBe('webgl2');
    expect(add(tensor([1, 2], { backend }), 1).toArraySync()).toEqual([2, 3]);
  });

  it('refuses to add up more elements than an array has', async () => {
    const backend = await gpujs(gpuJs!, { mode: 'webgl2' });
    expect(() => sum(zeros([2 ** 24 + 1], { backend }))).toThrow(BackendError);
  });

  // Last, as it takes the context away.
  it('says that the context is lost, and begins anew when asked', async () => {
    const backend = await gpujs(gpuJs!, { mode: 'webgl2' });
    const x = tensor([1, 2, 3], { backend });
    const y = add(x, 1);
    const contexts = instances.map(({ context }) => context).filter((c) => c instanceof WebGL2RenderingContext);
    // One for all that was done here.
    expect(contexts).toHaveLength(1);
    contexts[0]!.getExtension('WEBGL_lose_context')!.loseContext();
    expect(backend.isLost).toBe(true);
    expect(() => add(x, 1)).toThrow(/took the graphics device away/);
    await expect(y.data()).rejects.toThrow(BackendError);
    const fresh = await gpujs(gpuJs!, { mode: 'webgl2' });
    expect(fresh).not.toBe(backend);
    expect(add(tensor([1], { backend: fresh }), 1).toArraySync()).toEqual([2]);
  });
});

// Last, too.
it.runIf(modes.includes('webgpu'))('says that the device of WebGPU is lost, and begins anew when asked', async () => {
  const backend = await gpujs(gpuJs!, { mode: 'webgpu' });
  const x = tensor([1, 2, 3], { backend });
  const y = add(x, 1);
  await y.data();
  const devices = instances.flatMap(({ kernels }) => kernels.flatMap((k) => k.context?.device ?? []));
  devices[0]!.destroy();
  await devices[0]!.lost;
  await expect(add(x, 1).data()).rejects.toThrow(/took the graphics device away/);
  await expect(y.data()).rejects.toThrow(BackendError);
  expect(backend.isLost).toBe(true);
  const fresh = await gpujs(gpuJs!, { mode: 'webgpu' });
  expect(fresh).not.toBe(backend);
  expect(await add(tensor([1], { backend: fresh }), 1).toArray()).toEqual([2]);
});
