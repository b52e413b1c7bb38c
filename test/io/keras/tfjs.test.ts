import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fromTFJS } from '../../../src/io/index';
import { expectGolden, folder, isThere, pattern, tokens } from './cases';

describe.skipIf(!isThere)('real models of TensorFlow.js', () => {
  it('predicts with a dense model, by path, address or bytes', async () => {
    const path = join(folder, 'abalone_node/model.json');
    const bytes = (name: string) => new Uint8Array(readFileSync(join(folder, 'abalone_node', name)));
    const files = { 'model.json': bytes('model.json'), 'weights.bin': bytes('weights.bin') };
    for (const source of [path, files]) {
      const model = await fromTFJS(source);
      expectGolden('abalone_node/model.json', model.predict(pattern([4, 8], -1, 1)));
    }
  });

  it('predicts with a GRU that goes backwards', async () => {
    const name = 'tfjs_layers_predict/layers_model/model.json';
    expectGolden(name, (await fromTFJS(join(folder, name))).predict(tokens([3, 10], 100)));
  });

  it('predicts with a graph of two inputs and transposed convolutions', async () => {
    const name = 'quick_draw/models/model.json';
    const labels = new Float32Array(2 * 51);
    labels[3] = labels[51 + 40] = 1;
    const model = await fromTFJS(pathToFileURL(join(folder, name)));
    expect(model.inputNames).toEqual(['latent_input', 'label']);
    expectGolden(name, model.predict([pattern([2, 16], -2, 2), { data: labels, shape: [2, 51] }] as never));
  });

  it.each(['model.json', 'model_new.json'])('refuses the graph model of %s', async (name) => {
    await expect(fromTFJS(join(folder, 'tfjs_layers_predict/graph_model', name))).rejects.toThrow(
      /graph-model.*tfjs_layers_model/,
    );
  });
});
