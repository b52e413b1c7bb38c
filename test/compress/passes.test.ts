import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference';
import { compress, compressionReport, distill, finetune, foldBatchNorm, prune, quantize } from '../../src/compress';
import { memory } from '../../src/core/tensor';
import {
  activation,
  avgPool2d,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool2d,
  loadModel,
  maxPool2d,
  type Sequential,
  sequential,
} from '../../src/nn';
import { reshape, tensor } from '../../src/ops/index';
import { rng } from '../../src/ops/random';
import { load } from '../../src/runtime';
import { settled } from '../setup/collect';

const inputShape = [8, 8, 3];
const images = rng(11).uniform([96, ...inputShape]);
const labels = Int32Array.from({ length: 96 }, (_, i) => i % 4);

const convNet = (): Sequential =>
  sequential(
    [
      conv2d({ filters: 8, kernelSize: 3, padding: 'same', activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      conv2d({ filters: 12, kernelSize: 3, activation: 'relu' }),
      flatten(),
      dense({ units: 16, activation: 'relu' }),
      dropout({ rate: 0.5 }),
      dense({ units: 4, activation: 'softmax' }),
    ],
    { inputShape, seed: 5 },
  );

const normNet = (): Sequential =>
  sequential(
    [
      conv2d({ filters: 6, kernelSize: 3, useBias: false }),
      batchNorm(),
      activation('relu'),
      depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
      batchNorm(),
      activation('relu6'),
      avgPool2d({ poolSize: 2 }),
      globalAvgPool2d(),
      dense({ units: 4 }),
    ],
    { inputShape, seed: 6 },
  );

/** Batch norms with statistics of their own. */
async function trained(model: Sequential): Promise<Sequential> {
  model.compile({ optimizer: 'adam', loss: { name: 'sparseCategoricalCrossentropy', fromLogits: true } });
  await model.fit(images, labels, { epochs: 2, seed: 1, verbose: 0 });
  return model;
}

const output = (model: Sequential): number[] => Array.from(model.predict(images).dataSync());
const furthest = (a: number[], b: number[]): number => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
const bytesOf = async (model: Sequential): Promise<string> => Buffer.from(await model.toBytes()).toString('base64');
const zeros = (model: Sequential): number[] =>
  model.weights
    .filter((w) => /kernel/i.test(w.name))
    .map((w) => Array.from(w.value.dataSync()).filter((x) => x === 0).length / w.value.size);

describe('prune', () => {
  it('zeroes the same share of every layer and leaves the model alone', async () => {
    const model = convNet();
    const before = await bytesOf(model);
    const pruned = await prune({ sparsity: 0.75 })(model);
    for (const share of zeros(pruned)) expect(share).toBeCloseTo(0.75, 2);
    expect(pruned.masks.size).toBe(4);
    expect(await bytesOf(model)).toBe(before);
  });

  it('takes the smallest weights: over all layers with scope global', async () => {
    const model = convNet();
    const pruned = await prune({ sparsity: 0.5, scope: 'global' })(model);
    const kernels = (m: Sequential): number[] =>
      m.weights.filter((w) => w.name === 'kernel').flatMap((w) => Array.from(w.value.dataSync()));
    const [all, kept] = [kernels(model), kernels(pruned)];
    const removed = all.filter((_, i) => kept[i] === 0).map(Math.abs);
    const rest = kept.filter((w) => w !== 0).map(Math.abs);
    expect(removed.length).toBe(Math.round(all.length / 2));
    expect(Math.max(...removed)).toBeLessThanOrEqual(Math.min(...rest));
  });

  it('keeps 2 of 4 inputs', async () => {
    const pruned = await prune({ granularity: '2:4', layers: ['dense'] })(convNet());
    const kernel = pruned.weights.find((w) => w.path === 'dense/kernel')!.value;
    const [n, m] = kernel.shape as [number, number];
    const w = kernel.dataSync();
    for (let c = 0; c < m; c++) {
      for (let r = 0; r + 4 <= n; r += 4) {
        const group = [0, 1, 2, 3].map((k) => w[(r + k) * m + c]!);
        expect(group.filter((v) => v === 0).length).toBe(2);
      }
    }
  });

  it('at sparsity 0 is the identity, for every granularity', async () => {
    const model = convNet();
    for (const granularity of ['unstructured', 'filters'] as const) {
      expect(output(await prune({ sparsity: 0, granularity })(model))).toEqual(output(model));
    }
  });

  it('prunes again on top of an earlier mask', async () => {
    const once = await prune({ sparsity: 0.5 })(convNet());
    const twice = await prune({ sparsity: 0.8 })(once);
    for (const share of zeros(twice)) expect(share).toBeCloseTo(0.8, 2);
  });

  it('by activations with wanda: an input that is always 0 counts for nothing', async () => {
    const model = sequential([dense({ units: 3 })], { inputShape: [4], seed: 3 });
    const x = Array.from({ length: 10 }, (_, i) => [0, 1 + i, 0, -i]);
    const pruned = await prune({ sparsity: 0.5, criterion: 'wanda', calibration: x })(model);
    const w = pruned.getWeights()[0]!.toArraySync() as number[][];
    expect([w[0], w[2]].flat().every((v) => v === 0)).toBe(true);
    expect([w[1], w[3]].flat().every((v) => v !== 0)).toBe(true);
  });
});

/**
 * Sets output channels of a weighted layer to zero; with `norms`, also of the batch norm behind it and of the depthwise
 * convolution (two outputs a channel) and batch norm behind that.
 */
function silence(model: Sequential, layer: string, channels: number[], norms: boolean): Sequential {
  const twin = model.clone();
  const doubled = channels.flatMap((c) => [2 * c, 2 * c + 1]);
  const silent = new Map([
    [`${layer}/kernel`, channels],
    [`${layer}/bias`, channels],
  ]);
  if (norms) {
    for (const name of ['gamma', 'beta']) silent.set(`batchNorm/${name}`, channels).set(`batchNorm_1/${name}`, doubled);
  }
  twin.setWeights(
    model.weights.map(({ path, value }) => {
      const n = value.shape.at(-1)!;
      const zero = (i: number): boolean => silent.get(path)?.includes(i % n) ?? false;
      return { data: Float32Array.from(value.dataSync(), (x, i) => (zero(i) ? 0 : x)), shape: value.shape };
    }),
  );
  return twin;
}

/** The channels with the smallest L2 norms. */
function weakest(model: Sequential, path: string, count: number): number[] {
  const { value } = model.weights.find((w) => w.path === path)!;
  const n = value.shape.at(-1)!;
  const norms = new Array<number>(n).fill(0);
  for (const [i, x] of value.dataSync().entries()) norms[i % n]! += x * x;
  return norms
    .map((_, c) => c)
    .sort((a, b) => norms[a]! - norms[b]!)
    .slice(0, count);
}

describe('prune filters', () => {
  it('really makes the model smaller, whole channels at a time', async () => {
    const model = convNet();
    const small = await prune({ sparsity: 0.5, granularity: 'filters' })(model);
    expect(
      small.layers
        .map((l) => l.config)
        .map((c) => (c as { filters?: number; units?: number }).filters ?? (c as { units?: number }).units),
    ).toEqual([4, undefined, 6, undefined, 8, undefined, 4]);
    expect(small.predict(images).shape).toEqual([96, 4]);
    expect(small.countParams()).toBeLessThan(model.countParams() / 2);
  });

  it.each([
    ['conv2d', 'plain', convNet, 4],
    ['conv2d_1', 'plain', convNet, 6],
    ['dense', 'plain', convNet, 8],
    ['conv2d', 'normalised', normNet, 3],
  ] as const)(
    'without half of %s (%s) it computes what the masked model computes',
    async (layer, kind, make, count) => {
      const norm = kind === 'normalised';
      const model = norm ? await trained(make()) : make();
      const small = await prune({ sparsity: 0.5, granularity: 'filters', layers: [layer] })(model);
      const twin = silence(model, layer, weakest(model, `${layer}/kernel`, count), norm);
      expect(small.countParams()).toBeLessThan(model.countParams());
      expect(furthest(output(small), output(twin))).toBeLessThan(1e-5);
    },
  );

  it('never empties a layer', async () => {
    const small = await prune({ sparsity: 1, granularity: 'filters' })(convNet());
    expect((small.layers[0]!.config as { filters: number }).filters).toBe(1);
  });

  it('refuses activations that make something of zero', async () => {
    const model = sequential([dense({ units: 4, activation: 'sigmoid' }), dense({ units: 2 })], {
      inputShape: [3],
      seed: 1,
    });
    await expect(prune({ sparsity: 0.5, granularity: 'filters' })(model)).rejects.toThrow(/'sigmoid' of 'dense'/);
  });
});

describe('foldBatchNorm', () => {
  it('computes the same with fewer layers', async () => {
    const model = await trained(normNet());
    const folded = await foldBatchNorm()(model);
    expect(folded.layers.map((l) => l.kind)).not.toContain('batchNorm');
    expect(furthest(output(folded), output(model))).toBeLessThan(1e-4);
  });
});

describe('quantize', () => {
  it.each([
    ['a conv net', convNet],
    ['a depthwise net with batch norms', normNet],
  ] as const)('%s stays close to float, in integers throughout', async (_, make) => {
    const model = await trained(make());
    const int8 = await quantize({ calibration: images })(model);
    const kinds = int8.layers.map((l) => l.kind);
    expect(kinds.filter((k) => ['dense', 'conv2d', 'depthwiseConv2d', 'batchNorm', 'dropout'].includes(k))).toEqual([]);
    expect(kinds.filter((k) => k === 'quantizeInput').length).toBe(1);
    const range = Math.max(...output(model)) - Math.min(...output(model));
    expect(furthest(output(int8), output(model))).toBeLessThan(0.06 * range);
    expect((await int8.toBytes()).length).toBeLessThan((await model.toBytes()).length);
  });

  it('multiplies the last axis of inputs of any rank, as a float dense layer does', async () => {
    const model = sequential([dense({ units: 5, activation: 'relu' }), flatten(), dense({ units: 2 })], {
      inputShape: [6, 4],
      seed: 2,
    });
    const x = rng(5).normal([40, 6, 4]);
    const int8 = await quantize({ calibration: x })(model);
    expect(furthest(Array.from(int8.predict(x).dataSync()), Array.from(model.predict(x).dataSync()))).toBeLessThan(0.1);
    expect((await compressionReport(model, int8, { x, runs: 1 })).after.multiplyAdds).toBe(6 * 4 * 5 + 30 * 2);
  });

  it('gives the same bytes as before when saved, loaded and run', async () => {
    const int8 = await quantize({ calibration: images })(convNet());
    const bytes = await int8.toBytes();
    expect(output(await loadModel(bytes))).toEqual(output(int8));
    const runtime = await load(bytes);
    expect(Array.from(runtime.predict(images).dataSync())).toEqual(output(int8));
    expect([runtime.inputShape, runtime.outputShape]).toEqual([inputShape, [4]]);
    expect(() => runtime.predict(new Float32Array(7))).toThrow(/7 values/);
  });

  it('leaves layers without an integer form in float, between two conversions', async () => {
    const model = sequential([dense({ units: 8, activation: 'tanh' }), dense({ units: 2 })], {
      inputShape: [4],
      seed: 2,
    });
    const x = rng(3).normal([50, 4]);
    const int8 = await quantize({ calibration: x })(model);
    expect(int8.layers.map((l) => l.kind)).toEqual([
      'quantizeInput',
      'quantizedDense',
      'dequantizeOutput',
      'activation',
      'quantizeInput',
      'quantizedDense',
      'dequantizeOutput',
    ]);
    const difference = furthest(Array.from(int8.predict(x).dataSync()), Array.from(model.predict(x).dataSync()));
    expect(difference).toBeLessThan(0.1);
  });

  it('does better per channel than per layer when channels differ in size', async () => {
    const model = sequential([dense({ units: 2 })], { inputShape: [16], seed: 2 });
    const [kernel] = model.getWeights();
    model.setWeights([
      { data: kernel!.dataSync().map((w: number, i: number) => (i % 2 ? w : w / 500)), shape: kernel!.shape },
      [0, 0],
    ]);
    const x = rng(4).normal([200, 16]);
    const error = async (perChannel: boolean): Promise<number> => {
      const int8 = await quantize({ calibration: x, perChannel })(model);
      const weights = int8.weights.find((w) => w.name === 'kernel')!.value.dataSync();
      return weights.filter((_: number, i: number) => i % 2 === 0).filter((w: number) => w === 0).length;
    };
    expect(await error(true)).toBeLessThan(await error(false));
  });

  it('says what is wrong with calibration data', async () => {
    const model = convNet();
    expect(() => quantize({} as never)).toThrow(/give calibration/);
    await expect(quantize({ calibration: [[1, 2, 3]] })(model)).rejects.toThrow(/samples of shape \[8, 8, 3\]/);
    const bad = images.dataSync();
    bad[5] = Number.NaN;
    await expect(quantize({ calibration: { data: bad, shape: images.shape } })(model)).rejects.toThrow(/is NaN/);
  });
});

describe('finetune', () => {
  it('trains, and keeps what was removed at zero', async () => {
    const model = await trained(convNet());
    const pruned = await prune({ sparsity: 0.8 })(model);
    const tuned = await finetune({ x: images, y: labels, epochs: 2, seed: 1, verbose: 0 })(pruned);
    expect(zeros(tuned)).toEqual(zeros(pruned));
    expect(output(tuned)).not.toEqual(output(pruned));
  });

  it('refuses integer layers and models without a loss', async () => {
    const int8 = await quantize({ calibration: images })(convNet());
    for (const pass of [
      finetune({ x: images, y: labels }),
      prune({ sparsity: 0.5 }),
      quantize({ calibration: images }),
      distill({ teacher: convNet(), x: images }),
    ]) {
      await expect(pass(int8)).rejects.toThrow(/before quantize/);
    }
    await expect(finetune({ x: images, y: labels })(convNet())).rejects.toThrow(/Give a loss/);
  });
});

describe('distill', () => {
  const teacher = sequential([dense({ units: 3, activation: 'softmax' })], { inputShape: [4], seed: 9 });
  const x = rng(21).normal([256, 4]);

  it('teaches a student what the teacher says, logits and all', async () => {
    const student = sequential([dense({ units: 12, activation: 'relu' }), dense({ units: 3, activation: 'softmax' })], {
      inputShape: [4],
      seed: 10,
    });
    const apart = (m: Sequential): number =>
      furthest(Array.from(m.predict(x).dataSync()), Array.from(teacher.predict(x).dataSync()));
    const before = apart(student);
    const taught = await distill({ teacher, x, temperature: 2, epochs: 60, seed: 1, verbose: 0 })(student);
    expect(apart(student)).toBe(before);
    expect(apart(taught)).toBeLessThan(0.4 * before);
    expect((taught.layers[1]!.config as { activation: string }).activation).toBe('softmax');
  });

  it('learns from labels too, and keeps masks', async () => {
    const student = await prune({ sparsity: 0.5 })(sequential([dense({ units: 3 })], { inputShape: [4], seed: 10 }));
    const y = Int32Array.from({ length: 256 }, (_, i) => i % 3);
    const taught = await distill({ teacher, x, y, alpha: 0.1, epochs: 1, seed: 1, verbose: 0 })(student);
    expect(zeros(taught)).toEqual(zeros(student));
  });

  it('says which models do not fit', async () => {
    const sigmoid = sequential([dense({ units: 3, activation: 'sigmoid' })], { inputShape: [4], seed: 1 });
    const two = sequential([dense({ units: 2 })], { inputShape: [4], seed: 1 });
    await expect(distill({ teacher, x })(sigmoid)).rejects.toThrow(/ends in 'sigmoid'/);
    await expect(distill({ teacher, x })(two)).rejects.toThrow(/3 classes apart, the student 2/);
    expect(() => distill({ teacher, x, temperature: -1 })).toThrow(/temperature/);
  });
});

describe('compress', () => {
  it('applies passes in order, and frees what lies between', async () => {
    const model = await trained(convNet());
    const warm = await compress(model, [prune({ sparsity: 0.5 }), quantize({ calibration: images })]);
    warm.dispose();
    await settled();
    const before = memory().tensors;
    const small = await compress(model, [
      prune({ sparsity: 0.5 }),
      finetune({ x: images, y: labels, epochs: 1, verbose: 0 }),
      quantize({ calibration: images }),
    ]);
    const own = small.weights.length;
    expect(memory().tensors - before).toBe(own);
    small.dispose();
    expect(memory().tensors).toBe(before);
  });

  it('without passes is a copy; with something else, an error', async () => {
    const model = convNet();
    expect(output(await compress(model, []))).toEqual(output(model));
    await expect(compress(model, [{} as never])).rejects.toThrow(/pass 0 is not a pass/);
    await expect(compress(sequential([dense({ units: 1 })]), [])).rejects.toThrow(/not built yet/);
  });
});

describe('compressionReport', () => {
  it('counts bytes, zeros, multiply-adds and scores, and prints as a table', async () => {
    const model = await trained(convNet());
    const pruned = await prune({ sparsity: 0.5 })(model);
    const report = await compressionReport(model, pruned, { x: images, y: labels, runs: 3 });
    expect(report.before.params).toBe(model.countParams());
    const int8 = await quantize({ calibration: images })(model);
    expect((await compressionReport(model, int8, { x: images, runs: 1 })).after.params).toBe(model.countParams());
    expect(report.before.bytes).toBe((await model.toBytes()).length);
    expect(report.after.gzipBytes).toBeLessThan(report.before.gzipBytes);
    expect(report.after.sparsity).toBeCloseTo(0.5, 2);
    // conv 8·8·8·27, conv 2·2·12·72, dense 48·16 and 16·4
    expect(report.before.multiplyAdds).toBe(8 * 8 * 8 * 27 + 2 * 2 * 12 * 72 + 48 * 16 + 16 * 4);
    expect(report.after.nonZeroMultiplyAdds).toBeCloseTo(report.before.multiplyAdds / 2, -2);
    expect(report.before.latencyMs).toBeGreaterThan(0);
    expect(report.before.score).toBeGreaterThanOrEqual(0);
    expect(String(report)).toMatch(/model file[\s\S]*zero weights +0\.0 % +50\.0 %[\s\S]*conv2d_1/);
  });
});

describe('a model on another backend than the data', () => {
  const backend = reference();
  const small = (): Sequential =>
    sequential([dense({ units: 6, activation: 'relu' }), dense({ units: 4, activation: 'softmax' })], {
      inputShape: [3],
      seed: 5,
      backend,
    });
  const x = rng(3).normal([32, 3]);
  const y = tensor(labels.slice(0, 32));

  it('is pruned, distilled, quantised and reported on', async () => {
    const model = small();
    const result = await compress(model, [
      prune({ sparsity: 0.5, criterion: 'wanda', calibration: x }),
      distill({ teacher: model, x, y, epochs: 1, verbose: 0 }),
      quantize({ calibration: x }),
    ]);
    expect(result.backend).toBe(backend);
    const { after } = await compressionReport(model, result, { x, y, runs: 1 });
    expect(after.score).toBeGreaterThanOrEqual(0);
    const exact = model.clone();
    const int8 = await quantize({ calibration: x })(exact);
    const [a, b] = [int8.predict(x).dataSync(), exact.predict(x).dataSync()];
    expect(Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))).toBeLessThan(0.05);
  });

  it('takes classes in a column as in a row', async () => {
    const model = small();
    const column = reshape(y, [-1, 1]);
    const scores = await Promise.all(
      [y, column].map(async (truth) => (await compressionReport(model, model, { x, y: truth, runs: 1 })).after.score),
    );
    expect(scores[1]).toBe(scores[0]);
    const [row, col] = await Promise.all(
      [y, column].map((truth) => distill({ teacher: model, x, y: truth, epochs: 1, seed: 1, verbose: 0 })(model)),
    );
    expect(col!.predict(x).dataSync()).toEqual(row!.predict(x).dataSync());
  });
});
