import { strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/core/errors';
import { fromKeras, fromTFJS } from '../../../src/io/index';
import { called, graph, hdf5, input, kerasFile, type LayerJson, layer, link, sequence, texts } from './files';

// Few bytes that ask for much work or memory. Each of these took minutes or gigabytes where nothing forbade it, so the
// limits of time that tests have are what fails.

const relu = (name: string) => layer('Activation', { name, activation: 'relu' });
const refuses = (description: unknown, why: RegExp) =>
  expect(fromKeras(kerasFile(description))).rejects.toThrow(
    expect.toSatisfy((error: Error) => error instanceof FormatError && why.test(error.message)) as never,
  );

/** A model of the one before, twice over. */
function doubled(levels: number, first: LayerJson): LayerJson {
  let inner = first;
  for (let n = 0; n < levels; n++) {
    const twice = called({ ...inner, config: { ...inner.config, name: 'k' } }, [['input', 0, 0]], [['k', 1, 0]]);
    inner = graph([called(input(3)), twice], [['k', 2, 0]]);
  }
  return inner;
}

describe('small descriptions of endless models', () => {
  it('refuses models in models, each twice', async () => {
    await refuses(doubled(40, graph([called(input(3))], [['input', 0, 0]])), /500000 steps/);
    await refuses(
      doubled(40, graph([called(input(3)), called(relu('a'), [['input', 0, 0]])], [['a', 0, 0]])),
      /500000 steps/,
    );
  });

  it('builds models in models as long as they are few', async () => {
    const model = await fromKeras(
      kerasFile(doubled(4, graph([called(input(3)), called(relu('a'), [['input', 0, 0]])], [['a', 0, 0]]))),
    );
    expect(model.predict([[-1, 0, 2]]).toArraySync()).toEqual([[0, 0, 2]]);
  });

  it('takes many inputs and outputs apart', async () => {
    const sum = (count: number) => {
      const inputs = Array.from({ length: count }, () => ['input', 0, 0] as const);
      return graph([called(input(3)), called(layer('Add', { name: 'a' }), inputs)], [['a', 0, 0]]);
    };
    const model = await fromKeras(kerasFile(sum(2000)));
    expect(model.predict([[1, 0, 2]]).toArraySync()).toEqual([[2000, 0, 4000]]);
    await refuses(sum(200_000), /'a' is given 200000 inputs; 10000 are the most/);
    const same = Array.from({ length: 20_000 }, () => ['a', 0, 0] as const);
    const wide = await fromKeras(kerasFile(graph([called(input(3)), called(relu('a'), [['input', 0, 0]])], same)));
    expect(new Set(wide.outputNames).size).toBe(20_000);
  });

  it('refuses calls of a thousand outputs each', async () => {
    const calls = Array.from(
      { length: 1000 },
      (_, i) => [i === 0 ? ['input', 0, 0] : ['a', i - 1, i % 2 ? 999 : 0]] as never,
    );
    await refuses(graph([called(input(3)), called(relu('a'), ...calls)], [['a', 999, 999]]), /500000 steps/);
  });

  it('tells names apart that are alike here', async () => {
    const alike = (i: number) => Array.from({ length: 12 }, (_, b) => ((i >> b) & 1 ? '/' : '_')).join('');
    const model = await fromKeras(
      kerasFile(sequence(input(3), ...Array.from({ length: 4000 }, (_, i) => relu(alike(i))))),
    );
    expect(new Set(model.layerNames).size).toBe(4000);
  });

  it('refuses names of any length, and layers of any number', async () => {
    await refuses(sequence(input(3), relu('n'.repeat(1001))), /name of layer 1 has 1001 characters/);
    const inner = (n: number) =>
      layer('Sequential', { name: `m${n}`, layers: Array.from({ length: 10_001 }, (_, i) => relu(`a${i}`)) });
    await refuses(sequence(input(3), inner(0), inner(1)), /more than 20000 layers/);
  });

  it('refuses JSON of many values, or of many characters', async () => {
    await refuses(
      `{"class_name": "Sequential", "config": {"layers": [${'0,'.repeat(5_000_001)}0]}}`,
      /more than 5000000 values/,
    );
    await refuses(' '.repeat(40 << 20), /'config.json' claims 41943040 bytes/);
  });

  it.each([
    [
      'ZeroPadding2D',
      {
        padding: [
          [1e15, 0],
          [0, 0],
        ],
      },
    ],
    ['UpSampling2D', { size: [2 ** 40, 2 ** 40] }],
    ['Resizing', { height: 2 ** 50, width: 2 ** 50 }],
    ['Embedding', { input_dim: 2 ** 30, output_dim: 2 ** 30 }],
    ['MultiHeadAttention', { num_heads: 2 ** 30, key_dim: 2 ** 30 }],
  ])('refuses a gigantic %s', async (className, config) => {
    await refuses(sequence(input(8, 8, 3), layer(className, config)), /more than can be kept/);
  });

  it.each([
    ['Reshape', { target_shape: [-1, -1] }],
    ['Reshape', { target_shape: [-2, -3, 32] }],
    ['Permute', { dims: [1, 1, 1] }],
    ['Conv2D', { filters: -2, kernel_size: 3 }],
    ['Conv2D', { filters: 2, kernel_size: [[1]] }],
    ['Conv2D', { filters: 2, kernel_size: 3, strides: 0 }],
    [
      'Cropping2D',
      {
        cropping: [
          [2 ** 40, 0],
          [0, 0],
        ],
      },
    ],
    ['ZeroPadding2D', { padding: -3 }],
    ['Conv1D', { filters: 2, kernel_size: 3 }],
    ['BatchNormalization', { axis: { a: 1 } }],
    ['Dense', { units: 2, kernel_regularizer: { class_name: 'constructor', config: {} } }],
    ['Dense', { units: 2, kernel_initializer: { class_name: 'Constant', config: { __proto__: null, value: {} } } }],
    ['Activation', { activation: { class_name: '__proto__', config: {} } }],
    ['Activation', { activation: 'toString' }],
    ['Dot', { axes: 'x' }],
    ['TimeDistributed', { layer: 5 }],
    ['Bidirectional', { layer: { class_name: 'Bidirectional', config: {} } }],
  ])('refuses a %s of %j', async (className, config) => {
    await refuses(sequence(input(8, 8, 3), layer(className, config)), new RegExp(className, 'i'));
  });

  it('refuses numbers beyond all numbers', async () => {
    const json = JSON.stringify(sequence(input(3), layer('Dense', { units: 777 })));
    for (const size of ['1e999', '-1e999', '0.5', 'null']) await refuses(json.replace('777', size), /units/);
    for (const size of ['1e999', '-4', '0', '0.5', '1e15', '[]'])
      await refuses(json.replace('[null,3]', `[null,${size}]`), /shape of the input/);
  });
});

describe('what files say of training', () => {
  const model = sequence(input(3), relu('d'));
  it.each<object>([
    { optimizer: 'constructor', loss: 'mse' },
    { optimizer: { class_name: '__proto__', config: { __proto__: 1 } }, loss: 'mse' },
    {
      optimizer: {
        class_name: 'Adam',
        config: { learning_rate: { class_name: 'ExponentialDecay', config: { decay_steps: {} } } },
      },
      loss: 'mse',
    },
    {
      optimizer: {
        class_name: 'Adam',
        config: { learning_rate: { class_name: 'PiecewiseConstantDecay', config: { boundaries: 5 } } },
      },
      loss: 'mse',
    },
    { optimizer: 'adam', loss: 'constructor' },
    { optimizer: 'adam', loss: [['mse'], { a: { b: {} } }] },
    { optimizer: 'adam', loss: { d: 'mse', toString: 'mse' } },
    {
      optimizer: { class_name: 'SGD', config: { learning_rate: -1 } },
      loss: { class_name: 'Huber', config: { delta: 'x' } },
    },
  ])('is left alone where it makes no sense: %j', async (training) => {
    const read = await fromKeras(kerasFile({ ...model, compile_config: training }));
    expect(read.compileOptions).toBe(null);
  });

  it('does without metrics that make no sense', async () => {
    const training = { optimizer: 'adam', loss: 'mse', metrics: ['__proto__', 'constructor', null, [[['x']]]] };
    const read = await fromKeras(kerasFile({ ...model, compile_config: training }));
    expect(read.compileOptions).toMatchObject({ loss: { name: 'meanSquaredError' }, metrics: [] });
  });
});

describe('small HDF5 files that never end', () => {
  const dense = sequence(input(3), layer('Dense', { name: 'd', units: 2 }));

  it.each([1, 2, 3, 8])('refuses a group that holds itself %i times', async (times) => {
    const bytes = await hdf5((f) => {
      for (const path of ['layers', 'layers/dense', 'layers/dense/vars']) f.create_group(path);
      for (let i = 0; i < times; i++) link(f, '/layers/dense', `/layers/dense/l${i}`);
    });
    await expect(fromKeras(kerasFile(dense, bytes))).rejects.toThrow(FormatError);
  });

  it('refuses layers without number that are all the same', async () => {
    const bytes = await hdf5((f) => {
      f.create_attribute('model_config', JSON.stringify(dense));
      const weights = f.create_group('model_weights');
      const layers = Array.from({ length: 500 }, (_, i) => `l${i}`);
      texts(weights, 'layer_names', layers);
      const first = weights.create_group('l0');
      texts(
        first,
        'weight_names',
        Array.from({ length: 500 }, () => 'w'),
      );
      for (const name of layers.slice(1)) link(f, '/model_weights/l0', `/model_weights/${name}`);
    });
    await expect(fromKeras(bytes)).rejects.toThrow(/more than 100000 weights/);
  });

  it('refuses names in parts without number', async () => {
    const bytes = await hdf5((f) => {
      f.create_attribute('model_config', JSON.stringify(dense));
      const weights = f.create_group('model_weights');
      for (let i = 0; i < 1000; i++) texts(weights, `layer_names${i}`, [`n${i}`]);
    });
    await expect(fromKeras(bytes)).rejects.toThrow(/more than 1000 parts/);
  });

  it('reads names of several lines', async () => {
    const bytes = await hdf5((f) => {
      f.create_group('layers');
      f.create_group('layers/dense\nx');
    });
    await expect(fromKeras(kerasFile(dense, bytes))).rejects.toThrow(/Dense 'd': the file has no weights for it/);
  });

  it('refuses chunks that are larger than their array', async () => {
    const bytes = await hdf5((f) => {
      for (const path of ['layers', 'layers/dense']) f.create_group(path);
      const vars = f.create_group('layers/dense/vars');
      const chunked = { shape: [3, 2], maxshape: [null, null], chunks: [3, 1 << 18], compression: 'gzip' as const };
      vars.create_dataset({ name: '0', data: new Float32Array(6), ...chunked, compression_opts: 1 });
      vars.create_dataset({ name: '1', data: new Float32Array(2), shape: [2] });
    });
    await expect(fromKeras(kerasFile(dense, bytes), { maxBytes: 1 << 20 })).rejects.toThrow(/unpack to more than/);
  });
});

describe('zips', () => {
  it('refuses a zip64 that claims to hold four thousand million files', async () => {
    const whole = kerasFile(sequence(input(3), relu('d')));
    const end = whole.length - 22;
    const bytes = new Uint8Array(whole.length + 76);
    bytes.set(whole.subarray(0, end));
    bytes.set(whole.subarray(end), end + 76);
    const view = new DataView(bytes.buffer);
    view.setUint32(end, 0x06064b50, true);
    view.setUint32(end + 32, 0xffffffff, true);
    view.setUint32(end + 56, 0x07064b50, true);
    view.setUint32(end + 64, end, true);
    await expect(fromKeras(bytes)).rejects.toThrow(/zip64/);
  });
});

describe('small descriptions of TensorFlow.js that take much', () => {
  const specs = [
    { name: 'd/kernel', shape: [1, 1], dtype: 'float32' },
    { name: 'd/bias', shape: [1], dtype: 'float32' },
  ];
  const files = (weightsManifest: unknown, bytes = 8) => ({
    'model.json': strToU8(
      JSON.stringify({
        modelTopology: sequence(layer('Dense', { name: 'd', units: 1, batch_input_shape: [null, 1] })),
        weightsManifest,
      }),
    ),
    'w.bin': new Uint8Array(bytes),
  });
  const rest = (bytes: number) => ({ name: 'rest', shape: [bytes], dtype: 'uint8' });

  it('refuses a file that is named twice, however it is written', async () => {
    for (const name of ['w.bin', './w.bin', './/w.bin', 'other/w.bin']) {
      const group = { paths: ['w.bin', name], weights: [...specs, rest(8)] };
      await expect(fromTFJS(files([group]))).rejects.toThrow(/'w.bin' twice/);
      const second = { paths: [name], weights: [rest(8)] };
      await expect(fromTFJS(files([{ paths: ['w.bin'], weights: specs }, second]))).rejects.toThrow(/'w.bin' twice/);
    }
  });

  it('refuses names of any length, and weights of any number', async () => {
    const long = { ...rest(1 << 16), name: `${'/'.repeat(1 << 16)}x` };
    await expect(fromTFJS(files([{ paths: ['w.bin'], weights: [...specs, long] }]))).rejects.toThrow(/1000 characters/);
    const many = Array.from({ length: 200_001 }, (_, i) => ({ ...rest(0), name: `w${i}` }));
    await expect(fromTFJS(files([{ paths: ['w.bin'], weights: many }]))).rejects.toThrow(/more than 200000/);
  });
});
