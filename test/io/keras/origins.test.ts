import { readFileSync } from 'node:fs';
import { strToU8 } from 'fflate';
import type { Group } from 'h5wasm';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors';
import { Tensor } from '../../../src/core/tensor';
import { fromKeras, fromTFJS, loadKerasWeights } from '../../../src/io/index';
import { dense, gru, lstm, rescaling } from '../../../src/nn/layers/index';
import { sequential } from '../../../src/nn/sequential';
import { file, hdf5, input, kerasFile, layer, sequence, texts } from './files';

const golden = JSON.parse(readFileSync(new URL('../../fixtures/io/keras/golden.json', import.meta.url), 'utf8')) as {
  readonly [family: string]: { inputs: { shape: number[]; data: number[] }[]; outputs: { values: number[] }[] };
};

type Arrays = { readonly [name: string]: { readonly shape: number[]; readonly data: number[] } };

/** A group of weights as Keras 1 and 2 write it. */
function weightsOf(parent: Group, name: string, arrays: Arrays): void {
  const group = parent.create_group(name);
  texts(group, 'weight_names', Object.keys(arrays));
  for (const [path, { shape, data }] of Object.entries(arrays)) {
    const folders = path.split('/').slice(0, -1);
    folders.reduce((at, folder) => (at.get(folder) as Group | null) ?? at.create_group(folder), group);
    group.create_dataset({ name: path, data: Float32Array.from(data), shape });
  }
}

const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

describe('files of Keras 1', () => {
  /** A sequence is a list there, and weights are called `name_W`, `name_b`. */
  const keras1 = (layers: readonly object[], groups: { readonly [name: string]: Arrays }, extra: object = {}) =>
    hdf5((f) => {
      f.create_attribute('model_config', JSON.stringify({ class_name: 'Sequential', config: layers }));
      const weights = f.create_group('model_weights');
      texts(weights, 'layer_names', Object.keys(groups));
      for (const [name, value] of Object.entries(extra)) weights.create_attribute(name, value);
      for (const [name, arrays] of Object.entries(groups)) weightsOf(weights, name, arrays);
    });

  it('reads dense layers by their options of then', async () => {
    const config = { name: 'd1', output_dim: 2, init: 'glorot_uniform', input_dim: 3, batch_input_shape: [null, 3] };
    const layers = [
      { class_name: 'Dense', config: { ...config, activation: 'linear', bias: true, W_regularizer: null } },
      { class_name: 'Dropout', config: { name: 'drop', p: 0.5 } },
      { class_name: 'Activation', config: { name: 'act', activation: 'relu' } },
    ];
    const arrays = { d1_W: { shape: [3, 2], data: range(6) }, d1_b: { shape: [2], data: [1, -20] } };
    const model = await fromKeras(await keras1(layers, { d1: arrays, drop: {}, act: {} }));
    expect(model.predict([[1, 1, 1]]).toArraySync()).toEqual([[7, 0]]);
  });

  /** As NumPy convolves: the kernel [rows, columns, channels, filters] over one image. */
  const image = { shape: [1, 3, 3, 1], data: Float32Array.from(range(9)) };

  it('reads convolutions with channels last', async () => {
    const config = {
      ...{ name: 'c', nb_filter: 1, nb_row: 2, nb_col: 2, border_mode: 'valid', subsample: [1, 1] },
      ...{
        init: 'he_normal',
        activation: 'linear',
        dim_ordering: 'tf',
        bias: true,
        batch_input_shape: [null, 3, 3, 1],
      },
    };
    const arrays = { c_W: { shape: [2, 2, 1, 1], data: [1, 2, 3, 4] }, c_b: { shape: [1], data: [0.5] } };
    const bytes = await keras1([{ class_name: 'Convolution2D', config }], { c: arrays });
    // 0·1 + 1·2 + 3·3 + 4·4, and so on; 10 more for each step to the right, 30 for each down.
    expect(Array.from((await fromKeras(bytes)).predict(image).dataSync())).toEqual([27.5, 37.5, 57.5, 67.5]);
  });

  it("reads Theano's convolutions: channels first, kernels [filters, channels, rows, columns] turned round", async () => {
    const config = {
      ...{ name: 'c', nb_filter: 1, nb_row: 2, nb_col: 2, border_mode: 'valid', subsample: [1, 1] },
      ...{ activation: 'linear', dim_ordering: 'th', bias: true, batch_input_shape: [null, 1, 3, 3] },
    };
    const arrays = { c_W: { shape: [1, 1, 2, 2], data: [4, 3, 2, 1] }, c_b: { shape: [1], data: [0.5] } };
    const bytes = await keras1([{ class_name: 'Convolution2D', config }], { c: arrays }, { backend: 'theano' });
    const y = (await fromKeras(bytes)).predict({ ...image, shape: [1, 1, 3, 3] });
    expect([y.shape, Array.from(y.dataSync())]).toEqual([
      [1, 1, 2, 2],
      [27.5, 37.5, 57.5, 67.5],
    ]);
  });

  it('joins the weights of the gates of an LSTM', async () => {
    // Gates i, c, f, o; each with its kernel, its recurrent kernel and its bias.
    const gates = ['i', 'c', 'f', 'o'].map((gate, g) => ({
      [`l_W_${gate}`]: { shape: [1, 1], data: [g + 1] },
      [`l_U_${gate}`]: { shape: [1, 1], data: [10 * (g + 1)] },
      [`l_b_${gate}`]: { shape: [1], data: [100 * (g + 1)] },
    }));
    const config = {
      ...{ name: 'l', output_dim: 1, init: 'glorot_uniform', inner_init: 'orthogonal', forget_bias_init: 'one' },
      ...{ activation: 'tanh', inner_activation: 'hard_sigmoid', return_sequences: false, consume_less: 'cpu' },
      ...{ dropout_W: 0, dropout_U: 0, input_dim: 1, batch_input_shape: [null, 4, 1] },
    };
    const bytes = await keras1([{ class_name: 'LSTM', config }], { l: Object.assign({}, ...gates) });
    const weights = (await fromKeras(bytes)).getWeights().map((w) => Array.from(w.dataSync()));
    // Today's order is i, f, c, o.
    expect(weights).toEqual([
      [1, 3, 2, 4],
      [10, 30, 20, 40],
      [100, 300, 200, 400],
    ]);
  });
});

