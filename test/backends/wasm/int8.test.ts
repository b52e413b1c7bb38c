import { describe, expect, it } from 'vitest';
import { wasm } from '../../../src/backends/wasm/index';
import { compile } from '../../../src/compile/compile';
import { quantizeMultiplier } from '../../../src/core/fixed-point';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import {
  dequantizeLinear,
  type QuantizedConvAttrs,
  qAvgPool2d,
  qConv2d,
  qDepthwiseConv2d,
  qMatmul,
  quantizeLinear,
  type RequantizeAttrs,
} from '../../../src/ops/quantized';
import {
  countFallbacks,
  expectSame,
  referenceBackend,
  ShatteringBackend,
  type Twin,
  twin,
  wasmBackend,
} from './support';

const rng = new Rng('int8');

/** Divided as threads would, and without the relaxed dot product. */
const others = { shattering: new ShatteringBackend(), plain: wasm({ deterministic: true }) };

/** Bias, multiplier and shift on both backends. */
function scales(channels: number, low = 0.0005, high = 0.02): Twin[] {
  const factors = Array.from({ length: channels }, () => quantizeMultiplier(low + (high - low) * rng.random()));
  const tables = [
    Int32Array.from({ length: channels }, () => rng.integer(20001) - 10000),
    Int32Array.from(factors, (f) => f.multiplier),
    Int32Array.from(factors, (f) => f.shift),
  ];
  return tables.map((data) => both(data, [channels]));
}

/** The same numbers on both backends. */
function both(data: Int8Array | Int32Array, shape: number[]): Twin {
  return {
    tested: tensor(data, { shape, backend: wasmBackend }),
    truth: tensor(data, { shape, backend: referenceBackend }),
  };
}

function randomAttrs(): RequantizeAttrs {
  const relu = rng.random() < 0.5;
  const outputZeroPoint = rng.integer(256) - 128;
  const qmin = relu ? outputZeroPoint : -128;
  return {
    inputZeroPoint: rng.integer(256) - 128,
    outputZeroPoint,
    qmin,
    qmax: rng.random() < 0.2 ? Math.max(qmin, 100) : 127,
  };
}

interface WinogradOptions {
  readonly padding?: number;
  readonly groups?: number;
}

/** Runs on both backends and expects the same bits, from a kernel. */
function expectBits(operands: readonly Twin[], run: (...xs: Tensor[]) => Tensor, label = ''): Tensor {
  const want = run(...operands.map((x) => x.truth));
  let got: Tensor | undefined;
  const fallen = countFallbacks(wasmBackend, () => {
    got = run(...operands.map((x) => x.tested));
  });
  expectSame(got!, want, 0, label);
  expect(fallen, label).toEqual([]);
  for (const [name, backend] of Object.entries(others)) {
    const copies = operands.map(({ truth }) => tensor(truth.dataSync(), { shape: truth.shape, backend }));
    expectSame(run(...copies), want, 0, `${name}: ${label}`);
  }
  return got!;
}

