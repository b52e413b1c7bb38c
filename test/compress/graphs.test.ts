import { describe, expect, it } from 'vitest';
import { compress, finetune, prune, quantize } from '../../src/compress/index';
import { ConfigError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import { memory, type Tensor } from '../../src/core/tensor';
import * as nn from '../../src/nn/index';
import { tensor } from '../../src/ops/create';
import { load } from '../../src/runtime/index';
import { settled } from '../setup/collect';

const noise = (shape: readonly number[], seed = 0): Tensor => {
  const rng = new Rng(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor({ data: Float32Array.from({ length: size }, () => rng.gaussian()), shape });
};
type AnyGraph = ReturnType<typeof nn.model>;
const predicted = (model: unknown, x: unknown): number[] =>
  scope(() => [...((model as AnyGraph).predict(x as never) as unknown as Tensor).dataSync()]);
const error = (a: readonly number[], b: readonly number[]): number => {
  const scale = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((v, i) => Math.abs(v - b[i]!))) / scale;
};
const kinds = (model: { readonly layers: readonly { readonly kind: string }[] }): string[] =>
  model.layers.map((l) => l.kind);

/** A graph that is a sequence of layers. */
const chain = (layers: readonly nn.Layer[], shape: readonly number[]) => {
  const x = nn.input(shape as number[]);
  return nn.model({ inputs: x, outputs: layers.reduce((v, layer) => layer.apply(v), x), seed: 3 });
};

/** A small residual network with batch norms, as those of ResNet. */
function residual() {
  const conv = (filters: number) => nn.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false });
  const x = nn.input([8, 8, 3]);
  const stem = nn.activation({ activation: 'relu' }).apply(nn.batchNorm().apply(conv(6).apply(x)));
  const branch = nn.batchNorm().apply(conv(6).apply(nn.relu().apply(nn.batchNorm().apply(conv(6).apply(stem)))));
  const joined = nn.activation({ activation: 'relu' }).apply(nn.add().apply([stem, branch]));
  const pooled = nn.globalAvgPool2d().apply(nn.maxPool2d().apply(joined));
  return nn.model({ inputs: x, outputs: nn.dense({ units: 4, activation: 'softmax' }).apply(pooled), seed: 1 });
}