describe('files of weights alone', () => {
  it('are named as such by fromKeras', async () => {
    await expect(fromKeras(file('stateful.weights.h5'))).rejects.toThrow(/weights only.*loadKerasWeights/);
  });

  it.each(['stateful.weights.h5', 'stateful.h5', 'stateful.keras'])(
    'go into a model of the same layers: %s',
    async (name) => {
      const layers = [lstm({ units: 3, returnSequences: true, name: 'a' }), gru({ units: 2, name: 'b' })];
      const model = sequential(layers, { inputShape: [6, 3] });
      await loadKerasWeights(model, file(name));
      const { inputs, outputs } = golden.stateful!;
      const { shape, data } = inputs[0]!;
      const found = model.predict({ shape, data: Float32Array.from(data) }).dataSync();
      outputs[0]!.values.forEach((value, i) => {
        expect(found[i]).toBeCloseTo(value, 5);
      });
      const other = sequential([lstm({ units: 3, returnSequences: true }), gru({ units: 2, resetAfter: false })], {
        inputShape: [6, 3],
      });
      await expect(loadKerasWeights(other, file(name))).rejects.toThrow(/the layer has the weights .* another model/);
    },
  );

  it('go in by order or by name: .h5 of Keras 2', async () => {
    const bytes = await hdf5((f) => {
      texts(f, 'layer_names', ['one', 'pool', 'two']);
      f.create_attribute('keras_version', '2.3.1');
      weightsOf(f, 'one', {
        'one/kernel:0': { shape: [2, 2], data: [1, 2, 3, 4] },
        'one/bias:0': { shape: [2], data: [5, 6] },
      });
      weightsOf(f, 'pool', {});
      weightsOf(f, 'two', {
        'two/kernel:0': { shape: [2, 1], data: [1, 10] },
        'two/bias:0': { shape: [1], data: [0] },
      });
    });
    const stack = (first: string) =>
      sequential([dense({ units: 2, name: first }), dense({ units: 1, name: 'two' })], { inputShape: [2] });
    for (const model of [stack('one'), stack('other')]) {
      await loadKerasWeights(model, bytes);
      expect(model.predict([[1, 1]]).toArraySync()).toEqual([[129]]);
    }
    const partly = stack('other');
    const [kernel] = partly.getWeights();
    await loadKerasWeights(partly, bytes, { byName: true });
    expect(partly.getWeights()[0]!.toArraySync()).toEqual(kernel!.toArraySync());
    expect(partly.getWeights()[2]!.toArraySync()).toEqual([[1], [10]]);
  });
});

