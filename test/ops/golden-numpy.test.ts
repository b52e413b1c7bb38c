import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { type DType, isFloating } from '../../src/core/dtype';
import type { Tensor } from '../../src/core/tensor';
import * as ops from '../../src/ops/index';

/** Values computed by NumPy; see generate-numpy.py beside the fixtures. */
interface Packed {
  shape: number[];
  dtype: DType;
  data: (number | string)[];
}
interface Case {
  name: string;
  op: string;
  inputs: Packed[];
  call: unknown[];
  output: Packed;
}

const backend = reference();
/** Relative, for each element alone: small results are as accurate as large ones. */
const TOLERANCE = { float64: 4e-14, float32: 2e-7 } as const;
/** Where NumPy's own sums cancel, nothing but their rounding is left to compare with. */
const ABSOLUTE = 2e-15;

const numbers = (p: Packed): Float64Array =>
  Float64Array.from(p.data, (v) => (v === 'nan' ? NaN : v === 'inf' ? Infinity : v === '-inf' ? -Infinity : Number(v)));

function fill(call: unknown, operands: readonly Tensor[]): unknown {
  if (Array.isArray(call)) return call.map((part) => fill(part, operands));
  if (typeof call === 'object' && call !== null && '$' in call) return operands[(call as { $: number }).$];
  return call;
}

function run(c: Case, float?: DType): Tensor {
  const operands = c.inputs.map((p) =>
    ops.tensor(numbers(p), { shape: p.shape, dtype: float && isFloating(p.dtype) ? float : p.dtype, backend }),
  );
  const f = (ops as unknown as Record<string, (...args: unknown[]) => Tensor>)[c.op]!;
  return f(...(fill(c.call, operands) as unknown[]));
}

for (const family of ['elementwise', 'reduce', 'shape']) {
  const url = new URL(`../fixtures/ops/${family}.json`, import.meta.url);
  const cases = JSON.parse(readFileSync(url, 'utf8')) as Case[];
  describe(`${family} against NumPy`, () => {
    it.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
      const got = run(c);
      expect(got.shape).toEqual(c.output.shape);
      expect(got.dtype).toBe(c.output.dtype);
      const values = got.dataSync();
      const tolerance = isFloating(got.dtype) ? TOLERANCE[got.dtype as 'float64' | 'float32'] : 0;
      numbers(c.output).forEach((wanted, i) => {
        const value = values[i]!;
        const same =
          Object.is(value, wanted) ||
          value === wanted ||
          Math.abs(value - wanted) <= tolerance * Math.abs(wanted) + ABSOLUTE * Math.sign(tolerance);
        if (!same) expect.fail(`element ${i}: expected ${wanted}, got ${value}`);
      });
    });
  });
}

describe('signed zeros', () => {
  const cases = JSON.parse(
    readFileSync(new URL('../fixtures/ops/elementwise.json', import.meta.url), 'utf8'),
  ) as Case[];
  // The sign of a zero is lost in max, min and logarithms in NumPy itself, depending on the processor.
  const kept = [
    'neg',
    'sub',
    'mul',
    'div',
    'mod',
    'pow',
    'atan2',
    'sin',
    'tan',
    'asin',
    'atan',
    'sinh',
    'tanh',
    'expm1',
    'log1p',
    'sqrt',
    'floor',
    'ceil',
    'round',
    'reciprocal',
  ];
  it.each(cases.filter((c) => kept.includes(c.op) && c.output.dtype === 'float64').map((c) => [c.name, c] as const))(
    '%s',
    (_, c) => {
      const values = run(c).dataSync();
      numbers(c.output).forEach((wanted, i) => {
        if (wanted === 0 && !Object.is(values[i], wanted))
          expect.fail(`element ${i}: expected ${Object.is(wanted, -0) ? '-0' : '0'}, got the other zero`);
      });
    },
  );
});
