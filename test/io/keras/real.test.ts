import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromKeras } from '../../../src/io/index';
import { expectGolden, folder, isThere, pattern, tokens } from './cases';

describe.skipIf(!isThere)('real models of Keras', () => {
  it('predicts with a dense model of Keras 3', async () => {
    const model = await fromKeras(join(folder, 'churn_ann.h5'));
    expectGolden('churn_ann.h5', model.predict(pattern([4, 12], -1, 1)));
    expect(model.layerNames).toEqual(['dense', 'dense_1', 'dense_2']);
    expect(model.compileOptions).toMatchObject({
      optimizer: { name: 'adam', beta1: 0.9 },
      loss: { name: 'binaryCrossentropy' },
      metrics: ['accuracy'],
    });
  });

  it.each(['moonflower_mnist.h5', 'moonflower_mnist.keras'])('predicts with the convolutions of %s', async (name) => {
    const model = await fromKeras(join(folder, name));
    expectGolden(name, model.predict(pattern([3, 28, 28, 1], 0, 1)));
    expect(model.countParams()).toBe(34_826);
  });

  it.each(['imdb_gru.h5', 'imdb_simplernn.h5'])('predicts with the recurrent layer of %s', async (name) => {
    const model = await fromKeras(join(folder, name));
    expectGolden(name, model.predict(tokens([3, 40], 5000)));
    // The file leaves the length open.
    expect(model.predict(tokens([2, 7], 5000)).shape).toEqual([2, 1]);
  });

  it('predicts with the graph of a mini Xception, of Keras 2.0', async () => {
    const model = await fromKeras(join(folder, 'fer2013_mini_XCEPTION.hdf5'));
    expectGolden('fer2013_mini_XCEPTION.hdf5', model.predict(pattern([2, 64, 64, 1], -1, 1)));
  });
});