describe('quantize on graph models', () => {
  it('of a chain of layers gives the bits that the sequence gives', async () => {
    const layers = () => [
      nn.conv2d({ filters: 4, kernelSize: 3 }),
      nn.activation({ activation: 'relu' }),
      nn.maxPool2d(),
      nn.depthwiseConv2d({ kernelSize: 2, activation: 'relu6' }),
      nn.avgPool2d({ poolSize: 2, padding: 'same' }),
      nn.flatten(),
      nn.dense({ units: 5, activation: 'tanh' }),
      nn.dropout(0.5),
      nn.dense({ units: 3, activation: 'softmax' }),
    ];
    const sequence = nn.sequential(layers(), { inputShape: [9, 9, 2], seed: 3 });
    const graph = chain(layers(), [9, 9, 2]);
    graph.setWeights(sequence.getWeights());
    const x = noise([40, 9, 9, 2]);
    const [a, b] = [await quantize({ calibration: x })(sequence), await quantize({ calibration: x })(graph as never)];
    expect(kinds(b)).toEqual(kinds(a));
    expect(predicted(b, x)).toEqual(predicted(a, x));
    expect(error(predicted(b, x), predicted(graph, x))).toBeLessThan(0.1);
  });

  it('runs the convolutions of a residual network in integers, and its sums in float32', async () => {
    const model = residual();
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    const rng = new Rng(1);
    await model.fit(
      noise([64, 8, 8, 3], 2),
      Array.from({ length: 64 }, () => rng.integer(4)),
      { epochs: 2, seed: 0, verbose: 0 },
    );
    await settled();
    const before = memory();
    const x = noise([50, 8, 8, 3], 3);
    const int8 = (await quantize({ calibration: x })(model as never)) as unknown as typeof model;
    expect(kinds(int8).filter((k) => k === 'quantizedConv2d')).toHaveLength(3);
    expect(kinds(int8)).toContain('quantizedDense');
    expect(kinds(int8)).not.toContain('batchNorm');
    expect(kinds(int8).filter((k) => k === 'add')).toHaveLength(1);
    expect(error(predicted(int8, x), predicted(model, x))).toBeLessThan(0.06);
    // Files and the runtime take it.
    const bytes = await int8.toBytes();
    expect(predicted(await nn.loadModel(bytes), x)).toEqual(predicted(int8, x));
    const runtime = await load(bytes);
    expect(scope(() => [...runtime.predict(x).dataSync()])).toEqual(predicted(int8, x));
    runtime.dispose();
    int8.dispose();
    x.dispose();
    expect(memory().tensors).toBeLessThanOrEqual(before.tensors + 200);
  });

  it('takes several inputs and outputs, and leaves shared layers, models within and masked sequences in float32', async () => {
    const [a, b] = [nn.input([4], { name: 'a' }), nn.input([4], { name: 'b' })];
    const shared = nn.dense({ units: 5, activation: 'relu', name: 'shared' });
    const both = nn.concatenate().apply([shared.apply(a), shared.apply(b)]);
    const outputs = {
      one: nn.dense({ units: 2, name: 'one' }).apply(both),
      two: nn.dense({ units: 1, activation: 'sigmoid', name: 'two' }).apply(both),
    };
    const model = nn.model({ inputs: { a, b }, outputs, seed: 1 });
    const data = { a: noise([60, 4], 1), b: noise([60, 4], 2) };
    const int8 = (await quantize({ calibration: data as never })(model as never)) as unknown as typeof model;
    // What both outputs take is converted once.
    expect(kinds(int8).filter((k) => k === 'quantizeInput')).toHaveLength(1);
    expect(kinds(int8).filter((k) => k === 'quantizedDense')).toHaveLength(2);
    expect(int8.layerNames).toContain('shared');
    const [got, wanted] = [int8, model].map(
      (m) => scope(() => m.predict(data as never)) as never as { one: Tensor; two: Tensor },
    );
    expect(error([...got!.one.dataSync()], [...wanted!.one.dataSync()])).toBeLessThan(0.05);
    expect(error([...got!.two.dataSync()], [...wanted!.two.dataSync()])).toBeLessThan(0.05);
    const tokens = nn.input([6]);
    const words = nn.embedding({ inputDim: 9, outputDim: 4, maskZero: true }).apply(tokens);
    const summed = nn.lstm({ units: 3 }).apply(nn.dense({ units: 4 }).apply(words));
    const text = nn.model({ inputs: tokens, outputs: nn.dense({ units: 2 }).apply(summed), seed: 2 });
    const rng = new Rng(4);
    const x = Array.from({ length: 20 }, () => Array.from({ length: 6 }, () => rng.integer(9)));
    const small = (await quantize({ calibration: x })(text as never)) as unknown as typeof text;
    expect(kinds(small).filter((k) => k === 'dense')).toHaveLength(1);
    expect(error(predicted(small, x), predicted(text, x))).toBeLessThan(0.05);
  });

  it('refuses calibration that does not fit', async () => {
    const model = residual();
    await expect(quantize({ calibration: noise([5, 4, 4, 3]) })(model as never)).rejects.toThrow(
      /of shape \[8, 8, 3\]/,
    );
    await expect(quantize({ calibration: noise([0, 8, 8, 3]) })(model as never)).rejects.toThrow(/calibration/);
    const int8 = await quantize({ calibration: noise([5, 8, 8, 3]) })(model as never);
    await expect(quantize({ calibration: noise([5, 8, 8, 3]) })(int8)).rejects.toThrow(/integer layers/);
  });
});

