import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { webgpu } from '../../src/backends/webgpu/index';
import {
  compress,
  compressionReport,
  distill,
  finetune,
  foldBatchNorm,
  prune,
  quantize,
} from '../../src/compress/index';
import type { Backend } from '../../src/core/backend';
import { BackendError } from '../../src/core/errors';
import { memory, rng, sum, type Tensor, tensor } from '../../src/index';
import { batchNorm, conv2d, dense, flatten, type Sequential, sequential } from '../../src/nn/index';
import { lbfgs } from '../../src/optim/index';
import { expectValues } from '../ops/close';
import { settled } from '../setup/collect';
import { findWebGPU } from '../setup/webgpu';

const X = Array.from(rng('x').normal([24, 6, 6, 2]).dataSync() as Float32Array);
const x = { data: Float32Array.from(X), shape: [24, 6, 6, 2] };
const y = Array.from({ length: 24 }, (_, i) => (X[72 * i]! > 0 ? 1 : 0));

function network(backend: Backend, units: number, seed: number): Sequential {
  const model = sequential(
    [
      conv2d({ filters: units, kernelSize: 3 }),
      batchNorm(),
      conv2d({ filters: 3, kernelSize: 2, activation: 'relu' }),
      flatten(),
      dense({ units: 2, activation: 'softmax' }),
    ],
    { inputShape: [6, 6, 2], seed, backend },
  );
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  return model;
}

/** Everything there is to do with a model but running it in int8; the model and the numbers it gives. */
async function small(backend: Backend): Promise<{ model: Sequential; student: Sequential }> {
  const how = { x, y, epochs: 1, batchSize: 8, shuffle: false } as const;
  const model = await compress(network(backend, 4, 1), [
    foldBatchNorm(),
    prune({ granularity: 'filters', sparsity: 0.25 }),
    prune({ sparsity: 0.4, criterion: 'wanda', calibration: x }),
    prune({ granularity: '2:4' }),
    finetune(how),
  ]);
  const student = await distill({ ...how, teacher: model, temperature: 2, alpha: 0.5, optimizer: 'sgd' })(
    network(backend, 2, 2),
  );
  return { model, student };
}

const gpu = await findWebGPU();

describe.skipIf(gpu === null)('models whose values come back later', async () => {
  const backend = gpu === null ? null! : await webgpu({ gpu });
  const [there, here] = gpu === null ? [] : [await small(backend), await small(reference())];

  it.each(['model', 'student'] as const)('are folded, pruned, tuned and taught as on a CPU (%s)', async (which) => {
    const [got, wanted] = [there![which], here![which]];
    expect(got.backend).toBe(backend);
    for (const [i, w] of got.getWeights().entries())
      expectValues(await w.data(), wanted.getWeights()[i]!.dataSync(), 2e-5, `weights ${i}`);
    for (const [path, mask] of got.masks) expect(await mask.data(), path).toEqual(wanted.masks.get(path)!.dataSync());
  });

  it('are quantised to the same integers, and run where there are some', async () => {
    const passes = [quantize({ calibration: x })];
    const wanted = await compress(await there!.model.moved(reference()), passes);
    await settled();
    const before = memory().tensors;
    const made = await compress(there!.model, passes);
    const own = memory().tensors - before;
    const [got, expected] = [made.getWeights(), wanted.getWeights()];
    for (const [i, w] of got.entries()) {
      const [a, b] = [await w.data(), expected[i]!.dataSync()];
      // Multipliers have 31 bits of scales that come from sums in float32.
      const allowed = w.dtype === 'int8' ? 0 : 2 ** 12;
      expect(Math.max(...Array.from(a as Int8Array, (v, j) => Math.abs(v - (b[j] as number))))).toBeLessThanOrEqual(
        allowed,
      );
    }
    expect(() => made.predict(x)).toThrow(/model\.moved\(backend\)/);
    expect(() => made.predict(x)).toThrow(BackendError);
    const back = await made.moved(reference());
    expectValues(back.predict(x).dataSync(), wanted.predict(x).dataSync(), 0.02);
    const kept = memory().tensors;
    made.dispose();
    expect(kept - memory().tensors).toBe(own);
  });

  it('take calibration and targets from any backend', async () => {
    const results: ArrayLike<number>[] = [];
    for (const own of [backend, reference()]) {
      const calibration = tensor(x.data, { shape: x.shape, backend: own });
      const targets = tensor(y, { backend: own });
      const pruned = await prune({ sparsity: 0.5, criterion: 'wanda', calibration })(here!.model);
      results.push(pruned.getWeights()[0]!.dataSync());
      const report = await compressionReport(here!.model, pruned, { x, y: targets, runs: 1 });
      expect(report.before.score).toBeGreaterThanOrEqual(0);
    }
    expect(results[0]).toEqual(results[1]);
  });

  it('are measured', async () => {
    const runs = { x, y, runs: 2 };
    const [got, wanted] = [
      await compressionReport(there!.model, there!.student, runs),
      await compressionReport(here!.model, here!.student, runs),
    ];
    for (const part of ['before', 'after'] as const) {
      const { latencyMs, bytes: _, gzipBytes: __, ...rest } = got[part];
      expect(latencyMs).toBeGreaterThan(0);
      expect(rest).toMatchObject({
        score: wanted[part].score,
        sparsity: wanted[part].sparsity,
        layers: wanted[part].layers,
      });
    }
  });

  it('are no place for a search that looks at values in every step', () => {
    const x0 = tensor([1, 2], { backend });
    expect(() => lbfgs((v: Tensor) => sum(v), x0)).toThrow(BackendError);
    expect(() => lbfgs((v: Tensor) => sum(v), x0)).toThrow(
      /lbfgs: values of backend 'webgpu'.*await moved\(x0, wasm\(\)\)/,
    );
  });
});

describe('a backend without bytes', () => {
  it('is told to move the model', async () => {
    const inner = reference();
    const floats: Backend = { ...inner, name: 'floats', dtypes: ['float32', 'int32', 'bool'] };
    const pass = quantize({ calibration: x });
    await expect(pass(network(floats, 2, 1))).rejects.toThrow(
      /backend 'floats' holds no int8.*model\.moved\(wasm\(\)\)/,
    );
    await expect(pass(network(floats, 2, 1))).rejects.toThrow(BackendError);
  });
});
