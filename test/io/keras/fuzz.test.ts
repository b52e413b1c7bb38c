import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { strFromU8, strToU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { KompaktError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import { fromKeras, fromTFJS, loadKerasWeights } from '../../../src/io/index';
import { gru, lstm } from '../../../src/nn/layers/index';
import { sequential } from '../../../src/nn/sequential';
import { file, kerasFile } from './files';

type Read = (bytes: Uint8Array) => Promise<unknown>;

const weightsInto: Read = async (bytes) => {
  const layers = [lstm({ units: 3, returnSequences: true }), gru({ units: 2 })];
  const model = sequential(layers, { inputShape: [6, 3] });
  await loadKerasWeights(model, bytes).finally(() => model.dispose());
};
const model: Read = async (bytes) => (await fromKeras(bytes)).dispose();
const shuffled = gunzipSync(readFileSync(new URL('../../fixtures/io/hdf5/shuffled.h5.gz', import.meta.url)));

const FILES: readonly (readonly [name: string, bytes: Uint8Array, read: Read])[] = [
  ['transfer.h5', file('transfer.h5'), model],
  ['transfer.keras', file('transfer.keras'), model],
  ['shuffled.h5', new Uint8Array(shuffled), model],
  ['stateful.weights.h5', file('stateful.weights.h5'), weightsInto],
];

/** Any outcome will do, but for errors that are no KompaktError. */
async function survives(work: Promise<unknown>, what: string): Promise<void> {
  await work.catch((error: Error) => expect(error, `${what}: ${error.stack}`).toBeInstanceOf(KompaktError));
}

describe('files that came to harm', () => {
  it.each(FILES)('refuses %s cut off anywhere', async (_, whole, read) => {
    for (let share = 0; share < 1; share += 0.09)
      await expect(read(whole.slice(0, Math.floor(share * whole.length)))).rejects.toThrow(KompaktError);
  });

  it.each(FILES)('reads %s with bytes changed, or refuses it, and reads on', async (name, whole, read) => {
    const rng = new Rng(name);
    for (let round = 0; round < 40; round++) {
      const changed = whole.slice();
      for (let n = 1 + rng.integer(4); n > 0; n--) changed[rng.integer(changed.length)] = rng.integer(256);
      await survives(read(changed), `round ${round}`);
    }
    (await fromKeras(file('transfer.h5'))).dispose();
  });
});

const STRANGE: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 3, 2 ** 31, 2 ** 53, -(2 ** 60), 1e308],
  ...['', 'x', '__proto__', 'constructor', 'relu', 'Dense', 'Functional', 'channels_first'],
  ...[[], [[]], [null], [-1], [0, 0], [2 ** 40, 2 ** 40], [['x', 0, 0]], ['x', 0, 0]],
  ...[{}, { class_name: 'Dense', config: {} }, { class_name: 'x' }, { class_name: '__keras_tensor__', config: {} }],
];

/** Changes one value somewhere within. */
function mutate(json: unknown, rng: Rng): void {
  const places: [holder: Record<string, unknown>, key: string][] = [];
  const visit = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const [key, value] of Object.entries(holder)) {
      places.push([holder as Record<string, unknown>, key]);
      visit(value);
    }
  };
  visit(json);
  const [holder, key] = places[rng.integer(places.length)]!;
  const choice = rng.integer(STRANGE.length + 2);
  // Parts of the description in the place of others are strange too.
  const [other, otherKey] = places[rng.integer(places.length)]!;
  if (choice === STRANGE.length) delete holder[key];
  else if (choice === STRANGE.length + 1) holder[key] = structuredClone(other[otherKey]);
  else holder[key] = STRANGE[choice];
}

describe('descriptions that came to harm', () => {
  it.each(['graph', 'recurrent', 'attention', 'images', 'lines', 'values', 'transfer', 'first'])(
    'reads %s with values changed, or refuses it',
    async (family) => {
      const whole = unzipSync(file(`${family}.keras`));
      const text = strFromU8(whole['config.json']!);
      const rng = new Rng(family);
      for (let round = 0; round < 25; round++) {
        const json: unknown = JSON.parse(text);
        mutate(json, rng);
        await survives(model(kerasFile(json, whole['model.weights.h5'])), `round ${round}`);
      }
    },
  );

  const layers = ['a', 'b'].map((name) => ({
    class_name: 'Dense',
    config: { name, units: 2, activation: 'relu', batch_input_shape: [null, 2] },
  }));
  const quantization = { dtype: 'uint8', scale: 0.1, min: -1, original_dtype: 'float32' };
  const description = {
    format: 'layers-model',
    modelTopology: {
      keras_version: '2.4.0',
      model_config: { class_name: 'Sequential', config: { name: 's', layers } },
    },
    trainingConfig: { optimizer_config: { class_name: 'Adam', config: { lr: 0.1 } }, loss: 'mse', metrics: ['acc'] },
    weightsManifest: [
      { paths: ['0.bin'], weights: [weight('a/kernel', [2, 2]), weight('a/bias', [2])] },
      { paths: ['1.bin', '2.bin'], weights: [{ ...weight('b/kernel', [2, 2]), quantization }, weight('b/bias', [2])] },
    ],
  };
  function weight(name: string, shape: number[]) {
    return { name, shape, dtype: 'float32' };
  }
  const files = (json: Uint8Array) => ({
    'model.json': json,
    '0.bin': new Uint8Array(24),
    '1.bin': new Uint8Array(3),
    '2.bin': new Uint8Array(9),
  });
  const tfjs: Read = async (json) => (await fromTFJS(files(json))).dispose();

  it('reads TensorFlow.js with values or bytes changed, or refuses it', async () => {
    await tfjs(strToU8(JSON.stringify(description)));
    const rng = new Rng('tfjs');
    for (let round = 0; round < 150; round++) {
      const json: unknown = structuredClone(description);
      if (round % 2 === 0) mutate(json, rng);
      const bytes = strToU8(JSON.stringify(json));
      if (round % 2 === 1) bytes[rng.integer(bytes.length)] = rng.integer(256);
      await survives(tfjs(bytes), `round ${round}`);
      await survives(tfjs(bytes.slice(0, rng.integer(bytes.length))), `round ${round}, cut off`);
    }
  });
});
