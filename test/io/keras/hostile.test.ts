import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { FormatError, KompaktError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import { fromKeras, fromTFJS } from '../../../src/io/index';

const folder = new URL('../../fixtures/io/keras/', import.meta.url);
const file = (name: string): Uint8Array => new Uint8Array(gunzipSync(readFileSync(new URL(`${name}.gz`, folder))));
const zipped = unzipSync(file('transfer.keras'));
const config = JSON.parse(new TextDecoder().decode(zipped['config.json']));
const weights = zipped['model.weights.h5']!;

/** A `.keras` file with another description. */
const withConfig = (description: unknown): Uint8Array =>
  zipSync({
    'metadata.json': zipped['metadata.json']!,
    'config.json': strToU8(typeof description === 'string' ? description : JSON.stringify(description)),
    'model.weights.h5': weights,
  });

const layer = (className: string, own: object): object => ({ class_name: className, config: { name: 'x', ...own } });
const sequence = (...layers: object[]): object => ({ class_name: 'Sequential', config: { name: 's', layers } });
const first = layer('InputLayer', { batch_shape: [null, 3], name: 'input' });

describe('hostile files of Keras', () => {
  it.each([
    ['nothing', new Uint8Array()],
    ['one byte', Uint8Array.of(0x50)],
    ['text', strToU8('keras')],
    ['an empty zip', zipSync({})],
    ['a zip without weights', zipSync({ 'config.json': strToU8('{}') })],
    ['a description that is no JSON', withConfig('{"class_name": ')],
    ['a description that is a list', withConfig([])],
    ['an unknown class of model', withConfig({ class_name: 'Magic', config: {} })],
    ['a model without layers', withConfig({ class_name: 'Sequential', config: {} })],
    ['layers that are none', withConfig(sequence(5 as never))],
    ['an unknown layer', withConfig(sequence(first, layer('Teleport', {})))],
    ['a layer called like what all objects have', withConfig(sequence(first, layer('constructor', {})))],
    ['a prototype as a layer', withConfig(sequence(first, layer('__proto__', {})))],
    ['a gigantic layer', withConfig(sequence(first, layer('Dense', { units: 2 ** 40 })))],
    [
      'a gigantic input',
      withConfig(
        sequence(layer('InputLayer', { batch_shape: [null, 2 ** 31, 2 ** 31] }), layer('Dense', { units: 2 })),
      ),
    ],
    ['a negative size', withConfig(sequence(first, layer('Dense', { units: -1 })))],
    ['a size that is text', withConfig(sequence(first, layer('Dense', { units: 'many' })))],
    ['an unknown activation', withConfig(sequence(first, layer('Dense', { units: 2, activation: '__proto__' })))],
    ['deep nesting', withConfig('['.repeat(100_000) + ']'.repeat(100_000))],
    [
      'a cycle',
      withConfig({
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
    await fromKeras(withConfig(trap)).catch(() => {});
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it.each(['transfer.h5', 'transfer.keras'])('refuses %s cut off anywhere', async (name) => {
    const whole = file(name);
    for (let share = 0; share < 1; share += 0.06)
      await expect(fromKeras(whole.slice(0, Math.floor(share * whole.length)))).rejects.toThrow(KompaktError);
  });

  it.each(['transfer.h5', 'transfer.keras'])(
    'reads %s with bytes changed, or refuses it, and reads on',
    async (name) => {
      const whole = file(name);
      const rng = new Rng(name);
      for (let round = 0; round < 120; round++) {
        const changed = whole.slice();
        // Descriptions lie anywhere: half of the changes are to bytes that are text.
        for (let n = 1 + rng.integer(4); n > 0; n--) changed[rng.integer(changed.length)] = rng.integer(256);
        await fromKeras(changed).then(
          (model) => model.dispose(),
          (error) => expect(error, `round ${round}: ${(error as Error).stack}`).toBeInstanceOf(KompaktError),
        );
      }
      (await fromKeras(whole)).dispose();
    },
    60_000,
  );
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
