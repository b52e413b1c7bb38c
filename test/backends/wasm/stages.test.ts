import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { WasmPlan } from '../../../src/backends/wasm/plan/plan';
import { compile } from '../../../src/compile/compile';
import type { Plan, Program } from '../../../src/core/backend';
import { quantizeMultiplier } from '../../../src/core/fixed-point';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { conv2d, conv2dTranspose, depthwiseConv2d } from '../../../src/ops/conv';
import { tensor } from '../../../src/ops/create';
import { add, clip, gelu, relu, sigmoid, tanh } from '../../../src/ops/elementwise';
import { matmul } from '../../../src/ops/linear';
import { qMatmul } from '../../../src/ops/quantized';
import { transpose } from '../../../src/ops/shape-ops';

/** Keeps which operations of the last plan run together: stage by stage, the names of their ops. */
class WatchedBackend extends WasmBackend {
  stages: string[][] = [];

  override plan(program: Program): Plan {
    const plan = super.plan(program);
    if (!(plan instanceof WasmPlan)) expect.fail('plans are those of the WASM backend');
    this.stages = plan.stages.map((nodes) => nodes.map((n) => program.nodes[n]!.op.name));
    return plan;
  }
}

const rng = new Rng('stages');
const noise = (size: number): Float32Array => Float32Array.from({ length: size }, () => rng.random() - 0.5);
type Maker = (...shape: number[]) => Tensor;
const makerOn =
  (backend: WasmBackend): Maker =>
  (...shape) =>
    tensor(noise(shape.reduce((a, b) => a * b, 1)), { shape, backend });

type Linear = (x: Tensor, w: Tensor) => Tensor;
interface Case {
  readonly linear: Linear;
  readonly x: number[];
  readonly w: number[];
  /** Where the result is not made row by row, or nothing is gained by it: how many stages there are. */
  readonly apart?: number;
}

const conv =
  (options: Parameters<typeof conv2d>[2]): Linear =>
  (x, w) =>
    conv2d(x, w, options);
const SAME = { padding: 'same' } as const;
const CASES: Readonly<Record<string, Case>> = {
  'a product': { linear: matmul, x: [70, 96], w: [96, 80] },
  'a small product': { linear: matmul, x: [16, 16], w: [16, 16] },
  'a batch of products': { linear: matmul, x: [3, 40, 64], w: [64, 48] },
  'a 1×1 convolution': { linear: conv({}), x: [2, 10, 9, 16], w: [1, 1, 16, 24] },
  'a 3×3 convolution of stride 2': { linear: conv({ ...SAME, strides: 2 }), x: [2, 15, 14, 16], w: [3, 3, 16, 24] },
  'a 3×3 convolution of few pixels': { linear: conv(SAME), x: [1, 6, 7, 16], w: [3, 3, 16, 20] },
  'a 3×3 convolution of 3 channels': { linear: conv(SAME), x: [2, 12, 13, 3], w: [3, 3, 3, 16] },
  'a 3×3 convolution of many pixels': { linear: conv(SAME), x: [3, 18, 14, 16], w: [3, 3, 16, 20] },
  'a 3×3 convolution of images of an odd height': { linear: conv({}), x: [4, 13, 26, 16], w: [3, 3, 16, 18] },
  'a 3×3 convolution of many pixels in groups': {
    linear: conv({ ...SAME, groups: 2 }),
    x: [2, 19, 14, 32],
    w: [3, 3, 16, 40],
    apart: 2,
  },
  'a 3×3 convolution of many channels': { linear: conv(SAME), x: [2, 17, 16, 70], w: [3, 3, 70, 64], apart: 2 },
  'a grouped convolution': {
    linear: conv({ ...SAME, groups: 4, strides: 2 }),
    x: [2, 15, 14, 16],
    w: [3, 3, 4, 24],
    apart: 2,
  },
  'a transposed convolution': {
    linear: (x, w) => conv2dTranspose(x, w, SAME),
    x: [2, 15, 14, 16],
    w: [3, 3, 20, 16],
  },
  'a transposed convolution of stride 2': {
    linear: (x, w) => conv2dTranspose(x, w, { ...SAME, strides: 2 }),
    x: [2, 8, 7, 16],
    w: [3, 3, 20, 16],
    apart: 2,
  },
  'a few rows': { linear: matmul, x: [8, 100], w: [100, 120], apart: 2 },
  'a row': { linear: matmul, x: [1, 300], w: [300, 200] },
  'a row and a large matrix': { linear: matmul, x: [1, 300], w: [300, 1024] },
  'a column': { linear: matmul, x: [300, 200], w: [200, 1] },
  'a depthwise convolution': {
    linear: (x, w) => depthwiseConv2d(x, w, SAME),
    x: [2, 14, 15, 24],
    w: [3, 3, 24, 1],
  },
};

