import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/index';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { scope } from '../../src/core/scope';
import { memory, type Tensor } from '../../src/core/tensor';
import * as nn from '../../src/nn/index';
import { sgd } from '../../src/optim/index';
import { load } from '../../src/runtime/index';
import { expectValues } from '../ops/close';
import { settled } from '../setup/collect';

const golden = JSON.parse(readFileSync(new URL('../fixtures/nn/stateful.json', import.meta.url), 'utf8'));
const { batchSize, x, y } = golden;
const stateful = { units: 2, stateful: true, batchSize } as const;

const bidirectionalNet = () =>
  nn.sequential(
    [
      nn.lstm({ ...stateful, returnSequences: true }),
      nn.bidirectional({ layer: nn.gru(stateful) }),
      nn.dense({ units: 1 }),
    ],
    { inputShape: [3, 2], seed: 0, backend: wasm() },
  );
const plainNet = () =>
  nn.sequential([nn.lstm({ ...stateful, returnSequences: true }), nn.gru(stateful), nn.dense({ units: 1 })], {
    inputShape: [3, 2],
    seed: 0,
    backend: wasm(),
  });
const compiled = <M extends nn.Sequential>(model: M): M => {
  model.compile({ optimizer: sgd({ learningRate: golden.learningRate }), loss: 'meanSquaredError' });
  return model;
};
const flat = (nest: unknown): number[] => (nest as number[]).flat(9) as number[];
const close = (got: ArrayLike<number>, wanted: unknown): void => expectValues(got, flat(wanted), 3e-5);
const predicted = (model: nn.Sequential, samples: number[][][] = x): number[] =>
  scope(() => [...model.predict(samples).dataSync()]);

