import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { compress, finetune, foldBatchNorm, prune, quantize } from '../../src/compress/index';
import { ConfigError, FormatError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import { memory, type Tensor } from '../../src/core/tensor';
import { forward } from '../../src/nn/forward';
import {
  activation,
  batchNorm,
  dense,
  dropout,
  embedding,
  input,
  loadModel,
  lstm,
  Model,
  maxNorm,
  model,
  modelToSVG,
  type NetworkModel,
  Sequential,
  sequential,
  submodel,
  withTrainable,
} from '../../src/nn/index';
import { outputLoss } from '../../src/nn/output-loss';
import { tensor } from '../../src/ops/create';
import { add, mul, sub } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import { load } from '../../src/runtime/index';
import { settled } from '../setup/collect';
import { merge } from './merge';

const cpu = reference();
const js = (x: unknown): never => x as never;
const normals = (n: number, width: number, seed = 0): number[][] => {
  const rng = new Rng(seed);
  return Array.from({ length: n }, () => Array.from({ length: width }, () => rng.gaussian()));
};

/** Two inputs, a shared layer, a nested model that normalises, and two outputs. */
function twoHeads(seed = 1) {
  const [a, b] = [input([3], { name: 'a' }), input([3], { name: 'b' })];
  const shared = dense({ units: 4, activation: 'tanh', name: 'shared' });
  const part = sequential([dense({ units: 4 }), batchNorm()], { inputShape: [4], seed: 7, name: 'part' });
  const h = part.apply(activation('relu').apply(shared.apply(a)));
  const far = dense({ units: 2, name: 'far' }).apply(h);
  const near = dense({ units: 1, activation: 'sigmoid', name: 'near' }).apply(shared.apply(b));
  return model({ inputs: [a, b], outputs: { near, far }, seed });
}

describe('graph models', () => {
  it('give back outputs as they were given, and take inputs in order or by name', () => {
    const m = twoHeads();
    const [a, b] = [normals(5, 3, 1), normals(5, 3, 2)];
    const byName = m.predict({ b, a });
    expect(byName.far.shape).toEqual([5, 2]);
    expect(String(m.predict([a, b]).near)).toBe(String(byName.near));
    const x = input([2]);
    const list = model({ inputs: x, outputs: [dense({ units: 1 }).apply(x), dense({ units: 3 }).apply(x)] });
    expect(list.predict([[1, 2]]).map((y) => y.shape)).toEqual([
      [1, 1],
      [1, 3],
    ]);
    expect(list.outputNames).toEqual(['dense', 'dense_1']);
    expect(list.predict({ data: new Float32Array(), shape: [0, 2] }).map((y) => y.shape)).toEqual([
      [0, 1],
      [0, 3],
    ]);
  });

  it('have one set of weights for a layer used twice', () => {
    const m = twoHeads();
    expect(m.layerNames.filter((name) => name === 'shared')).toHaveLength(1);
    expect(m.countParams()).toBe(3 * 4 + 4 + (4 * 4 + 4 + 4 * 4) + (4 * 2 + 2) + (4 + 1));
    expect(m.getLayer('shared').kind).toBe('dense');
    expect(m.summary()).toMatch(/shared \(dense\).*b; a/);
  });

  it('differentiate shared layers by all their uses', () => {
    scope(() => {
      const [a, b] = [input([2], { name: 'a' }), input([2], { name: 'b' })];
      const shared = dense({ units: 2, activation: 'tanh' });
      const y = merge('difference', ([p, q]) => sub(p!, q!)).apply([shared.apply(a), shared.apply(shared.apply(b))]);
      const m = model({ inputs: [a, b], outputs: y, seed: 3, backend: cpu });
      const wide = (t: Tensor): Tensor =>
        tensor({ data: Float64Array.from(t.dataSync()), shape: t.shape }, { dtype: 'float64', backend: cpu });
      const xs = [normals(3, 2, 1), normals(3, 2, 2)].map((x) => tensor(x, { dtype: 'float64', backend: cpu }));
      const { kernel, bias } = m.layerWeights[0]!.params;
      const f = (k: Tensor): Tensor => {
        const weights = [
          { params: { kernel: k, bias: wide(bias!) }, state: {} },
          { params: {}, state: {} },
        ];
        const { ys } = forward(m.network, weights, xs, { training: true, rng: null });
        return sum(mul(ys[0]!, ys[0]!));
      };
      const k = wide(kernel!);
      const g = grad(f)(k).dataSync();
      const step = 1e-6;
      k.dataSync().forEach((_, i) => {
        const moved = (by: number): number => {
          const data = Float64Array.from(k.dataSync());
          data[i]! += by;
          return f(tensor({ data, shape: [2, 2] }, { dtype: 'float64', backend: cpu })).item();
        };
        expect((moved(step) - moved(-step)) / (2 * step)).toBeCloseTo(g[i]!, 6);
      });
    });
  });

  it('come back from files, and run without training code, to the bit', async () => {
    const m = twoHeads();
    m.compile({ optimizer: 'adam', loss: { near: 'binaryCrossentropy' }, metrics: { near: ['accuracy'] } });
    const x = { a: normals(6, 3, 1), b: normals(6, 3, 2) };
    await m.fit(x, { near: [0, 1, 0, 1, 1, 0] }, { epochs: 2, verbose: 0, seed: 1 });
    const bytes = await m.toBytes();
    const loaded = await loadModel<typeof m>(bytes);
    expect(loaded).toBeInstanceOf(Model);
    const expected = String(m.predict(x).far);
    expect(String(loaded.predict(x).far)).toBe(expected);
    expect(loaded.compileOptions).toEqual(
      m.compileOptions === null ? null : expect.objectContaining({ optimizer: 'adam' }),
    );
    expect(await loaded.toBytes()).toEqual(bytes);
    const runtime = await load<{ near: Tensor; far: Tensor }>(bytes);
    const host = { a: Float32Array.from(x.a.flat()), b: tensor(x.b) };
    expect(String(runtime.predict(host).far)).toBe(expected);
    expect(runtime.inputs.map((i) => i.name)).toEqual(['a', 'b']);
    const again = m.clone();
    m.dispose();
    expect(String(again.predict(x).far)).toBe(expected);
  });

  it('free all they make', async () => {
    await settled();
    const before = memory().tensors;
    const parts: NetworkModel<unknown>[] = [];
    await scope(async () => {
      const m = twoHeads();
      m.compile({ optimizer: 'adam', loss: { far: 'meanSquaredError', near: 'binaryCrossentropy' } });
      const x = [normals(8, 3, 1), normals(8, 3, 2)];
      await m.fit(x, { near: [0, 1, 0, 1, 0, 1, 0, 1], far: normals(8, 2) }, { epochs: 2, verbose: 0 });
      parts.push(m);
    });
    for (const m of parts) m.dispose();
    expect(memory().tensors).toBe(before);
  });

  it('train the same from lists, records, batches and single steps', async () => {
    const x = [normals(8, 3, 1), normals(8, 3, 2)];
    const y = { near: [0, 1, 0, 1, 0, 1, 0, 1], far: normals(8, 2, 3) };
    const trained = async (run: (m: ReturnType<typeof twoHeads>) => Promise<unknown>): Promise<string> => {
      const m = twoHeads();
      m.compile({ optimizer: 'sgd', loss: { near: 'binaryCrossentropy', far: 'meanSquaredError' } });
      await run(m);
      const text = m.getWeights().map(String).join();
      m.dispose();
      return text;
    };
    const half = (from: number) =>
      [
        { a: x[0]!.slice(from, from + 4), b: x[1]!.slice(from, from + 4) },
        { near: y.near.slice(from, from + 4), far: y.far.slice(from, from + 4) },
      ] as const;
    const whole = await trained((m) => m.fit(x, y, { batchSize: 4, shuffle: false, verbose: 0 }));
    expect(await trained((m) => m.fit(() => [half(0), half(4)], undefined, { verbose: 0 }))).toBe(whole);
    const stepwise = trained(async (m) => {
      await m.trainOnBatch(...half(0));
      await m.trainOnBatch(...half(4));
    });
    expect(await stepwise).toBe(whole);
  });

  it('hold constraints after every step', async () => {
    const m = sequential([dense({ units: 3, kernelConstraint: maxNorm({ maxValue: 0.1 }) })], {
      inputShape: [4],
      seed: 0,
    });
    m.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await m.trainOnBatch(normals(8, 4), normals(8, 3));
    const kernel = m.getWeights()[0]!.toArraySync() as number[][];
    for (let c = 0; c < 3; c++) expect(Math.hypot(...kernel.map((row) => row[c]!))).toBeLessThan(0.1 + 1e-5);
  });
});

describe('masks', () => {
  it('count only the steps that are there: Σ w·m·l / Σ m', () => {
    const rows = (x: number[][]) => tensor(x, { dtype: 'float64', backend: cpu });
    const output = { name: 'y', loss: (t: Tensor, p: Tensor) => mul(sub(t, p), sub(t, p)) };
    const mask = rows([
      [1, 1, 0],
      [1, 0, 0],
    ]);
    const [y, p] = [
      rows([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      rows([
        [0, 0, 0],
        [0, 0, 0],
      ]),
    ];
    expect(outputLoss(output, y, p, mask, null)!.item()).toBeCloseTo((1 + 4 + 16) / 3, 12);
    const weights = tensor([0.5, 2], { dtype: 'float64', backend: cpu });
    expect(outputLoss(output, y, p, mask, weights)!.item()).toBeCloseTo((0.5 * 5 + 2 * 16) / 3, 12);
    expect(outputLoss(output, y, p, mul(mask, 0), null)!.item()).toBe(0);
    expect(() => outputLoss(output, tensor([1, 2]), p, mask, null)).toThrow(ShapeError);
  });

  it('make padding without effect on sequences of any length', () => {
    const m = sequential([embedding({ inputDim: 9, outputDim: 4, maskZero: true }), lstm({ units: 3 })], {
      inputShape: [null],
      seed: 2,
    });
    expect(m.summary()).toMatch(/\[batch, \?, 4\]/);
    const short = m.predict([[3, 4, 5]]).dataSync();
    expect([...m.predict([[3, 4, 5, 0, 0]]).dataSync()]).toEqual([...short]);
  });
});

describe('models as layers', () => {
  it('start from the weights of the model, which stays as it is', async () => {
    const part = sequential([dense({ units: 3, name: 'd' })], { inputShape: [2], seed: 5 });
    const outer = sequential([part, dense({ units: 1 })], { seed: 1 });
    expect(String(outer.weights[0]!.value)).toBe(String(part.getWeights()[0]));
    expect(outer.weights.map((w) => w.path)).toEqual(['model/d/kernel', 'model/d/bias', 'dense/kernel', 'dense/bias']);
    const before = String(part.getWeights()[0]);
    outer.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await outer.trainOnBatch(normals(4, 2), [[1], [2], [3], [4]]);
    expect(String(part.getWeights()[0])).toBe(before);
    expect(String(outer.getWeights()[0])).not.toBe(before);
    const loaded = await loadModel(await outer.toBytes());
    expect(loaded).toBeInstanceOf(Sequential);
    expect(String(loaded.predict([[1, 2]]))).toBe(String(outer.predict([[1, 2]])));
  });

  it('keep frozen layers, and frozen batch norms at inference', async () => {
    const part = sequential([dense({ units: 3 }), batchNorm(), dropout(0.2)], { inputShape: [2], seed: 5 });
    const outer = withTrainable(sequential([part, dense({ units: 1 })], { seed: 1 }), { model: false });
    const one = withTrainable(outer, { 'model/dense': true });
    outer.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const before = outer.getWeights().map(String);
    await outer.fit(normals(8, 2), normals(8, 1), { verbose: 0 });
    const after = outer.getWeights().map(String);
    expect(after.map((w, i) => w === before[i])).toEqual([true, true, true, true, true, true, false, false]);
    expect(one.weights.filter((w) => w.trainable).map((w) => w.path)).toEqual(['dense/kernel', 'dense/bias']);
    expect(withTrainable(outer, true).weights.filter((w) => w.trainable)).toHaveLength(6);
  });

  it('are cut at layers, with copies of the weights', () => {
    const m = twoHeads();
    const features = submodel(m, { outputs: 'part' });
    expect(features.inputNames).toEqual(['a']);
    const head = submodel(m, { inputs: { features: 'part' }, outputs: { far: 'far' } });
    const x = { a: normals(4, 3, 1), b: normals(4, 3, 2) };
    const expected = String(m.predict(x).far);
    m.dispose();
    expect(String(head.predict(features.predict(x.a)).far)).toBe(expected);
    expect(() => submodel(features, { outputs: 'nothing' })).toThrow(/no layer or input 'nothing'/);
  });
});

describe('compression of graphs', () => {
  const graph = () => {
    const x = input([4]);
    const h = batchNorm().apply(dense({ units: 6, name: 'one' }).apply(x));
    const y = merge('sum', ([a, b]) => add(a!, b!)).apply([h, dense({ units: 6, name: 'two' }).apply(x)]);
    return model({ inputs: x, outputs: y, seed: 4 });
  };

  it('prunes, tunes and folds', async () => {
    const m = graph();
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await m.fit(normals(16, 4), normals(16, 6), { epochs: 3, verbose: 0 });
    const folded = await compress(m, [foldBatchNorm()]);
    const [a, b] = [m, folded].map((own) => own.predict(normals(5, 4, 9)).dataSync());
    a!.forEach((v, i) => {
      expect(b![i]).toBeCloseTo(v, 4);
    });
    expect(folded.countParams()).toBe(m.countParams() - 24);
    const small = await compress(m, [
      prune({ sparsity: 0.5 }),
      finetune({ x: normals(16, 4), y: normals(16, 6), verbose: 0 }),
    ]);
    expect(
      small
        .getWeights()[0]!
        .dataSync()
        .filter((w) => w === 0),
    ).toHaveLength(12);
  });

  it('says what it can’t', async () => {
    const m = graph();
    await expect(compress(m, [prune({ sparsity: 0.5, granularity: 'filters' })])).rejects.toThrow(
      /'one' can't be removed, because 'sum' \(merge\)/,
    );
  });

  it('quantises what it can, and leaves a layer of one’s own as it is', async () => {
    const m = graph();
    const x = normals(8, 4);
    const small = await compress(m, [quantize({ calibration: x })]);
    expect(small.layers.map((l) => l.kind).sort()).toEqual(
      ['dequantizeOutput', 'dequantizeOutput', 'merge', 'quantizeInput', 'quantizedDense', 'quantizedDense'].sort(),
    );
    const [a, b] = [m, small].map((own) => own.predict(x).dataSync());
    a!.forEach((v, i) => {
      expect(Math.abs(b![i]! - v)).toBeLessThan(0.1);
    });
  });
});

describe('pictures', () => {
  it('have a box for every call and an arrow for every value', async () => {
    const svg = await modelToSVG(twoHeads());
    expect(svg.match(/class="node"/g)).toHaveLength(2 + 6 + 2);
    expect(svg.match(/class="edge"/g)).toHaveLength(6 + 2);
    expect(svg).toContain('the same weights again');
    const odd = sequential([dense({ units: 1, name: '<&"' })], { inputShape: [1] });
    expect(await modelToSVG(odd, { direction: 'right' })).toContain('&lt;&amp;&quot;');
    await expect(modelToSVG(odd, js({ direction: 'up' }))).rejects.toThrow(ConfigError);
  });
});

describe('graphs refuse', () => {
  const x = input([3], { name: 'x' });
  const other = input([3], { name: 'other' });
  const y = dense({ units: 1 }).apply(x);
  const compiled = () => {
    const m = twoHeads();
    m.compile({ optimizer: 'sgd', loss: { near: 'binaryCrossentropy', far: 'meanSquaredError' } });
    return m;
  };
  const data = [normals(2, 3), normals(2, 3)];
  const cases: [string, () => unknown, typeof ConfigError | typeof ShapeError, RegExp][] = [
    [
      'inputs that nothing uses',
      () => model({ inputs: [x, other], outputs: y }),
      ConfigError,
      /depends on input 'other'/,
    ],
    ['inputs left out', () => model({ inputs: other, outputs: y }), ConfigError, /depends on the input 'x'/],
    ['no outputs', () => model({ inputs: x, outputs: [] }), ConfigError, /outputs must be/],
    ['tensors for values', () => model({ inputs: x, outputs: js(tensor([1])) }), ConfigError, /outputs must be/],
    ['layers for values', () => dense({ units: 1 }).apply(js(dense({ units: 1 }))), ConfigError, /expected what input/],
    ['an input twice', () => model({ inputs: [x, x], outputs: y }), ConfigError, /given twice/],
    [
      'names twice',
      () => {
        const h = dense({ units: 3, name: 'd' }).apply(x);
        return model({ inputs: x, outputs: dense({ units: 3, name: 'd' }).apply(h) });
      },
      ConfigError,
      /two layers are named 'd'/,
    ],
    ['an input named as a layer', () => model({ inputs: { dense: x }, outputs: y }), ConfigError, /'dense' names two/],
    ['two inputs for one', () => dense({ units: 1 }).apply([x, other]), ConfigError, /takes one input/],
    ['sizes of nothing', () => input([0]), ShapeError, /positive integers/],
    ['odd names', () => input([1], { name: 'a/b' }), ConfigError, /without '\/'/],
    ['odd dtypes', () => input([1], js({ dtype: 'string' })), ConfigError, /dtype must be/],
    [
      'weights of unknown size',
      () => sequential([dense({ units: 1 })], { inputShape: [null] }),
      ConfigError,
      /'kernel' would have shape \[\?, 1\]/,
    ],
    ['one input of two', () => twoHeads().predict(js({ a: data[0] })), ConfigError, /'b' is missing/],
    ['strangers', () => twoHeads().predict(js({ a: data[0], b: data[0], c: 1 })), ConfigError, /no 'c'/],
    ['too many', () => twoHeads().predict([data[0]!, data[0]!, data[0]!]), ConfigError, /array of 3/],
    ['lengths that differ', () => twoHeads().predict([normals(2, 3), normals(3, 3)]), ShapeError, /2, 3 samples/],
    [
      'samples of other shapes',
      () => twoHeads().predict([normals(2, 4), normals(2, 3)]),
      ShapeError,
      /input 'a'.*\[batch, 3\]/,
    ],
    [
      'losses of strangers',
      () => twoHeads().compile({ optimizer: 'sgd', loss: { x: 'hinge' } }),
      ConfigError,
      /no 'x'/,
    ],
    [
      'no loss',
      () => twoHeads().compile({ optimizer: 'sgd', loss: [null, null] }),
      ConfigError,
      /no output has a loss/,
    ],
    [
      'metrics for nobody',
      () => twoHeads().compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['accuracy'] }),
      ConfigError,
      /array of 1/,
    ],
    [
      'odd loss weights',
      () => twoHeads().compile({ optimizer: 'sgd', loss: 'meanSquaredError', lossWeights: [1, Number.NaN] }),
      ConfigError,
      /weight of 'far'/,
    ],
    ['targets left out', () => compiled().fit(data, js({ near: [0, 1] })), ConfigError, /'far' is missing/],
    [
      'class weights for several',
      () => compiled().fit(data, [[0, 1], normals(2, 2)], { classWeight: { 0: 1 } }),
      ConfigError,
      /one output/,
    ],
    ['layers that are not there', () => twoHeads().getLayer('nobody'), ConfigError, /no layer 'nobody'/],
    ['to freeze strangers', () => withTrainable(twoHeads(), { nobody: false }), ConfigError, /no layer 'nobody'/],
  ];

  it.each(cases)('%s', async (_, act, type, message) => {
    const error = await (async () => act())().then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(type);
    expect(String(error)).toMatch(message);
  });

  it('files whose graph is none', async () => {
    const { decodeSafetensors, encodeSafetensors } = await import('../../src/data/safetensors');
    const { tensors, metadata } = decodeSafetensors(await twoHeads().toBytes());
    const graph = JSON.parse(metadata.model!) as { graph: Record<string, never> };
    const forged = (change: object): Uint8Array => {
      const text = JSON.stringify({ ...graph, graph: { ...graph.graph, ...change } });
      return encodeSafetensors(tensors, { ...metadata, model: text });
    };
    for (const change of [{ calls: [] }, { outputs: [] }, { inputs: [{ name: 'a' }] }])
      await expect(loadModel(forged(change))).rejects.toThrow(FormatError);
  });
});
