import { describe, expect, it } from 'vitest';
import { wasm } from '../../../src/backends/wasm/index';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import * as ops from '../../../src/ops/elementwise';
import { to } from '../../../src/ops/transfer';
import { referenceBackend, wasmBackend } from './support';

/** Bits drawn uniformly (so every magnitude, denormals included), values from a few ranges, and specials. */
function samples(count: number): Float32Array {
  const rng = new Rng('float32');
  const specials = [
    0,
    -0,
    Infinity,
    -Infinity,
    NaN,
    1,
    -1,
    88.72284,
    88.72283,
    -87.33655,
    -103.97,
    -104,
    1e-45,
    -1e-45,
    1.1754944e-38,
    3.4028235e38,
    Math.LN2,
    Math.PI,
    Math.PI / 2,
    1e10,
    9.0101,
    -17.5,
    // The worst of all for exp with fused multiply-adds.
    80.7957992553711,
    -5.858449,
  ];
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const ranges = [0.01, 1, 4, 20, 110];
  return Float32Array.from({ length: count }, (_, i) => {
    if (i < specials.length) return specials[i]!;
    if (i % 2 === 0) return (rng.random() - 0.5) * 2 * ranges[i % 5]!;
    bits[0] = rng.random() * 2 ** 32;
    return float[0]!;
  });
}

/** How far `got` is from the exact value, in units in the last place of float32 there. */
function ulps(got: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(got, rounded) || got === rounded) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(rounded)) {
    const largest = 3.4028234663852886e38;
    return Math.abs(got) === largest || Math.abs(rounded) === largest ? 1 : Infinity;
  }
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

function worst(f: (...xs: Tensor[]) => Tensor, ...xs: Float32Array[]): { error: number; at: number[] } {
  const got = f(...xs.map((x) => tensor(x, { backend: wasmBackend }))).dataSync();
  const exact = f(...xs.map((x) => tensor(Float64Array.from(x), { backend: referenceBackend }))).dataSync();
  let found = { error: 0, at: [] as number[] };
  for (let i = 0; i < got.length; i++) {
    const error = ulps(got[i]!, exact[i]!);
    if (error > found.error) found = { error, at: [...xs.map((x) => x[i]!), got[i]!, exact[i]!] };
  }
  return found;
}

/** Largest error allowed, in ulp, per function. */
const UNARY: readonly (readonly [string, (x: Tensor) => Tensor, number])[] = [
  ['sqrt', ops.sqrt, 0.5],
  ['rsqrt', ops.rsqrt, 1.5],
  ['reciprocal', ops.reciprocal, 0.5],
  ['exp', ops.exp, 1.03],
  ['log', ops.log, 1],
  ['tanh', ops.tanh, 2],
  ['sigmoid', ops.sigmoid, 2],
  ['softplus', ops.softplus, 2],
  ['silu', ops.silu, 2],
  ...(['expm1', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'selu'] as const).map(
    (name) => [name, (x: Tensor) => ops[name](x), 0.52] as const,
  ),
  ['elu', (x) => ops.elu(x), 0.52],
  ['erf', ops.erf, 2],
  ['gelu', (x) => ops.gelu(x), 2],
];

describe('accuracy of float32 functions, against float64', () => {
  const deterministic = wasm({ threads: 1, deterministic: true });
  const xs = samples(400_000);

  it.each(UNARY)('%s', (_, f, allowed) => {
    const { error, at } = worst(f, xs);
    expect(error, `at ${at.join(' → ')}`).toBeLessThanOrEqual(allowed);
  });

  it('exp within 1 ulp where every product is rounded', () => {
    const { error, at } = worst((x) => ops.exp(to(x, x.backend === wasmBackend ? deterministic : x.backend)), xs);
    expect(error, `at ${at.join(' → ')}`).toBeLessThanOrEqual(1);
  });

  it('the tanh form of gelu, where the definition itself keeps its digits', () => {
    const { error, at } = worst(
      (x) => ops.gelu(x, { approximate: true }),
      xs.map((x) => (x < -2 ? -x : x)),
    );
    expect(error, `at ${at.join(' → ')}`).toBeLessThanOrEqual(0.52);
  });

  it.each([
    ['pow', ops.pow],
    ['atan2', ops.atan2],
    ['mod', ops.mod],
    ['div', ops.div],
  ] as const)('%s', (_, f) => {
    const rng = new Rng('pairs');
    // Every special with every other, then random pairs.
    const a = xs.map((x, i) => (i < 484 ? xs[i % 22]! : i % 2 === 1 ? x : Math.abs(x)));
    const b = xs.map((_, i) => (i < 484 ? xs[Math.floor(i / 22)]! : xs[rng.integer(xs.length)]!));
    const { error, at } = worst(f, a, b);
    expect(error, `at ${at.join(' → ')}`).toBeLessThanOrEqual(0.52);
  });
});
