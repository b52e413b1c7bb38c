import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import type { DType } from '../../src/core/dtype';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import type { Tensor } from '../../src/core/tensor';
import { ACTIVATION_NAMES, type ActivationName, activate } from '../../src/nn/activations';
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
const GROUPS = ['layers', 'convolutions', 'keras', 'keras-augmentation'];
const cases = GROUPS.flatMap((group) => (read(group) as Golden[]).map((c) => ({ ...c, group })));
const activations = read('activations') as { x: number[]; y: Record<string, number[]> };
const kerasActivations = read('keras-activations') as {
  x: number[];
  c: number[];
  of: Record<string, { y: number[]; gradient: number[] }>;
};
/** Derivatives of Keras on JAX at kinks that others see otherwise, by activation: torch's and TensorFlow's are one side's. */
const KINKS: Readonly<Record<string, readonly number[]>> = { leakyRelu: [0], sparseSigmoid: [-1, 1] };

/** Fixtures have ten digits; some of Keras's layers compute in float32, whatever they are given. */
const tolerance = (dtype: DType, group: string): number =>
  Math.max(toleranceOf(dtype), group.startsWith('keras') ? 4e-6 : 1e-9);

describe.each(['float64', 'float32'] as const)('torch and Keras agree in %s on', (dtype) => {
  const backend = dtype === 'float64' ? reference() : wasm();
  const make = ({ shape, data }: Values): Tensor => tensor({ data, shape }, { dtype, backend });
  const makeAll = (ts: Record<string, Values>): Params =>
    Object.fromEntries(Object.entries(ts).map(([k, v]) => [k, make(v)]));
  let group = '';
  const expectTensor = (got: Tensor, wanted: Values, what: string): void => {
    expect(got.shape, `${what}: shape`).toEqual(wanted.shape);
    expect(got.dtype, `${what}: dtype`).toBe(dtype);
    expectValues(got.dataSync(), wanted.data, tolerance(dtype, group), what);
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
    group = c.group;
    scope(() => {
      const layer = layerFromConfig(c.kind, c.config);
      const state = makeAll(c.state);
      const inputs = c.xs === undefined ? { x: c.x! } : Object.fromEntries(c.xs.map((x, i) => [`x${i}`, x]));
      const masks = Object.keys(inputs).map((_, i) => maskOf(c.masks?.[i] ?? null));
      const ctx = { training: c.training, rng: c.training ? new Rng(0) : null };
      const run = (operands: Params): Pick<CallResult, 'y' | 'state' | 'mask'> => {
        const params = Object.fromEntries(Object.keys(c.weights).map((name) => [name, operands[name]!]));
        const xs = Object.keys(inputs).map((name) => operands[name]!);
        if (c.xs === undefined) {
          const one = layer.call(params, state, xs[0]!, { ...ctx, mask: masks[0]! });
          const passed = layer.passesMask === true ? masks[0]! : null;
          return { ...one, mask: one.mask === undefined ? passed : one.mask };
        }
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

  it.each(Object.keys(activations.y) as ActivationName[])('activation %s of torch', (name) => {
    const y = activate(name, tensor({ data: activations.x, shape: [activations.x.length] }, { dtype, backend }));
    expectValues(y.dataSync(), activations.y[name]!, toleranceOf(dtype), name);
  });

  it.each(ACTIVATION_NAMES.filter((name) => name !== 'hardSigmoidKeras2'))('activation %s of Keras', (name) => {
    const { x, c, of } = kerasActivations;
    const make = (data: number[]): Tensor => tensor({ data, shape: [data.length] }, { dtype, backend });
    scope(() => {
      expectValues(activate(name, make(x)).dataSync(), of[name]!.y, tolerance(dtype, 'keras'), name);
      const gradient = grad((t: Tensor) => sum(mul(activate(name, t), make(c))))(make(x)).dataSync();
      const kinks = KINKS[name] ?? [];
      const smooth = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => !kinks.includes(x[i]!));
      expectValues(smooth(gradient), smooth(of[name]!.gradient), tolerance(dtype, 'keras'), `${name}'`);
    });
  });
});
