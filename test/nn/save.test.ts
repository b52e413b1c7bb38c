import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { prune, quantize } from '../../src/compress/index';
import { FormatError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { crc32 } from '../../src/data/checksum';
import { encodeSafetensors } from '../../src/data/safetensors';
import { memory, scope, type Tensor, tensor } from '../../src/index';
import { saveSafetensors } from '../../src/io/index';
import {
  batchNorm,
  binaryCrossentropy,
  conv2d,
  dense,
  flatten,
  loadModel,
  maxPool2d,
  type Sequential,
  sequential,
} from '../../src/nn/index';
import { adam, cosine, sgd } from '../../src/optim/index';
import { settled } from '../setup/collect';

const rng = new Rng('save');
const images = tensor(
  Float32Array.from({ length: 6 * 36 }, () => rng.gaussian()),
  { shape: [6, 6, 6, 1] },
);

function net(): Sequential {
  const m = sequential(
    [
      conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu', kernelRegularizer: 'l2' }),
      batchNorm(),
      maxPool2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 4, activation: 'softmax', name: 'classes' }),
    ],
    { inputShape: [6, 6, 1], seed: 4 },
  );
  m.compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return m;
}

async function trained(): Promise<Sequential> {
  const m = net();
  await m.fit(images, [0, 1, 2, 3, 0, 1], { epochs: 2, batchSize: 2, verbose: 0 });
  return m;
}

const outputs = (m: Sequential): number[] => scope(() => Array.from(m.predict(images).dataSync()));

