import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { FormatError, KompaktError } from '../../../src/core/errors';
import { fromKeras, fromTFJS } from '../../../src/io/index';
import { file, input, kerasFile, layer, sequence } from './files';

const zipped = unzipSync(file('transfer.keras'));
const config = JSON.parse(new TextDecoder().decode(zipped['config.json']));
const first = input(3);

describe('hostile files of Keras', () => {
  it.each([
    ['nothing', new Uint8Array()],
    ['one byte', Uint8Array.of(0x50)],
    ['text', strToU8('keras')],
    ['an empty zip', zipSync({})],
    ['a zip without weights', zipSync({ 'config.json': strToU8('{}') })],
    ['a description that is no JSON', kerasFile('{"class_name": ')],
    ['a description that is a list', kerasFile([])],
    ['an unknown class of model', kerasFile({ class_name: 'Magic', config: {} })],
    ['a model without layers', kerasFile({ class_name: 'Sequential', config: {} })],
    ['layers that are none', kerasFile(sequence(5 as never))],
    ['an unknown layer', kerasFile(sequence(first, layer('Teleport', {})))],
    ['a layer called like what all objects have', kerasFile(sequence(first, layer('constructor', {})))],
    ['a prototype as a layer', kerasFile(sequence(first, layer('__proto__', {})))],
    ['a gigantic layer', kerasFile(sequence(first, layer('Dense', { units: 2 ** 40 })))],
    [
      'a gigantic input',
      kerasFile(sequence(layer('InputLayer', { batch_shape: [null, 2 ** 31, 2 ** 31] }), layer('Dense', { units: 2 }))),
    ],
    ['a negative size', kerasFile(sequence(first, layer('Dense', { units: -1 })))],
    ['a size that is text', kerasFile(sequence(first, layer('Dense', { units: 'many' })))],
    ['an unknown activation', kerasFile(sequence(first, layer('Dense', { units: 2, activation: '__proto__' })))],
    ['deep nesting', kerasFile('['.repeat(100_000) + ']'.repeat(100_000))],
    [
      'a cycle',
      kerasFile({
        class_name: 'Functional',
        config: {
          name: 'f',
          layers: [
            { ...layer('Dense', { units: 2, name: 'a' }), name: 'a', inbound_nodes: [[['b', 0, 0, {}]]] },
            { ...layer('Dense', { units: 2, name: 'b' }), name: 'b', inbound_nodes: [[['a', 0, 0, {}]]] },
          ],
          input_layers: [['a', 0, 0]],
          output_layers: [['b', 0, 0]],
        },
      }),
    ],
  ])('refuses %s', async (_, bytes) => {
    await expect(fromKeras(bytes)).rejects.toThrow(KompaktError);
  });

  it('refuses a zip bomb before it is unpacked', async () => {
    const bomb = zipSync({ ...zipped, 'config.json': new Uint8Array(80 << 20) }, { level: 9 });
    expect(bomb.length).toBeLessThan(1 << 20);
    const before = process.memoryUsage().arrayBuffers;
    await expect(fromKeras(bomb)).rejects.toThrow(FormatError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 << 20);
  });

  it('leaves no trace on what all objects have', async () => {
    const trap = `{"__proto__": {"polluted": 1}, ${JSON.stringify(config).slice(1)}`;
    await fromKeras(kerasFile(trap)).catch(() => {});
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('hostile files of TensorFlow.js', () => {
  const layers = [{ class_name: 'Dense', config: { name: 'd', units: 1, batch_input_shape: [null, 1] } }];
  const topology = { class_name: 'Sequential', config: { name: 's', layers } };
  const specs = [
    { name: 'd/kernel', shape: [1, 1], dtype: 'float32' },
    { name: 'd/bias', shape: [1], dtype: 'float32' },
  ];
  const model = (changes: object = {}, groups: unknown = [{ paths: ['w.bin'], weights: specs }]) => ({
    'model.json': strToU8(
      JSON.stringify({ format: 'layers-model', modelTopology: topology, weightsManifest: groups, ...changes }),
    ),
    'w.bin': new Uint8Array(8),
  });

  it('reads the honest one', async () => {
    expect((await fromTFJS(model())).countParams()).toBe(2);
  });

  it.each([
    ['no files', {}],
    ['a description that is no JSON', { 'model.json': strToU8('{') }],
    ['a graph model', model({ format: 'graph-model' })],
    ['weights that are missing', { 'model.json': model()['model.json'] }],
    ['weights that are too short', { ...model(), 'w.bin': new Uint8Array(7) }],
    ['a way out of the folder', model({}, [{ paths: ['../../etc/passwd'], weights: specs }])],
    [
      'a gigantic weight',
      model({}, [{ paths: ['w.bin'], weights: [{ ...specs[0], shape: [2 ** 30, 2 ** 30] }, specs[1]] }]),
    ],
    ['an unknown type', model({}, [{ paths: ['w.bin'], weights: [{ ...specs[0], dtype: 'complex64' }, specs[1]] }])],
    ['a manifest that is none', model({}, 5)],
    [
      'weights that no layer has',
      model({}, [{ paths: ['w.bin'], weights: [{ ...specs[0], name: '__proto__' }, specs[1]] }]),
    ],
  ])('refuses %s', async (_, files) => {
    await expect(fromTFJS(files as never)).rejects.toThrow(KompaktError);
  });

  it.each([
    '../secret',
    '%2e%2e/secret',
    '.\t./secret',
    ' file:///etc/hostname',
    'fi\nle:///etc/hostname',
    '/etc/hostname',
  ])('fetches nothing beside its folder: %j', async (path) => {
    const json = JSON.stringify({ modelTopology: topology, weightsManifest: [{ paths: [path], weights: specs }] });
    const folder = mkdtempSync(join(tmpdir(), 'kompakt-'));
    writeFileSync(join(folder, 'model.json'), json);
    await expect(fromTFJS(pathToFileURL(join(folder, 'model.json')))).rejects.toThrow(/is not beside its model.json/);
    rmSync(folder, { recursive: true });
  });
});
