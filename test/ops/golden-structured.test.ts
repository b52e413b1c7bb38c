import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vjp } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { type DType, isFloating } from '../../src/core/dtype';
import type { Tensor } from '../../src/core/tensor';
import * as conv from '../../src/ops/conv';
import { tensor } from '../../src/ops/create';
import * as decompose from '../../src/ops/decompose';
import { einsum } from '../../src/ops/einsum';
import * as index from '../../src/ops/index-ops';
import * as linear from '../../src/ops/linear';
import * as pool from '../../src/ops/pool';
import { resize } from '../../src/ops/resize';
import * as softmax from '../../src/ops/softmax';

/** Values and gradients computed by torch; see generate-structured.py beside the fixtures. */
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
  cotangent?: Packed;
  grads?: Packed[];
}

const ops = { ...conv, ...pool, ...linear, ...decompose, ...index, ...softmax, einsum, resize } as unknown as Record<
  string,
  (...args: unknown[]) => Tensor
>;
const backend = reference();
const TOLERANCE = { float64: 1e-8, float32: 2e-4 } as const;

const numbers = (p: Packed): number[] =>
  p.data.map((v) => (v === 'nan' ? NaN : v === 'inf' ? Infinity : v === '-inf' ? -Infinity : Number(v)));

function unpack(p: Packed, float: 'float64' | 'float32'): Tensor {
  return tensor(numbers(p), { shape: p.shape, dtype: isFloating(p.dtype) ? float : p.dtype, backend });
}

function expectClose(got: Tensor, wanted: Packed, tolerance: number): void {
  expect(got.shape).toEqual(wanted.shape);
  const values = got.dataSync();
  numbers(wanted).forEach((w, i) => {
    const v = values[i]!;
    const same = Object.is(v, w) || v === w || Math.abs(v - w) <= tolerance * Math.max(1, Math.abs(w));
    if (!same) expect.fail(`element ${i}: expected ${w}, got ${v}`);
  });
}

function run(c: Case, operands: readonly Tensor[]): Tensor {
  const args = c.call.map((arg) =>
    typeof arg === 'object' && arg !== null && '$' in arg ? operands[(arg as { $: number }).$]! : arg,
  );
  return ops[c.op]!(...args);
}

for (const family of ['conv', 'pool', 'linear', 'index', 'softmax', 'resize']) {
  const url = new URL(`../fixtures/ops/${family}.json`, import.meta.url);
  const cases = JSON.parse(readFileSync(url, 'utf8')) as Case[];
  describe(`${family} against torch`, () => {
    it.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
      for (const float of ['float64', 'float32'] as const) {
        const operands = c.inputs.map((p) => unpack(p, float));
        const y = run(c, operands);
        expectClose(y, c.output, TOLERANCE[float]);
        if (c.grads === undefined || c.cotangent === undefined) continue;
        const wanted = operands.filter((x) => isFloating(x.dtype));
        const [, pull] = vjp(
          (...xs: Tensor[]) => {
            const pending = [...xs];
            return run(
              c,
              operands.map((x) => (isFloating(x.dtype) ? pending.shift()! : x)),
            );
          },
          ...wanted,
        );
        const grads = pull(unpack(c.cotangent, float)) as Tensor[];
        grads.forEach((g, i) => {
          expect(g.dtype).toBe(float);
          expectClose(g, c.grads![i]!, TOLERANCE[float] * 10);
        });
      }
    });
  });
}