describe('a model file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kompakt-save-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('gives back a float model: predictions, names, config, compile options', async () => {
    const m = await trained();
    const path = join(folder, 'float.safetensors');
    await m.save(path);
    const loaded = await loadModel(path);
    expect(outputs(loaded)).toEqual(outputs(m));
    expect(loaded.layerNames).toEqual(m.layerNames);
    expect(loaded.layers.map((l) => [l.kind, l.name, l.config])).toEqual(
      m.layers.map((l) => [l.kind, l.name, l.config]),
    );
    expect(loaded.seed).toBe(4);
    expect(loaded.compileOptions).toEqual({
      optimizer: { name: 'adam', learningRate: 0.02 },
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
      weightedMetrics: [],
    });
    expect(await loaded.evaluate(images, [0, 1, 2, 3, 0, 1])).toEqual(await m.evaluate(images, [0, 1, 2, 3, 0, 1]));
    expect(await loaded.toBytes()).toEqual(await m.toBytes());
    expect(await readdir(folder)).toEqual(['float.safetensors']);
  });

  it('gives back a pruned model with its masks, at a bit per weight', async () => {
    const m = await prune({ sparsity: 0.7 })(await trained());
    const loaded = await loadModel(await m.toBytes());
    expect(outputs(loaded)).toEqual(outputs(m));
    expect([...loaded.masks].map(([path, t]) => [path, t.dtype, t.toArraySync()])).toEqual(
      [...m.masks].map(([path, t]) => [path, t.dtype, t.toArraySync()]),
    );
    const bare = await loaded.toBytes();
    expect(bare.length - (await (await trained()).toBytes()).length).toBeLessThan(300);
    await loaded.fit(images, [0, 1, 2, 3, 0, 1], { verbose: 0 });
    const zeros = (x: Sequential) => x.getWeights().map((t) => t.dataSync().filter((w: number) => w === 0).length);
    expect(zeros(loaded)[0]).toBeGreaterThanOrEqual(zeros(m)[0]!);
  });

  it('gives back an int8 model to the last bit', async () => {
    const m = await quantize({ calibration: images })(await trained());
    const loaded = await loadModel(await m.toBytes());
    expect(outputs(loaded)).toEqual(outputs(m));
    expect(loaded.getWeights().map((t) => t.dtype)).toContain('int8');
  });

  it('can be read from bytes, a Blob, a URL, onto any backend', async () => {
    const m = net();
    const bytes = await m.toBytes();
    const path = join(folder, 'forms.safetensors');
    await m.save(pathToFileURL(path));
    const sources = [
      bytes,
      bytes.slice().buffer as ArrayBuffer,
      new Blob([bytes as Uint8Array<ArrayBuffer>]),
      pathToFileURL(path),
      `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`,
    ];
    for (const source of sources) expect(outputs(await loadModel(source))).toEqual(outputs(m));
    const backend = reference();
    expect((await loadModel(bytes, { backend })).weights.every((w) => w.value.backend === backend)).toBe(true);
    await expect(loadModel(3 as never)).rejects.toThrow(/expected a path/);
    await expect(loadModel(join(folder, 'nowhere'))).rejects.toThrow(/ENOENT/);
  });

  it('can be written to functions and streams', async () => {
    const m = net();
    const got: Uint8Array[] = [];
    await m.save((bytes) => got.push(bytes));
    await m.save({ write: (bytes: Uint8Array) => got.push(bytes) });
    await m.save(new WritableStream<Uint8Array>({ write: (bytes) => void got.push(bytes) }));
    const bytes = await m.toBytes();
    expect(got).toEqual([bytes, bytes, bytes]);
    await expect(m.save(3 as never)).rejects.toThrow(/expected a path/);
    await expect(m.save(() => Promise.reject(new Error('full')))).rejects.toThrow('full');
  });

  it('keeps the old one, and leaves nothing behind, when writing fails', async () => {
    const m = net();
    const place = await mkdtemp(join(folder, 'atomic-'));
    await writeFile(join(place, 'model'), 'old');
    await mkdir(join(place, 'taken', 'full'), { recursive: true });
    await expect(m.save(join(place, 'taken'))).rejects.toThrow();
    await expect(m.save(join(place, 'model', 'below'))).rejects.toThrow();
    expect((await readdir(place)).sort()).toEqual(['model', 'taken']);
    expect(await readFile(join(place, 'model'), 'utf8')).toBe('old');
    await m.save(join(place, 'model'));
    expect(outputs(await loadModel(join(place, 'model')))).toEqual(outputs(m));
  });

  it('leaves compile options out where a function stands among them', async () => {
    const m = net();
    const reload = async () => (await loadModel(await m.toBytes())).compileOptions;
    m.compile({ optimizer: 'sgd', loss: (_t: Tensor, p: Tensor) => p });
    expect(await reload()).toBeNull();
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [() => 1] });
    expect(await reload()).toBeNull();
    m.compile({
      optimizer: sgd({ learningRate: cosine({ initialLearningRate: 1, decaySteps: 3 }) }),
      loss: 'meanSquaredError',
    });
    expect(await reload()).toBeNull();
    m.compile({ optimizer: sgd({ momentum: 0.5 }), loss: binaryCrossentropy({ labelSmoothing: 0.1 }) });
    expect(await reload()).toMatchObject({
      optimizer: { name: 'sgd', momentum: 0.5 },
      loss: { name: 'binaryCrossentropy', labelSmoothing: 0.1 },
    });
  });

  it('is refused when it is foreign', async () => {
    await expect(loadModel(new Uint8Array(0))).rejects.toThrow(FormatError);
    await expect(loadModel(new TextEncoder().encode('PK\x03\x04 not a model at all'))).rejects.toThrow(FormatError);
    await expect(loadModel(saveSafetensors({ w: [1] }))).rejects.toThrow(/not a kompakt model/);
    await expect(loadModel(saveSafetensors({}, { metadata: { format: 'pt' } }))).rejects.toThrow(FormatError);
    const m = sequential([dense({ units: 1 })]);
    await expect(m.save('x')).rejects.toThrow(/input shape is unknown/);
  });

  /** A file with this topology and these tensors, its checksum right. */
  function forged(topology: unknown, tensors: Record<string, number[]> = {}, version = '1'): Uint8Array {
    const text = JSON.stringify(topology);
    const host = new Map(
      Object.entries(tensors).map(([name, v]) => [
        name,
        { dtype: 'float32', shape: [v.length], data: Float32Array.from(v) } as const,
      ]),
    );
    let crc = crc32(new TextEncoder().encode(text));
    for (const [name, { dtype, shape, data }] of [...host].sort()) {
      crc = crc32(new TextEncoder().encode(`${name}|${dtype}|${shape.join()}`), crc);
      crc = crc32(new Uint8Array(data.buffer), crc);
    }
    return encodeSafetensors(host, {
      format: 'kompakt',
      version,
      model: text,
      checksum: crc.toString(16).padStart(8, '0'),
    });
  }
  const layer = (extra: object = {}) => ({
    name: 'a',
    kind: 'flatten',
    givenName: null,
    config: {},
    params: [],
    state: [],
    ...extra,
  });
  const topology = (extra: object = {}) => ({
    inputShape: [2],
    layers: [layer()],
    masks: [],
    compile: null,
    seed: null,
    ...extra,
  });

  it('is accepted when it is whole, however it was made', async () => {
    expect((await loadModel(forged(topology()))).layerNames).toEqual(['a']);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['of a later version', forged(topology(), {}, '3'), /version '3'/],
    ['that is no object', forged([]), /not a JSON object/],
    ['without input shape', forged(topology({ inputShape: [-1] })), /inputShape/],
    ['without layers', forged(topology({ layers: [] })), /no layers/],
    ['with a layer of an unknown kind', forged(topology({ layers: [layer({ kind: 'toString' })] })), /toString/],
    [
      'with a layer of wrong options',
      forged(topology({ layers: [layer({ kind: 'dense', config: { units: -1 } })] })),
      /units/,
    ],
    [
      'with weights that are missing',
      forged(topology({ layers: [layer({ params: ['kernel'] })] })),
      /'a\/kernel' is missing/,
    ],
    [
      'with weights that lack',
      forged(topology({ layers: [layer({ kind: 'dense', config: { units: 1 } })] })),
      /should have weights \[kernel, bias\]/,
    ],
    [
      'with weights of another shape',
      forged(
        topology({ layers: [layer({ kind: 'dense', config: { units: 1, useBias: false }, params: ['kernel'] })] }),
        { 'a/kernel': [1, 2] },
      ),
      /should be float32 \[2, 1\]/,
    ],
    ['with weights too many', forged(topology(), { 'b/kernel': [1] }), /belong to no layer: b\/kernel/],
    ['with a mask for nothing', forged(topology({ masks: ['a/kernel'] })), /mask for 'a\/kernel'/],
    ['with names given twice', forged(topology({ layers: [layer(), layer()] })), /named 'a'/],
    [
      'with an optimiser it does not know',
      forged(topology({ compile: { optimizer: 'x', loss: 'hinge', metrics: [], weightedMetrics: [] } })),
      /can't be built/,
    ],
    [
      'with layers that do not fit',
      forged(topology({ layers: [layer({ kind: 'maxPool2d', config: { poolSize: 2 } })] })),
      /can't be built/,
    ],
  ])('is refused %s', async (_, bytes, message) => {
    await expect(loadModel(bytes)).rejects.toThrow(FormatError);
    await expect(loadModel(bytes)).rejects.toThrow(message);
  });
});

describe('a damaged model file', () => {
  it('is refused, or is the same model: never another, never a part', async () => {
    const m = await prune({ sparsity: 0.5 })(net());
    const bytes = await m.toBytes();
    const expected = outputs(m);
    await settled();
    const before = memory().tensors;
    const refusedOrSame = async (damaged: Uint8Array) => {
      let loaded: Sequential;
      try {
        loaded = await loadModel(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        return;
      }
      expect(outputs(loaded)).toEqual(expected);
      expect(loaded.layers.map((l) => l.config)).toEqual(m.layers.map((l) => l.config));
      loaded.dispose();
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), (n) => refusedOrSame(bytes.slice(0, n))),
      { numRuns: 100 },
    );
    const flip = fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) });
    const flipped = (flips: { at: number; bit: number }[]) => {
      const damaged = bytes.slice();
      for (const { at, bit } of flips) damaged[at]! ^= 1 << bit;
      return refusedOrSame(damaged);
    };
    await fc.assert(fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), flipped), { numRuns: 300 });
    // Every byte of the header once: that is where a change could go unseen.
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (let at = 0; at < header; at++) await flipped([{ at, bit: at % 7 }]);
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), refusedOrSame), { numRuns: 200 });
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });
});
