import { ConfigError, FormatError, memory, NumpyRandom, numpyRandom } from 'kompakt';
import { quantize } from 'kompakt/compress';
import { dense, loadModel, sequential } from 'kompakt/nn';
import { load } from 'kompakt/runtime';
import { describe, expect, it, vi } from 'vitest';
import { distance, golden } from './golden';
import { bars, barsModel, classifyIris, draw, probe, SIDE, trainBars } from './scenarios';

const modelUrl = new URL('../fixtures/browser/bars-int8.safetensors', import.meta.url);

describe('a browser gives what Node gives', () => {
  it('when it draws random numbers: the very same', () => {
    expect(draw()).toEqual(golden.draws);
    expect(numpyRandom(0)).toBeInstanceOf(NumpyRandom);
  });

  it('when it trains a network: the same losses', async () => {
    const before = memory().tensors;
    const { model, loss, valLoss } = await trainBars();
    expect(distance(loss, golden.loss)).toBeLessThan(1e-4);
    expect(distance(valLoss, golden.valLoss)).toBeLessThan(1e-4);
    model.dispose();
    expect(memory().tensors - before).toBe(0);
  });

  it('when it balances, splits and fits a table', async () => {
    const { coef, intercept, synthetic, score } = await classifyIris();
    expect(distance(coef, golden.iris.coef)).toBeLessThan(1e-5);
    expect(distance(intercept, golden.iris.intercept)).toBeLessThan(1e-5);
    expect(synthetic).toEqual(golden.iris.synthetic);
    expect(score).toBe(golden.iris.score);
  });

  it('when it predicts with an int8 model: the same bits', async () => {
    expect(probe(await loadModel(modelUrl))).toEqual(golden.int8);
  });
});

describe('models in a browser', () => {
  it('are saved and loaded without loss, float and int8', async () => {
    const model = barsModel();
    const { x, shape } = bars(16, 14);
    const int8 = await quantize({ calibration: { data: x, shape } })(model);
    for (const m of [model, int8]) {
      let saved: Uint8Array | undefined;
      await m.save((bytes) => {
        saved = bytes;
      });
      expect(saved).toEqual(await m.toBytes());
      expect(probe(await loadModel(saved!))).toEqual(probe(m));
      expect(probe(await loadModel(new Blob([saved as BlobPart])))).toEqual(probe(m));
    }
  });

  it('have no file system: saving to a path says so', async () => {
    const model = sequential([dense({ units: 1 })], { inputShape: [1] });
    await expect(model.save('model.safetensors')).rejects.toThrow(ConfigError);
    await expect(model.save('model.safetensors')).rejects.toThrow(/model\.safetensors/);
  });

  it('train silently unless asked', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      await model.fit([[1], [2]], [[1], [2]], { epochs: 2 });
      expect(log).not.toHaveBeenCalled();
      await model.fit([[1], [2]], [[1], [2]], { epochs: 2, verbose: 1 });
      expect(log.mock.calls.length).toBe(2);
      expect(String(log.mock.calls[1]![0])).toMatch(/epoch 2\/2.*loss/);
    } finally {
      log.mockRestore();
    }
  });
});

describe('the runtime in a browser', () => {
  const { x } = bars(8, 13);

  it('loads from an address, a Blob, its URL, and bytes, and predicts the same bits', async () => {
    const blob = await (await fetch(modelUrl)).blob();
    const blobUrl = URL.createObjectURL(blob);
    const sources = [
      modelUrl,
      modelUrl.href,
      blob,
      blobUrl,
      await blob.arrayBuffer(),
      new Uint8Array(await blob.arrayBuffer()),
    ];
    for (const source of sources) {
      const model = await load(source);
      expect([model.inputShape, model.outputShape]).toEqual([[SIDE, SIDE, 1], [3]]);
      const y = model.predict(x);
      expect([...(await y.data())]).toEqual(golden.int8);
      y.dispose();
      model.dispose();
    }
    URL.revokeObjectURL(blobUrl);
  });

  it('says what is wrong with an address or a file', async () => {
    const missing = new URL('/nothing-here/model.safetensors?raw404', location.href);
    await expect(load(missing)).rejects.toThrow(FormatError);
    const bytes = new Uint8Array(await (await fetch(modelUrl)).arrayBuffer());
    await expect(load(bytes.slice(0, 1000))).rejects.toThrow(FormatError);
    await expect(load(new Blob(['not a model']))).rejects.toThrow(FormatError);
  });
});
