import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DisposedError, FormatError, ones, ShapeError } from 'kompakt';
import { loadSafetensors, saveSafetensors } from 'kompakt/io';
import { dense, loadModel, type Sequential, sequential } from 'kompakt/nn';
import { load } from 'kompakt/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { js, loose, type Refusal, refuses } from './refusals';

const folder = mkdtempSync(join(tmpdir(), 'kompakt-'));
afterAll(() => rmSync(folder, { recursive: true }));

const model = (): Sequential => sequential([dense({ units: 3 })], { inputShape: [4], seed: 1 });
const nowhere = join(folder, 'missing', 'model.safetensors');

function disposed() {
  const x = ones([2]);
  x.dispose();
  return x;
}

async function damaged(change: (bytes: Uint8Array) => Uint8Array): Promise<Uint8Array> {
  return change((await model().toBytes()).slice());
}

const flipLast = (bytes: Uint8Array): Uint8Array => {
  bytes[bytes.length - 3]! ^= 1;
  return bytes;
};

describe('files: refused are', () => {
  const rows: Refusal[] = [
    ['paths to nothing', () => loadModel(nowhere), ConfigError, /can't read '.*model\.safetensors'.*ENOENT/],
    ['folders', () => loadModel(folder), ConfigError, /folder/],
    ['addresses nobody answers at', () => loadModel('http://127.0.0.1:9/x'), FormatError, /127\.0\.0\.1:9.*network/],
    ['nothing', () => loose(loadModel)(), ConfigError, /got undefined/],
    ['arrays', () => loadModel(js([1, 2])), ConfigError, /bytes or a Blob/],
    ['no bytes', () => loadModel(new Uint8Array(0)), FormatError, /0 bytes/],
    [
      'other formats',
      () => loadModel(new TextEncoder().encode('hello world, no model')),
      FormatError,
      /not a safetensors/,
    ],
    ['tensors that are no model', () => loadModel(saveSafetensors({ a: ones([2]) })), FormatError, /loadSafetensors/],
    ['cut files', async () => loadModel(await damaged((b) => b.slice(0, 300))), FormatError, /truncated/],
    ['changed files', async () => loadModel(await damaged(flipLast)), FormatError, /checksum/],
    ['saving to nowhere', () => model().save(nowhere), ConfigError, /can't write '.*'.*ENOENT/],
    ['saving over a folder', () => model().save(folder), ConfigError, /can't write.*folder|EISDIR|not empty/],
    ['saving without a target', () => loose(model().save.bind(model()))(), ConfigError, /expected a path/],
    ['models without weights', () => sequential([dense({ units: 1 })]).toBytes(), ConfigError, /inputShape/],
    ['tensors without names', () => saveSafetensors(js(ones([2]))), ConfigError, /by name/],
    [
      'target and tensors swapped',
      () => saveSafetensors(js('x.safetensors'), js({ a: ones([1]) })),
      ConfigError,
      /by name/,
    ],
    ['disposed tensors', () => saveSafetensors({ a: disposed() }), DisposedError, /disposed/],
    [
      'metadata of numbers',
      () => saveSafetensors({ a: ones([1]) }, { metadata: js({ n: 3 }) }),
      ConfigError,
      /'n' is a number/,
    ],
    ['unknown options', () => saveSafetensors({ a: ones([1]) }, js({ meta: {} })), ConfigError, /'meta'.*metadata/],
    ['junk for tensors', () => loadSafetensors(new Uint8Array(20)), FormatError, /safetensors/],
  ];
  refuses(rows);

  it('and nothing is left behind', async () => {
    await expect(model().save(folder)).rejects.toThrow(ConfigError);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`${folder.slice(tmpdir().length + 1)}.`))).toEqual(
      [],
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('with the file system’s own error as the cause', async () => {
    const error = await loadModel(nowhere).catch((e: unknown) => e);
    expect((error as Error).cause).toMatchObject({ code: 'ENOENT' });
  });
});

describe('the runtime refuses', () => {
  const loaded = async () => load(await model().toBytes());
  const rows: Refusal[] = [
    ['paths to nothing', () => load(nowhere), ConfigError, /load: can't read/],
    ['junk', () => load(new Uint8Array(10)), FormatError, /safetensors/],
    ['no values', async () => (await loaded()).predict(new Float32Array(0)), ShapeError, /0 values/],
    ['parts of inputs', async () => (await loaded()).predict(new Float32Array(5)), ShapeError, /5 values.*\[4\]/],
    ['other shapes', async () => (await loaded()).predict(ones([2, 5])), ShapeError, /\[batch, 4\].*\[2, 5\]/],
    ['null', async () => (await loaded()).predict(js(null)), ConfigError, /null/],
    ['disposed tensors', async () => (await loaded()).predict(disposed()), ShapeError, /\[2\]/],
    [
      'to predict once disposed',
      async () => {
        const runtime = await loaded();
        runtime.dispose();
        return runtime.predict(new Float32Array(4));
      },
      DisposedError,
      /disposed/,
    ],
  ];
  refuses(rows);
});
