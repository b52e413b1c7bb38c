import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import type { DType } from '../../src/core/dtype';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import type { Tensor } from '../../src/core/tensor';
import { ACTIVATION_NAMES, activate } from '../../src/nn/activations';
import type { Params } from '../../src/nn/layer';
import { layerFromConfig } from '../../src/nn/layers/registry';
import { tensor } from '../../src/ops/create';
import { mul } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import { expectValues, toleranceOf } from '../ops/close';

interface Values {
  readonly shape: number[];
  readonly data: number[];
}

interface Golden {
  readonly kind: string;
  readonly config: object;
  readonly training: boolean;
  readonly x: Values;
  readonly c: Values;
  readonly y: Values;
  readonly weights: Record<string, Values>;
  readonly state: Record<string, Values>;
  readonly nextState: Record<string, Values>;
  readonly gradients: Record<string, Values>;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/layers/${name}.json`, import.meta.url), 'utf8'));
const cases = read('layers') as Golden[];
const activations = read('activations') as { x: number[]; y: Record<string, number[]> };

/** Fixtures have ten digits. */
const tolerance = (dtype: DType): number => Math.max(toleranceOf(dtype), 1e-9);

describe.each(['float64', 'float32'] as const)('torch agrees in %s on', (dtype) => {
  const backend = dtype === 'float64' ? reference() : wasm();
  const make = ({ shape, data }: Values): Tensor => tensor({ data, shape }, { dtype, backend });
  const makeAll = (ts: Record<string, Values>): Params =>
    Object.fromEntries(Object.entries(ts).map(([k, v]) => [k, make(v)]));
  const expectTensor = (got: Tensor, wanted: Values, what: string): void => {
    expect(got.shape, `${what}: shape`).toEqual(wanted.shape);
    expect(got.dtype, `${what}: dtype`).toBe(dtype);
    expectValues(got.dataSync(), wanted.data, tolerance(dtype), what);
  };

  it.each(cases.map((c) => [`${c.kind} ${JSON.stringify(c.config)}${c.training ? ' in training' : ''}`, c] as const))(
    '%s',
    (_, c) => {
      scope(() => {
        const layer = layerFromConfig(c.kind, c.config);
        const state = makeAll(c.state);
        const ctx = { training: c.training, rng: null };
        const run = ({ x, ...params }: Params) => layer.call(params, state, x!, ctx);
        const operands: Record<string, Tensor> = { x: make(c.x), ...makeAll(c.weights) };
        expect(Object.keys(layer.init(c.x.shape.slice(1), new Rng(0)).params)).toEqual(Object.keys(c.weights));
        const { y, state: next } = run(operands);
        expectTensor(y, c.y, 'y');
        for (const [name, wanted] of Object.entries(c.nextState)) expectTensor(next[name]!, wanted, name);
        const gradients = grad((o: Record<string, Tensor>) => sum(mul(run(o).y, make(c.c))))(operands);
        for (const [name, wanted] of Object.entries(c.gradients))
          expectTensor(gradients[name]!, wanted, `gradient of ${name}`);
      });
    },
  );

  it.each(ACTIVATION_NAMES)('activation %s', (name) => {
    const y = activate(name, tensor({ data: activations.x, shape: [activations.x.length] }, { dtype, backend }));
    expectValues(y.dataSync(), activations.y[name]!, toleranceOf(dtype), name);
  });
});