describe('pruning of filters on graph models', () => {
  /** Two blocks with sums, where the filters that make 'stem' and 'b' meet, and then a head; without batch norms. */
  const summed = (options: { batchNorm?: boolean } = {}) => {
    const conv = (name: string, filters: number, activation: 'relu' | 'linear' = 'linear') =>
      nn.conv2d({ name, filters, kernelSize: 3, padding: 'same', activation });
    const norm = (v: nn.SymbolicTensor) => (options.batchNorm ? nn.batchNorm().apply(v) : v);
    const x = nn.input([6, 6, 2]);
    const stem = norm(conv('stem', 6, 'relu').apply(x));
    const b = norm(conv('b', 6).apply(conv('a', 5, 'relu').apply(stem)));
    const joined = nn.activation({ activation: 'relu' }).apply(nn.add().apply([stem, b]));
    const depth = nn.depthwiseConv2d({ name: 'depth', kernelSize: 3, depthMultiplier: 2 }).apply(joined);
    const flat = nn.flatten().apply(nn.maxPool2d().apply(depth));
    return nn.model({ inputs: x, outputs: nn.dense({ name: 'head', units: 3 }).apply(flat), seed: 4 });
  };
  /** The model with those channels of those layers at zero. */
  const zeroed = (model: ReturnType<typeof summed>, channels: Record<string, number[]>) => {
    model.setWeights(
      model.weights.map(({ path, value }) => {
        const own = channels[path.split('/')[0]!] ?? [];
        const n = value.shape.at(-1)!;
        const data = value.dataSync().map((v: number, i: number) => (own.includes(i % n) ? 0 : v));
        return tensor({ data, shape: value.shape });
      }),
    );
    return model;
  };
  const counts = (m: AnyGraph) =>
    Object.fromEntries(
      m.layers.flatMap((l, i) => ('filters' in l.config ? [[m.layerNames[i], l.config.filters]] : [])),
    );

  it('takes channels that meet in sums together, and what was zero without a trace', async () => {
    const model = zeroed(summed(), { stem: [1, 4], b: [1, 4], a: [0, 2] });
    const x = noise([4, 6, 6, 2]);
    const small = (await prune({ sparsity: 0.34, granularity: 'filters' })(model as never)) as unknown as AnyGraph;
    expect(counts(small)).toEqual({ stem: 4, b: 4, a: 3 });
    expect(error(predicted(small, x), predicted(model, x))).toBeLessThan(1e-5);
    expect(counts(model)).toEqual({ stem: 6, b: 6, a: 5 });
    expect(small.countParams()).toBeLessThan(model.countParams());
    const loaded = await nn.loadModel(await small.toBytes());
    expect(predicted(loaded, x)).toEqual(predicted(small, x));
  });

  it('chooses by all filters of a group: one that any of its layers needs stays', async () => {
    const model = zeroed(summed(), { stem: [0, 1], b: [1, 2] });
    const small = (await prune({ sparsity: 0.17, granularity: 'filters', layers: ['b'] })(
      model as never,
    )) as unknown as AnyGraph;
    expect(counts(small)).toEqual({ stem: 5, b: 5, a: 5 });
    expect(error(predicted(small, noise([4, 6, 6, 2])), predicted(model, noise([4, 6, 6, 2])))).toBeLessThan(1e-5);
  });

  it('fits batch norms, and goes on to be trained and quantised', async () => {
    const model = summed({ batchNorm: true });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const [x, y] = [noise([32, 6, 6, 2], 1), noise([32, 3], 2)];
    await model.fit(x, y, { epochs: 2, seed: 0, verbose: 0 });
    const passes = [
      prune({ sparsity: 0.5, granularity: 'filters', scope: 'global' }),
      finetune({ x, y, epochs: 1, seed: 1 }),
      quantize({ calibration: x }),
    ];
    const small = await compress(model as never as nn.Sequential, passes);
    expect(small.outputShape).toEqual([3]);
    expect(kinds(small)).toContain('quantizedConv2d');
    expect(predicted(small, x).every(Number.isFinite)).toBe(true);
  });

  const refusing = (build: (v: nn.SymbolicTensor) => nn.SymbolicTensor) => {
    const x = nn.input([6, 6, 2]);
    const made = build(nn.conv2d({ name: 'first', filters: 4, kernelSize: 3 }).apply(x));
    return nn.model({ inputs: x, outputs: nn.dense({ units: 2 }).apply(nn.flatten().apply(made)), seed: 1 });
  };
  it.each<[string, () => AnyGraph, readonly string[] | undefined, RegExp]>([
    [
      'a layer that can’t be made smaller',
      () => refusing((v) => nn.layerNorm({ name: 'norm' }).apply(v)),
      undefined,
      /filters of 'first' can't be removed, because 'norm' \(layerNorm\)/,
    ],
    [
      'a sum with what must stay',
      () => refusing((v) => nn.add({ name: 'sum' }).apply([v, nn.layerNorm().apply(v)])),
      ['first'],
      /'first' can't be removed, because/,
    ],
    [
      'a layer used more than once',
      () => {
        const again = nn.conv2d({ name: 'again', filters: 4, kernelSize: 1 });
        return refusing((v) => again.apply(again.apply(v)));
      },
      undefined,
      /because 'again' \(conv2d\) is used more than once/,
    ],
    [
      'an activation that makes something of zeros',
      () => refusing((v) => nn.activation({ activation: 'sigmoid', name: 'gate' }).apply(v)),
      undefined,
      /because 'gate' \(activation\) turns zeros into something else/,
    ],
    ['what the model puts out', () => summed(), ['head'], /'head' makes the model's output/],
    [
      'a layer that is not there',
      () => summed(),
      ['tail'],
      /'tail' does not exist.*stem, b, a, head|tail.*choose from/,
    ],
  ])('names %s', async (_, make, layers, message) => {
    const failed = prune({ sparsity: 0.5, granularity: 'filters', ...(layers && { layers }) } as never)(
      make() as never,
    );
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(message);
  });
});
