// Trains a small network through gpu.js: `npm install gpu.js@~2.24 --ignore-scripts`, then `node docs/examples/gpujs.mjs`.
// In a browser the same code runs on the GPU.
import gpuJs from 'gpu.js';
import { gpujs } from 'kompakt/backends/gpujs';
import { dense, sequential } from 'kompakt/nn';

const backend = await gpujs(gpuJs);
const x = Array.from({ length: 64 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const y = x.map(([a, b]) => [a * b]);

const model = sequential([dense({ units: 16, activation: 'tanh' }), dense({ units: 1 })], {
  inputShape: [2],
  seed: 1,
  backend,
});
model.compile({ optimizer: { name: 'adam', learningRate: 0.02 }, loss: 'meanSquaredError' });
const { history } = await model.fit(x, y, { epochs: 60, batchSize: 16, verbose: 0 });
console.log(`mode ${backend.mode}: loss ${history.loss[0].toFixed(4)} → ${history.loss.at(-1).toFixed(4)}`);