describe('what fromTFJS unpacks', () => {
  const json = (weights: readonly object[]) =>
    strToU8(
      JSON.stringify({
        modelTopology: sequence(layer('Dense', { name: 'd', units: 1, batch_input_shape: [null, 2] })),
        weightsManifest: [{ paths: ['w.bin'], weights }],
      }),
    );
  const bytesOf = (array: Uint8Array | Uint16Array): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const kernel = { name: 'd/kernel', shape: [2, 1], dtype: 'float32' };
  const bias = { name: 'd/bias', shape: [1], dtype: 'float32' };

  it.each([
    ['uint8', bytesOf(Uint8Array.of(0, 255, 10)), [-1, 0.5 * 255 - 1, 4]],
    ['uint16', bytesOf(Uint16Array.of(0, 65_535, 10)), [-1, 0.5 * 65_535 - 1, 4]],
    // 1, −2.5 and the least that is not zero.
    ['float16', bytesOf(Uint16Array.of(0x3c00, 0xc100, 0x0001)), [1, -2.5, 2 ** -24]],
  ])('reads weights quantised to %s', async (dtype, bytes, expected) => {
    const quantization = dtype === 'float16' ? { dtype } : { dtype, scale: 0.5, min: -1 };
    const specs = [kernel, bias].map((spec) => ({
      ...spec,
      quantization: { ...quantization, original_dtype: 'float32' },
    }));
    const model = await fromTFJS({ 'model.json': json(specs), 'w.bin': bytes });
    expect(model.getWeights().flatMap((w) => Array.from(w.dataSync()))).toEqual(expected);
  });

  it('refuses quantising that it does not know', async () => {
    const specs = [{ ...kernel, quantization: { dtype: 'uint4', scale: 1, min: 0 } }, bias];
    await expect(fromTFJS({ 'model.json': json(specs), 'w.bin': new Uint8Array(6) })).rejects.toThrow(
      /'d\/kernel' is quantised in a way that is not known/,
    );
  });
});

describe('layers that kompakt has not', () => {
  it.each([
    ...[
      'AugMix',
      'AutoContrast',
      'CategoryEncoding',
      'CutMix',
      'Discretization',
      'Equalization',
      'GroupedQueryAttention',
    ],
    ...[
      'HashedCrossing',
      'Hashing',
      'IntegerLookup',
      'Lambda',
      'MelSpectrogram',
      'MixUp',
      'RandAugment',
      'RandomShear',
    ],
    ...['ReversibleEmbedding', 'STFTSpectrogram', 'SpectralNormalization', 'StringLookup', 'TextVectorization'],
  ])('name themselves: %s', async (className) => {
    const model = sequence(input(4, 4, 3), layer(className, { name: 'odd' }));
    await expect(fromKeras(kerasFile(model))).rejects.toThrow(
      new RegExp(`${className} 'odd': kompakt has no layer for the class '${className}'`),
    );
  });

  it.each([
    ['EinsumDense', { equation: 'abc,cde->abde', output_shape: [null, 2, 2] }, /EinsumDense 'odd': .*'abc,cde->abde'/],
    ['EinsumDense', { equation: 'abc,bd->acd', output_shape: [3, 2] }, /EinsumDense 'odd': .*along the last axis/],
    ['AdaptiveMaxPooling2D', { output_size: [2, 1] }, /AdaptiveMaxPooling2D 'odd': output_size must be 1/],
    ['Normalization', { axis: [1, 2] }, /Normalization 'odd': .*one axis/],
    ['Normalization', { axis: [-1], mean: 'x', variance: 1 }, /Normalization 'odd': mean and variance/],
  ])('say what they can not: %s of %j', async (className, config, why) => {
    const model = sequence(input(4, 4, 3), layer(className, { name: 'odd', ...config }));
    await expect(fromKeras(kerasFile(model))).rejects.toThrow(why);
  });
});

describe('layers of one’s own', () => {
  const scaled = {
    ...sequence(input(2), { ...layer('Scale', { name: 'twice', factor: 2 }), registered_name: 'mine>Scale' } as never),
  };

  it('are named where they are missing', async () => {
    await expect(fromKeras(kerasFile(scaled))).rejects.toThrow(
      /Scale 'twice': kompakt has no layer for the class 'mine>Scale'.*customLayers/,
    );
  });

  it.each(['Scale', 'mine>Scale'])('are made by what is given for %s', async (key) => {
    const make = (config: { readonly [key: string]: unknown }, name: string) =>
      rescaling({ scale: config.factor as number, name });
    const model = await fromKeras(kerasFile(scaled), { customLayers: { [key]: make } });
    expect([model.layerNames, model.predict([[1, 3]]).toArraySync()]).toEqual([['twice'], [[2, 6]]]);
  });

  it('are refused where they are none, and their own errors get through', async () => {
    await expect(fromKeras(kerasFile(scaled), { customLayers: { Scale: 5 as never } })).rejects.toThrow(ConfigError);
    await expect(fromKeras(kerasFile(scaled), { customLayers: { Scale: () => 5 as never } })).rejects.toThrow(
      /returned no layer, but 5/,
    );
    const broken = () => {
      throw new RangeError('mine');
    };
    await expect(fromKeras(kerasFile(scaled), { customLayers: { Scale: broken } })).rejects.toThrow(RangeError);
  });
});

describe('results', () => {
  it('are tensors of the backend that was asked for', async () => {
    const model = await fromKeras(file('transfer.keras'), { compile: false });
    expect(model.compileOptions).toBe(null);
    expect(model.predict({ data: new Float32Array(192), shape: [1, 8, 8, 3] })).toBeInstanceOf(Tensor);
  });
});
