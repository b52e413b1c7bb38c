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
import type { CallResult, Params } from '../../src/nn/layer';
import { layerFromConfig } from '../../src/nn/layers/registry';
import { tensor } from '../../src/ops/create';
import { cast, mul } from '../../src/ops/elementwise';
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
  /** One input, or several. */
  readonly x?: Values;
  readonly xs?: Values[];
  /** Of the inputs, where some have one. */
  readonly masks?: (Values | null)[];
  readonly outMask?: Values;
  readonly c: Values;
  readonly y: Values;
  readonly weights: Record<string, Values>;
  readonly state: Record<string, Values>;
  readonly nextState: Record<string, Values>;
  readonly gradients: Record<string, Values>;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/layers/${name}.json`, import.meta.url), 'utf8'));
const GROUPS = ['layers', 'convolutions'];
const cases = GROUPS.flatMap((group) => read(group) as Golden[]);
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

  const maskOf = (values: Values | null): Tensor | null => values && cast(make(values), 'bool');

  it.each(
    cases.map(
      (c) =>
        [
          `${c.kind} ${JSON.stringify(c.config)}${c.training ? ' in training' : ''}${c.masks ? ' masked' : ''}`,
          c,
        ] as const,
    ),
  )('%s', (_, c) => {
    scope(() => {
      const layer = layerFromConfig(c.kind, c.config);
      const state = makeAll(c.state);
      const inputs = c.xs === undefined ? { x: c.x! } : Object.fromEntries(c.xs.map((x, i) => [`x${i}`, x]));
      const masks = Object.keys(inputs).map((_, i) => maskOf(c.masks?.[i] ?? null));
      const ctx = { training: c.training, rng: null };
      const run = (operands: Params): Pick<CallResult, 'y' | 'state' | 'mask'> => {
        const params = Object.fromEntries(Object.keys(c.weights).map((name) => [name, operands[name]!]));
        const xs = Object.keys(inputs).map((name) => operands[name]!);
        if (c.xs === undefined) return layer.call(params, state, xs[0]!, { ...ctx, mask: masks[0]! });
        const result = layer.many!.call(params, state, { xs, masks }, ctx);
        return { y: result.ys[0]!, state: result.state, mask: result.masks?.[0] ?? null };
      };
      const operands: Record<string, Tensor> = { ...makeAll(inputs), ...makeAll(c.weights) };
      const shapes = Object.values(inputs).map((x) => x.shape.slice(1));
      const fresh = c.xs === undefined ? layer.init(shapes[0]!, new Rng(0)) : layer.many!.init(shapes, new Rng(0));
      expect(Object.keys(fresh.params)).toEqual(Object.keys(c.weights));
      const { y, state: next, mask } = run(operands);
      expectTensor(y, c.y, 'y');
      if (c.outMask !== undefined) expect(mask!.toArraySync()).toEqual(maskOf(c.outMask)!.toArraySync());
      for (const [name, wanted] of Object.entries(c.nextState)) expectTensor(next[name]!, wanted, name);
      const gradients = grad((o: Record<string, Tensor>) => sum(mul(run(o).y, make(c.c))))(operands);
      for (const [name, wanted] of Object.entries(c.gradients))
        expectTensor(gradients[name]!, wanted, `gradient of ${name}`);
    });
  });

  it.each(ACTIVATION_NAMES)('activation %s', (name) => {
    const y = activate(name, tensor({ data: activations.x, shape: [activations.x.length] }, { dtype, backend }));
    expectValues(y.dataSync(), activations.y[name]!, toleranceOf(dtype), name);
  });
});
