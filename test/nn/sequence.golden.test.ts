import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import type { DType } from '../../src/core/dtype';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import type { Tensor } from '../../src/core/tensor';
import type { Params } from '../../src/nn/layer';
import { manyFormOf } from '../../src/nn/layers/nested';
import { layerFromConfig } from '../../src/nn/layers/registry';
import { weightShapesOf } from '../../src/nn/weight-shapes';
import { tensor } from '../../src/ops/create';
import { add, mul } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import { expectValues, scaleOf, toleranceOf } from '../ops/close';

interface Values {
  readonly shape: number[];
  readonly data: number[];
}

interface Golden {
  readonly label: string;
  readonly kind: string;
  readonly config: object;
  readonly xs: Values[];
  readonly masks: (number[][] | null)[];
  readonly weights: Record<string, Values>;
  readonly ys: Values[];
  readonly cs: Values[];
  readonly outMasks: (number[][] | null)[] | null;
  readonly gradients: Record<string, Values | null>;
}

const read = (name: string): Golden[] =>
  JSON.parse(readFileSync(new URL(`../fixtures/layers/${name}.json`, import.meta.url), 'utf8')) as Golden[];
const cases = [...read('sequence'), ...read('sequence-keras')];
/** Keras's layers compute in float32. */
const inFloat32 = (label: string): boolean => label.startsWith('Keras');

/** Fixtures have eleven digits. */
const tolerance = (dtype: DType): number => Math.max(toleranceOf(dtype), 1e-10);
const predict = { training: false, rng: null };

describe.each([
  ['float64', 'reference'],
  ['float64', 'wasm'],
  ['float32', 'wasm'],
] as const)('Keras’s equations and torch agree in %s on %s,', (dtype, name) => {
  const backend = name === 'wasm' ? wasm() : reference();
  const make = ({ shape, data }: Values): Tensor => tensor({ data, shape }, { dtype, backend });
  let exact = true;
  const expectTensor = (got: Tensor, wanted: Values, what: string, scale = 1): void => {
    expect(got.shape, `${what}: shape`).toEqual(wanted.shape);
    expect(got.dtype, `${what}: dtype`).toBe(dtype);
    expectValues(got.dataSync(), wanted.data, (exact ? tolerance(dtype) : toleranceOf('float32')) * scale, what);
  };

  it.each(cases.map((c) => [`${c.kind} ${JSON.stringify(c.config)}: ${c.label}`, c] as const))('%s', (_, c) => {
    exact = !inFloat32(c.label);
    scope(() => {
      const layer = layerFromConfig(c.kind, c.config);
      const form = manyFormOf(layer);
      const inputs = c.xs.map((x) => x.shape.slice(1));
      const fresh = form.init(inputs, new Rng(0), backend).params;
      expect(Object.entries(fresh).map(([name, t]) => [name, t.shape])).toEqual(
        Object.entries(c.weights).map(([name, t]) => [name, t.shape]),
      );
      expect(weightShapesOf(layer, inputs).params).toEqual(
        Object.fromEntries(Object.entries(c.weights).map(([name, t]) => [name, t.shape])),
      );
      expect(form.outputShapes(inputs)).toEqual(c.ys.map((y) => y.shape.slice(1)));
      const masks = c.masks.map((m) => (m === null ? null : tensor(m, { dtype: 'bool', backend })));
      const operands: Record<string, Tensor> = {};
      c.xs.forEach((x, i) => {
        operands[`x${i}`] = make(x);
      });
      for (const [name, w] of Object.entries(c.weights)) operands[name] = make(w);
      const run = (o: Params) => form.call(o, {}, { xs: c.xs.map((_, i) => o[`x${i}`]!), masks }, predict);
      const result = run(operands);
      expect(result.ys.length).toBe(c.ys.length);
      result.ys.forEach((y, i) => {
        expectTensor(y, c.ys[i]!, `output ${i}`);
      });
      c.outMasks?.forEach((m, i) => {
        const got = result.masks?.[i] ?? null;
        expect(got === null ? null : got.toArraySync()).toEqual(m);
      });
      const gradients = grad((o: Record<string, Tensor>) =>
        run(o)
          .ys.map((y, i) => sum(mul(y, make(c.cs[i]!))))
          .reduce(add),
      )(operands);
      // Some gradients are exactly zero, being sums of others that cancel: those tell what is rounding.
      const scale = Math.max(...Object.values(c.gradients).map((g) => (g === null ? 1 : scaleOf(g.data))));
      for (const [name, wanted] of Object.entries(c.gradients))
        if (wanted !== null)
          expectTensor(gradients[name]!, wanted, `gradient of ${name}`, scale / scaleOf(wanted.data));
    });
  });
});