describe('stateful layers, as in Keras,', () => {
  it('go on from batch to batch and from call to call of predict, until they are reset', () => {
    const { weights, params, first, second, halfReset } = golden.predictions;
    const model = bidirectionalNet();
    model.setWeights(weights);
    // What is carried is no weight.
    expect(model.countParams()).toBe(params);
    expect(model.getWeights().length).toBe(weights.length);
    expect(model.summary()).toContain(`Total params: ${params}`);
    close(predicted(model), first);
    close(predicted(model), second);
    model.resetStates('lstm');
    close(predicted(model), halfReset);
    model.resetStates();
    close(predicted(model), first);
    // New weights don't touch the state, and in batches by hand it is the same.
    model.setWeights(weights);
    close(
      [...predicted(model, x.slice(0, 2)), ...predicted(model, x.slice(2, 4)), ...predicted(model, x.slice(4))],
      second,
    );
  });

  it('learn as in Keras, over the ends of batches and epochs, validation included', async () => {
    const { weights, loss, valLoss, trained, states } = golden.training;
    const model = compiled(plainNet());
    model.setWeights(weights);
    const { history } = await model.fit(x, y, { epochs: golden.epochs, shuffle: false, validationData: [x, y] });
    close(history.loss, loss);
    close(history.valLoss!, valLoss);
    model.getWeights().forEach((w, i) => {
      close(w.dataSync(), trained[i]);
    });
    const carried = model.layerWeights.flatMap(({ state }) => Object.values(state));
    carried.forEach((t, i) => {
      close(t.dataSync(), states[i]);
    });
  });

  it('carry on in evaluate, which alone tells the same twice after a reset', async () => {
    const model = compiled(plainNet());
    const first = await model.evaluate(x, y);
    const second = await model.evaluate(x, y);
    expect(second.loss).not.toBe(first.loss);
    model.resetStates();
    expect(await model.evaluate(x, y)).toEqual(first);
  });

  it('carry on in models within models, in graphs, and on every step of partialFit and trainOnBatch', async () => {
    const inner = plainNet();
    const outer = nn.sequential([inner, nn.activation({ activation: 'tanh' })], { inputShape: [3, 2], seed: 1 });
    const tanhs = (values: number[]) => values.map(Math.tanh);
    const alone = [predicted(inner), predicted(inner)];
    for (const own of alone) expectValues(predicted(outer), tanhs(own), 1e-6);
    const input = nn.input([3, 2]);
    const graph = nn.model({ inputs: input, outputs: inner.apply(input) as never });
    inner.resetStates();
    const [a, b] = [0, 1].map(() => scope(() => [...(graph.predict(x) as never as Tensor).dataSync()]));
    expect(a).not.toEqual(b);
    const model = compiled(plainNet());
    const state = () => model.layerWeights.flatMap((w) => Object.values(w.state).flatMap((t) => [...t.dataSync()]));
    expect(state().every((v) => v === 0)).toBe(true);
    const seen = [];
    for (const learn of [
      () => model.testOnBatch(x.slice(0, 2), y.slice(0, 2)),
      () => model.trainOnBatch(x.slice(0, 2), y.slice(0, 2)),
      () => model.partialFit(x, y),
    ]) {
      await learn();
      seen.push(state());
    }
    expect(new Set(seen.map(String)).size).toBe(3);
    expect(seen[0]).not.toContain(0);
  });

  it('take batches of one size alone', async () => {
    const model = compiled(plainNet());
    expect(() => model.predict(x.slice(0, 5))).toThrow(/5 samples make no whole batches of 2.*stateful layer 'lstm'/);
    await expect(model.fit(x.slice(0, 5), y.slice(0, 5))).rejects.toThrow(ShapeError);
    await expect(model.evaluate(x.slice(0, 5), y.slice(0, 5))).rejects.toThrow(/Leave out the last 1, or add 1/);
    await expect(model.fit(x, y, { validationSplit: 0.5 })).rejects.toThrow(/3 samples make no whole batches/);
    expect(() => model.predict(x, { batchSize: 3 })).toThrow(ConfigError);
    await expect(model.fit(x, y, { batchSize: 32 })).rejects.toThrow(/batchSize is 32.*batches of 2/);
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(/make no whole|batches of 2, got one of 6/);
    const other = nn.sequential([
      nn.gru({ ...stateful, returnSequences: true }),
      nn.gru({ ...stateful, batchSize: 3 }),
    ]);
    expect(() => other.predict(x)).toThrow(/batchSize of 2 and of 3/);
    expect(() => model.resetStates('dense')).toThrow(/not stateful/);
    expect(() => model.resetStates('nothing')).toThrow(/no layer 'nothing'/);
    // What comes before the last batch of an iterable is trained on, as in Keras.
    const short = async function* () {
      yield [x.slice(0, 2), y.slice(0, 2)] as never;
      yield [x.slice(2, 3), y.slice(2, 3)] as never;
    };
    await expect(model.fit(short)).rejects.toThrow(/batches of 2, got one of 1/);
  });

  it('keep their state in files, clones, the runtime and snapshots of training', async () => {
    const model = compiled(plainNet());
    const fresh = predicted(model);
    const next = predicted(model.clone());
    const loaded = await nn.loadModel(await model.toBytes());
    const runtime = await load(await model.toBytes());
    expect(next).not.toEqual(fresh);
    expect(predicted(loaded)).toEqual(next);
    const own = (from: number) =>
      scope(() => [...runtime.predict(Float32Array.from(flat(x.slice(from, from + 2)))).dataSync()]);
    expectValues([0, 2, 4].flatMap(own), next, 1e-6);
    runtime.resetStates();
    expectValues([0, 2, 4].flatMap(own), fresh, 1e-6);
    const folder = await mkdtemp(join(tmpdir(), 'kompakt-'));
    try {
      const [whole, halves] = [compiled(plainNet()), compiled(plainNet())];
      const how = { shuffle: false, seed: 1, epochs: 4 };
      await whole.fit(x, y, how);
      const stop = (epoch: number) => {
        if (epoch === 1) throw new Error('power cut');
      };
      const cut = [nn.backup(folder), { onEpochEnd: stop }];
      await expect(compiled(plainNet()).fit(x, y, { ...how, callbacks: cut })).rejects.toThrow('power cut');
      await halves.fit(x, y, { ...how, callbacks: [nn.backup(folder)] });
      whole.getWeights().forEach((w, i) => {
        expect([...halves.getWeights()[i]!.dataSync()]).toEqual([...w.dataSync()]);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('leave no tensors behind', async () => {
    const run = async (): Promise<void> => {
      const model = compiled(plainNet());
      await model.fit(x, y, { epochs: 2 });
      await model.evaluate(x, y);
      for (let i = 0; i < 3; i++) predicted(model);
      model.resetStates();
      model.dispose();
    };
    await run();
    await settled();
    const before = memory();
    await run();
    expect(memory()).toMatchObject(before);
  });
});