describe('integer kernels have the bits of the reference', () => {
  it.each([
    [1, 1, 1],
    [1, 784, 100],
    [1, 7, 16],
    [1, 783, 37],
    [1, 33, 555],
    [2, 783, 37],
    [5, 33, 7],
    [4, 8, 8],
    [64, 256, 32],
    [67, 1027, 9],
    [130, 3, 41],
    [3, 3000, 5],
  ])('qMatmul %i × %i × %i', (m, k, n) => {
    for (let round = 0; round < 4; round++) {
      const attrs = randomAttrs();
      const operands = [twin(rng, 'int8', [m, k]), twin(rng, 'int8', [k, n]), ...scales(n)] as const;
      expectBits(operands, (x, w, b, f, s) => qMatmul(x!, w!, b!, f!, s!, attrs), JSON.stringify(attrs));
    }
  });

  it.each([
    [1, 1, 1],
    [1, 784, 100],
    [1, 783, 37],
    [1, 7, 33],
    [1, 34, 555],
    [2, 33, 7],
    [3, 64, 24],
    [8, 101, 41],
  ])('qMatmul %i × %i × %i in a plan that has packed its weights', (m, k, n) => {
    for (let round = 0; round < 3; round++) {
      const attrs = randomAttrs();
      // Channels that need the general way in every other round.
      const layer = [twin(rng, 'int8', [k, n]), ...scales(n, 0.0005, round % 2 === 0 ? 0.02 : 3)];
      const inputs = Array.from({ length: 2 }, () => twin(rng, 'int8', [m, k]));
      const [w, ...tables] = layer.map((t) => t.truth) as [Tensor, Tensor, Tensor, Tensor];
      for (const [name, backend] of Object.entries({ wasm: wasmBackend, ...others })) {
        const own = [w, ...tables].map((t) => tensor(t.dataSync(), { shape: t.shape, backend }));
        const [ownW, b, f, s] = own as [Tensor, Tensor, Tensor, Tensor];
        const product = compile((x: Tensor) => qMatmul(x, ownW, b, f, s, attrs));
        for (const { truth: x } of inputs) {
          const want = qMatmul(x, w, ...(tables as [Tensor, Tensor, Tensor]), attrs);
          expectSame(
            product(tensor(x.dataSync(), { shape: x.shape, backend })),
            want,
            0,
            `${name}: ${JSON.stringify(attrs)}`,
          );
        }
        product.dispose();
      }
    }
  });

  it('qMatmul with factors above one, below 2^-20, and zero', () => {
    for (const [low, high] of [
      [1, 8],
      [1e-7, 2e-6],
      [0, 0],
      [0.4, 3],
    ] as const) {
      const operands = [twin(rng, 'int8', [9, 50]), twin(rng, 'int8', [50, 13]), ...scales(13, low, high)] as const;
      expectBits(
        operands,
        (x, w, b, f, s) =>
          qMatmul(x!, w!, b!, f!, s!, { inputZeroPoint: -7, outputZeroPoint: 11, qmin: -128, qmax: 127 }),
        `${low} … ${high}`,
      );
    }
  });

  it.each([2, 9])('qMatmul of %i rows at the ends of int32, where shifts saturate and halves are rounded', (rows) => {
    const sums = [
      2147483647, -2147483648, 1073741824, -1073741824, 3, -3, 1, -1, 5, -5, 0, 7, -7, 65536, -65536, 2147483000,
    ];
    // One shift after the other, as channels of like shifts are computed together; ties of both roundings for each.
    const cases = Array.from({ length: 69 }, (_, i) => i - 34).flatMap((shift) => {
      const ties = Array.from(
        { length: 24 },
        (_, i) => (2 * i + 1) * 2 ** Math.max(0, -shift - 1) * (i % 2 === 0 ? 1 : -1),
      );
      const some = Array.from({ length: 100 }, () => Math.round((rng.random() - 0.5) * 2 ** (1 + rng.integer(32))));
      return [1 << 30, 1518500250, 2147483647, 1 << 29, 3, 0, -(1 << 30)].flatMap((factor) =>
        [...sums, ...ties, ...some].map((sum) => [sum | 0, factor, shift] as const),
      );
    });
    const column = (i: 0 | 1 | 2): Twin => {
      const data = Int32Array.from(cases, (c) => c[i]);
      return { tested: tensor(data, { backend: wasmBackend }), truth: tensor(data, { backend: referenceBackend }) };
    };
    // The product is nought, so the bias is the sum.
    const zeros = (shape: number[]): Twin => twin(rng, 'int8', shape, { value: () => 0 });
    for (const outputZeroPoint of [0, -128, 127]) {
      const attrs = { inputZeroPoint: 0, outputZeroPoint, qmin: -128, qmax: 127 };
      const y = expectBits(
        [zeros([rows, 4]), zeros([4, cases.length]), column(0), column(1), column(2)],
        (x, w, b, f, s) => qMatmul(x!, w!, b!, f!, s!, attrs),
        `zero point ${outputZeroPoint}`,
      );
      expect(new Set(y.dataSync()).size).toBeGreaterThan(5);
    }
  });

  const convs: [string, number[], number[], Partial<QuantizedConvAttrs>][] = [
    [
      '3×3 same',
      [2, 9, 8, 16],
      [3, 3, 16, 24],
      {
        padding: [
          [1, 1],
          [1, 1],
        ],
      },
    ],
    [
      '3×3, one channel',
      [2, 12, 11, 1],
      [3, 3, 1, 10],
      {
        padding: [
          [1, 1],
          [1, 1],
        ],
      },
    ],
    [
      '3×3, three channels, strided',
      [2, 13, 12, 3],
      [3, 3, 3, 7],
      {
        strides: [2, 2],
        padding: [
          [0, 1],
          [1, 0],
        ],
      },
    ],
    ['1×1', [2, 6, 7, 33], [1, 1, 33, 12], {}],
    [
      'dilated',
      [1, 12, 11, 5],
      [3, 2, 5, 6],
      {
        dilations: [2, 3],
        padding: [
          [2, 2],
          [0, 3],
        ],
      },
    ],
    [
      'groups',
      [2, 7, 8, 6],
      [3, 3, 2, 9],
      {
        groups: 3,
        padding: [
          [1, 1],
          [1, 1],
        ],
      },
    ],
    [
      'k in several blocks',
      [1, 5, 5, 131],
      [3, 3, 131, 5],
      {
        padding: [
          [1, 1],
          [1, 1],
        ],
      },
    ],
  ];
  const plain = {
    strides: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    dilations: [1, 1],
    groups: 1,
  } as const;

  it.each(convs)('qConv2d %s', (_, x, w, options) => {
    for (let round = 0; round < 4; round++) {
      const attrs = { ...plain, ...options, ...randomAttrs() };
      const operands = [twin(rng, 'int8', x), twin(rng, 'int8', w), ...scales(w[3]!)];
      expectBits(operands, (p, q, b, f, s) => qConv2d(p!, q!, b!, f!, s!, attrs), JSON.stringify(attrs));
    }
  });

  it.each([
    ['tiles of 4 × 4', [3, 15, 16, 16], [3, 3, 16, 16], { padding: 1 }],
    ['tiles of 4 × 4, odd numbers of all', [1, 33, 39, 19], [3, 3, 19, 21], {}],
    ['tiles of 4 × 4, wide padding', [2, 17, 18, 17], [3, 3, 17, 40], { padding: 3 }],
    ['tiles of 4 × 4, groups', [2, 25, 23, 51], [3, 3, 17, 51], { padding: 1, groups: 3 }],
    ['tiles of 2 × 2', [1, 18, 18, 16], [3, 3, 16, 16], { padding: 1 }],
    ['tiles of 2 × 2, odd numbers of all', [2, 13, 15, 19], [3, 3, 19, 21], {}],
    ['tiles of 2 × 2, wide padding', [1, 12, 13, 17], [3, 3, 17, 40], { padding: 3 }],
    ['tiles of 2 × 2, groups', [2, 13, 14, 51], [3, 3, 17, 51], { padding: 1, groups: 3 }],
    ['tiles of 2 × 2, many channels', [2, 17, 15, 300], [3, 3, 300, 16], { padding: 1 }],
  ] as const)('qConv2d 3×3 of many pixels: %s', (_, x, w, { padding = 0, groups = 1 }: WinogradOptions) => {
    const sides = [padding, padding] as const;
    for (let round = 0; round < 3; round++) {
      const attrs = { ...plain, padding: [sides, sides] as const, groups, ...randomAttrs() };
      const operands = [twin(rng, 'int8', x), twin(rng, 'int8', w), ...scales(w[3])];
      expectBits(operands, (p, q, b, f, s) => qConv2d(p!, q!, b!, f!, s!, attrs), JSON.stringify(attrs));
    }
  });

  // The most channels that both kinds of tiles take, and one more.
  it.each([
    [114, 31],
    [115, 31],
    [1827, 16],
    [1828, 16],
  ])('qConv2d 3×3 of %i channels at the ends of the range of all operands', (channels, side) => {
    for (const [pixel, tap, inputZeroPoint] of [
      [-128, -128, 127],
      [127, -128, -128],
    ] as const) {
      const attrs = { ...plain, inputZeroPoint, outputZeroPoint: 0, qmin: -128, qmax: 127 };
      const value = (end: number) => (r: Rng) => (r.random() < 0.999 ? end : -1 - end);
      // Factors for which the largest sums are not saturated.
      const factor = 100 / (9 * 255 * 128 * channels);
      const operands = [
        twin(rng, 'int8', [1, side, side, channels], { value: value(pixel) }),
        twin(rng, 'int8', [3, 3, channels, 16], { value: value(tap) }),
        ...scales(16, factor, factor),
      ];
      expectBits(operands, (p, q, b, f, s) => qConv2d(p!, q!, b!, f!, s!, attrs), JSON.stringify(attrs));
    }
  });

  it.each([
    [
      '3×3 same',
      [2, 9, 8, 16],
      [3, 3, 16, 1],
      {
        padding: [
          [1, 1],
          [1, 1],
        ],
      },
    ],
    [
      'odd channels, strided',
      [2, 9, 8, 21],
      [3, 3, 21, 1],
      {
        strides: [2, 2],
        padding: [
          [0, 1],
          [0, 1],
        ],
      },
    ],
    ['few channels, dilated', [2, 9, 8, 3], [3, 2, 3, 1], { dilations: [2, 2] }],
    [
      'a window too long to unroll',
      [1, 5, 40, 11],
      [2, 33, 11, 1],
      {
        padding: [
          [1, 0],
          [16, 16],
        ],
      },
    ],
    [
      'no row of the image under some',
      [1, 2, 9, 8],
      [2, 3, 8, 1],
      {
        padding: [
          [3, 3],
          [1, 4],
        ],
      },
    ],
  ] as [string, number[], number[], Partial<QuantizedConvAttrs>][])('qDepthwiseConv2d %s', (_, x, w, options) => {
    for (let round = 0; round < 4; round++) {
      const attrs = { ...plain, ...options, ...randomAttrs() };
      const operands = [twin(rng, 'int8', x), twin(rng, 'int8', w), ...scales(w[2]!)];
      expectBits(operands, (p, q, b, f, s) => qDepthwiseConv2d(p!, q!, b!, f!, s!, attrs), JSON.stringify(attrs));
    }
  });

  it.each([0, -1, -5, -8, -9, -12, -13])('requantises every sum near a tie, shifted by %i', (shift) => {
    const channels = 16;
    const ints = (n: number, value: (i: number) => number) => Int32Array.from({ length: n }, (_, i) => value(i));
    const tables = [
      ints(channels, (c) => (c - 8) * 5000),
      // Powers of two make exact ties, their neighbours near ones.
      ints(channels, (c) => 2 ** 30 + (c % 4 === 0 ? 0 : c % 4 === 1 ? -1 : c % 4 === 2 ? 1 : c * 7654321)),
      ints(channels, () => shift),
    ].map((data) => both(data, [channels]));
    const x = both(
      Int8Array.from({ length: 256 * channels }, (_, i) => (i >> 4) - 128),
      [1, 16, 16, channels],
    );
    for (const weight of [1, -1, 3, 127]) {
      const w = both(new Int8Array(channels).fill(weight), [1, 1, channels, 1]);
      for (const outputZeroPoint of [3, -128, 127]) {
        const attrs = { ...plain, inputZeroPoint: 0, outputZeroPoint, qmin: -128, qmax: 127 };
        expectBits(
          [x, w, ...tables],
          (p, q, b, f, s) => qDepthwiseConv2d(p!, q!, b!, f!, s!, attrs),
          `times ${weight}, zero point ${outputZeroPoint}`,
        );
      }
    }
  });

  it('qDepthwiseConv2d with several filters to a channel goes by the reference rule', () => {
    const attrs = { ...plain, ...randomAttrs() };
    const operands = [twin(rng, 'int8', [1, 5, 5, 3]), twin(rng, 'int8', [2, 2, 3, 2]), ...scales(6)];
    const run = (which: 'tested' | 'truth'): Tensor => {
      const [x, w, b, f, s] = operands.map((o) => o[which]);
      return qDepthwiseConv2d(x!, w!, b!, f!, s!, attrs);
    };
    expectSame(run('tested'), run('truth'));
  });

  it.each([
    [
      [2, 8, 8, 16],
      [2, 2],
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      [2, 7, 9, 5],
      [3, 3],
      [2, 2],
      [
        [1, 1],
        [1, 1],
      ],
    ],
    [
      [1, 7, 7, 21],
      [7, 7],
      [1, 1],
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      [1, 50, 40, 3],
      [50, 40],
      [1, 1],
      [
        [0, 0],
        [0, 0],
      ],
    ],
  ] as const)('qAvgPool2d %j by %j', (shape, poolSize, strides, padding) => {
    for (let round = 0; round < 3; round++) {
      expectBits([twin(rng, 'int8', shape)], (x) => qAvgPool2d(x!, { poolSize, strides, padding }));
      // Values that make halves of both signs.
      expectBits([twin(rng, 'int8', shape, { value: (r) => r.integer(3) - 1 })], (x) =>
        qAvgPool2d(x!, { poolSize, strides, padding }),
      );
    }
  });

  it('quantizeLinear rounds halves to even, saturates, and maps NaN to the zero point', () => {
    const special = [0.5, 1.5, 2.5, -0.5, -1.5, NaN, Infinity, -Infinity, 1e30, -1e30, -0, 127, -128, 1e-40, 63.5];
    for (const [scale, zeroPoint] of [
      [1, 0],
      [0.1, 17],
      [1 / 3, -128],
      [2 ** -20, 127],
      [1e-3, 5],
    ] as const) {
      const attrs = { scale, zeroPoint };
      const data = Float32Array.from([...special, ...Array.from({ length: 200 }, () => rng.gaussian() * 100 * scale)]);
      const x = { tested: tensor(data, { backend: wasmBackend }), truth: tensor(data, { backend: referenceBackend }) };
      const q = expectBits([x], (t) => quantizeLinear(t!, attrs));
      expect(q.dataSync()[5]).toBe(zeroPoint);
      expectBits([twin(rng, 'int8', [13, 5, 3])], (t) => dequantizeLinear(t!, attrs));
      expectBits([twin(rng, 'float32', [7, 5])], (t) => quantizeLinear(t!, attrs));
    }
  });
});
