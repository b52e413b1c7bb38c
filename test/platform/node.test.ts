import { readFileSync } from 'node:fs';
import { reference } from 'kompakt/backends/reference';
import { loadModel } from 'kompakt/nn';
import { load } from 'kompakt/runtime';
import { describe, expect, it } from 'vitest';
import { distance, golden } from '../browser/golden';
import { bars, classifyIris, draw, probe, SIDE, trainBars } from '../browser/scenarios';

const file = () => new Uint8Array(readFileSync('test/fixtures/browser/bars-int8.safetensors'));

/** The browser tests compare with a record of Node's results; here it is held that the record is true. */
describe('what the browser tests expect', () => {
  it('are the random numbers of Node', () => {
    expect(draw()).toEqual(golden.draws);
  });

  it('are the losses of training in Node', async () => {
    const { model, loss, valLoss } = await trainBars();
    expect(distance(loss, golden.loss)).toBeLessThan(1e-4);
    expect(distance(valLoss, golden.valLoss)).toBeLessThan(1e-4);
    model.dispose();
  });

  it('are the fitted coefficients of Node', async () => {
    const { coef, intercept, synthetic, score } = await classifyIris();
    expect(distance(coef, golden.iris.coef)).toBeLessThan(1e-5);
    expect(distance(intercept, golden.iris.intercept)).toBeLessThan(1e-5);
    expect(synthetic).toEqual(golden.iris.synthetic);
    expect(score).toBe(golden.iris.score);
  });

  it('are the outputs of the int8 model in Node, on every backend', async () => {
    expect(probe(await loadModel(file()))).toEqual(golden.int8);
    expect(probe(await loadModel(file(), { backend: reference() }))).toEqual(golden.int8);
    const { x } = bars(8, 13);
    const runtime = await load(file());
    expect(runtime.inputShape).toEqual([SIDE, SIDE, 1]);
    expect([...runtime.predict(x).dataSync()]).toEqual(golden.int8);
    runtime.dispose();
  });
});
