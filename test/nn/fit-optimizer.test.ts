import { describe, expect, it } from 'vitest';
import { dense, type Sequential, sequential } from '../../src/nn/index';
import { adam, gradScaler, type OptimizerSpec, sgd } from '../../src/optim/index';

const x = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(i)]);
const y = x.map(([a, b]) => [a! - 2 * b!]);

async function trained(optimizer: OptimizerSpec, options: object = {}): Promise<{ m: Sequential; loss: number[] }> {
  const m = sequential([dense({ units: 3, activation: 'tanh' }), dense({ units: 1 })], { inputShape: [2], seed: 4 });
  m.compile({ optimizer, loss: 'mse' });
  const { history } = await m.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0, ...options });
  return { m, loss: history.loss };
}

const weightsOf = (m: Sequential) => m.getWeights().flatMap((t) => Array.from(t.dataSync() as ArrayLike<number>));
const close = (a: readonly number[], b: readonly number[], digits = 5) =>
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, digits));

describe('in fit', () => {
  it('accumulated gradients make the steps of a larger batch', async () => {
    const { m } = await trained(sgd({ learningRate: 0.1, momentum: 0.9, gradientAccumulationSteps: 3 }));
    const { m: large } = await trained(sgd({ learningRate: 0.1, momentum: 0.9 }), { batchSize: 12 });
    close(weightsOf(m), weightsOf(large));
  });

  it('the average of the weights is taken over at the end, as in Keras', async () => {
    const path: number[][] = [];
    const plain = sequential([dense({ units: 3, activation: 'tanh' }), dense({ units: 1 })], {
      inputShape: [2],
      seed: 4,
    });
    plain.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'mse' });
    const note = { onBatchEnd: () => void path.push(weightsOf(plain)) };
    await plain.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0, callbacks: [note] });
    const average = path.slice(1).reduce((a, w) => a.map((v, i) => 0.8 * v + 0.2 * w[i]!), path[0]!);
    const { m } = await trained(sgd({ learningRate: 0.1, useEma: true, emaMomentum: 0.8 }));
    close(weightsOf(m), average);
  });

  it('a scaled loss gives the same steps, and the loss itself is reported', async () => {
    const plain = await trained(adam({ learningRate: 0.05, globalClipnorm: 0.5 }));
    for (const optimizer of [
      adam({ learningRate: 0.05, globalClipnorm: 0.5, lossScaleFactor: 1024 }),
      gradScaler(adam({ learningRate: 0.05, globalClipnorm: 0.5 }), { growthInterval: 2 }),
    ]) {
      const scaled = await trained(optimizer);
      close(weightsOf(scaled.m), weightsOf(plain.m));
      close(scaled.loss, plain.loss);
    }
  });
});

describe('validation', () => {
  it('is done as often, in batches as large, and on as many as asked for', async () => {
    const batches: number[] = [];
    const validationData = function* () {
      for (let i = 0; i < 5; i++) {
        batches.push(i);
        yield [x.slice(0, 2), y.slice(0, 2)] as [number[][], number[][]];
      }
    };
    const m = sequential([dense({ units: 1 })], { inputShape: [2], seed: 4 });
    m.compile({ optimizer: 'sgd', loss: 'mse' });
    const base = { epochs: 4, verbose: 0, validationData };
    const { history } = await m.fit(x, y, { ...base, validationFreq: 2, validationSteps: 3 });
    expect(history.valLoss).toHaveLength(2);
    expect(batches).toHaveLength(6);
    expect((await m.fit(x, y, { ...base, validationFreq: [1, 4] })).history.valLoss).toHaveLength(2);
    await expect(m.fit(x, y, { validationFreq: 0 })).rejects.toThrow(/validationFreq must be an integer ≥ 1/);
    await expect(m.fit(x, y, { validationSteps: 0 })).rejects.toThrow(/validationSteps/);
    await expect(m.fit(x, y, { validationBatchSize: 0 })).rejects.toThrow(/batchSize/);
  });
});