const EPILOGUES: Readonly<Record<string, (y: Tensor, bias: Tensor, residual: Tensor) => Tensor>> = {
  'bias and relu': (y, b) => relu(add(y, b)),
  'bias and relu6': (y, b) => clip(add(y, b), 0, 6),
  'bias, residual and gelu': (y, b, r) => gelu(add(add(y, b), r)),
  'bias, sigmoid and tanh': (y, b) => tanh(sigmoid(add(y, b))),
};

/** What `linear` and each epilogue take. */
function operands({ linear, x, w }: Case, make: Maker): [Tensor, Tensor, Tensor, Tensor] {
  const [a, b] = [make(...x), make(...w)];
  const { shape } = linear(a, b);
  return [a, b, make(shape.at(-1)!), make(...shape)];
}

describe('stages', () => {
  const backend = new WatchedBackend({ threads: 1 });

  it.each(Object.entries(CASES))('of %s hold what is applied to its result, or end there', (_, given) => {
    const inputs = operands(given, makerOn(backend));
    for (const [name, epilogue] of Object.entries(EPILOGUES)) {
      const f = (x: Tensor, w: Tensor, b: Tensor, r: Tensor): Tensor => epilogue(given.linear(x, w), b, r);
      const compiled = compile(f);
      const got = compiled(...inputs).dataSync();
      compiled.dispose();
      expect(backend.stages.length, `${name}: ${JSON.stringify(backend.stages)}`).toBe(given.apart ?? 1);
      expect(backend.stages.flat().length, name).toBeGreaterThan(1);
      expect(got, name).toEqual(f(...inputs).dataSync());
    }
  });

  it('end where all of a result is needed before anything else begins', () => {
    const make = makerOn(backend);
    const [x, k, other] = [make(2, 20, 20, 16), make(3, 3, 16, 1), make(20, 20)];
    const compiled = compile((a: Tensor, b: Tensor) => depthwiseConv2d(relu(depthwiseConv2d(a, b)), b));
    compiled(x, k);
    expect(backend.stages.map((stage) => stage[0])).toEqual(['depthwiseConv2d', 'depthwiseConv2d']);
    const transposed = compile((a: Tensor) => add(matmul(a, a), transpose(matmul(a, a))));
    transposed(other);
    expect(backend.stages.length).toBe(2);
    compiled.dispose();
    transposed.dispose();
  });

  it('of an integer product are one: it requantises its own sums', () => {
    const integers = (data: Int8Array | Int32Array, ...shape: number[]): Tensor => tensor(data, { shape, backend });
    const [m, n, k] = [20, 24, 32];
    const { multiplier, shift } = quantizeMultiplier(0.01);
    const inputs = [
      integers(
        Int8Array.from({ length: m * k }, () => rng.integer(256) - 128),
        m,
        k,
      ),
      integers(
        Int8Array.from({ length: k * n }, () => rng.integer(255) - 127),
        k,
        n,
      ),
      integers(new Int32Array(n).fill(1), n),
      integers(new Int32Array(n).fill(multiplier), n),
      integers(new Int32Array(n).fill(shift), n),
    ] as const;
    const attrs = { inputZeroPoint: 3, outputZeroPoint: -5, qmin: -5, qmax: 127 };
    const compiled = compile((x: Tensor, w: Tensor, bias: Tensor, scale: Tensor, shifts: Tensor) =>
      qMatmul(x, w, bias, scale, shifts, attrs),
    );
    compiled(...inputs);
    expect(backend.stages).toEqual([['qMatmul']]);
    compiled.dispose();
  });
});

describe('joined tasks', () => {
  const backends = [2, 3, 8].map((threads) => new WasmBackend({ threads }));
  const alone = new WasmBackend({ threads: 1 });
  // Threads start once there was enough work, and join when they are ready.
  beforeAll(async () => {
    for (const backend of backends) {
      const x = makerOn(backend)(200, 200);
      for (let round = 0; round < 20; round++) matmul(x, x).dispose();
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  });
  afterAll(() => Promise.all(backends.map((b) => b.shutdown())));

  it.each(Object.entries(CASES))('behind %s give the bits of eager ones on any number of threads', (_, given) => {
    const truth = operands(given, makerOn(alone));
    const f = (x: Tensor, w: Tensor, b: Tensor, r: Tensor): Tensor =>
      EPILOGUES['bias, residual and gelu']!(given.linear(x, w), b, r);
    const want = f(...truth).dataSync();
    for (const backend of backends) {
      const inputs = truth.map((t) => tensor(t.dataSync(), { shape: t.shape, backend })) as typeof truth;
      const compiled = compile(f);
      for (let call = 0; call < 20; call++) {
        const got = compiled(...inputs).dataSync();
        expect(
          got.findIndex((value, i) => value !== want[i]),
          `${backend.threads} threads`,
        ).toBe(-1);
      }
      compiled.dispose();
    }
  });
});
