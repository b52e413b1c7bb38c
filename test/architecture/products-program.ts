/**
 * A program that multiplies with the published package and says which sources of the WASM backend it has read: what
 * generates code only where the code is not ready-made, and threads only once they have started. It fails where a product
 * is wrong; numbers are small integers, so that every product is exact.
 */
export const PRODUCTS_PROGRAM = `
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { matmul, tensor } from 'kompakt';
import { wasm } from 'kompakt/backends/wasm';
const require = createRequire(import.meta.url);
const dist = new URL('./node_modules/kompakt/dist/', import.meta.url);

const isMaker = (source) => /^(assembler|threads.(crew|program)|tuner.emit-probe|gemm.(driver|micro|macro|pack$|emit-))/.test(source);
const makers = () =>
  Object.keys(require.cache)
    .filter((file) => file.includes('kompakt'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^.. src.backends.wasm.(.*)[.]ts$/gm)])
    .map(([, source]) => source)
    .filter(isMaker)
    .sort();

const numbers = (count, factor) => Float32Array.from({ length: count }, (_, i) => ((i * factor) % 7) - 3);
function multiply(m, n, k, backend, turned = false) {
  const [a, b] = [numbers(m * k, 5), numbers(k * n, 3)];
  const x = tensor(a, { shape: [m, k], backend });
  const y = tensor(b, { shape: turned ? [n, k] : [k, n], backend });
  const c = matmul(x, y, { transposeB: turned }).dataSync();
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p] * (turned ? b[j * k + p] : b[p * n + j]);
      if (c[i * n + j] !== sum) throw new Error([m, n, k, turned, i, j, c[i * n + j], sum].join());
    }
  }
}

const read = {};
multiply(256, 256, 256);
read.first = makers();
multiply(256, 256, 256);
read.second = makers();
for (const turned of [false, true]) {
  for (let r = 0; r < 6; r++) {
    for (const n of [96, 98, 102]) multiply(48 + r, n, 64, undefined, turned);
    for (const n of [520, 522, 526]) for (const m of [9 + r, 30 + r]) multiply(m, n, 60, undefined, turned);
    for (const n of [480, 482, 486]) multiply(9 + r, n, 64, undefined, turned);
  }
}
for (const [m, n, k] of [[16, 16, 16], [5, 7, 3], [3, 30, 9], [8, 1, 8], [1, 1, 1]]) multiply(m, n, k);
read.edges = makers();
for (const options of [{ threads: 1 }, { maximumBytes: 2 ** 28 }]) multiply(128, 128, 128, wasm(options));
read.memories = makers();
const threaded = wasm({ threads: 2 });
const square = tensor(numbers(16384, 5), { shape: [128, 128], backend: threaded });
for (let i = 0; i < 100; i++) matmul(square, square).dispose();
await new Promise((resolve) => setTimeout(resolve, 300));
for (let i = 0; i < 10; i++) multiply(128, 128, 128, threaded);
read.threads = makers();
await threaded.shutdown();
multiply(128, 128, 128, wasm({ deterministic: true }));
read.deterministic = makers();
const tables = Object.fromEntries(
  readdirSync(dist)
    .filter((file) => /^ready-made-/.test(file))
    .map((file) => [file, require(new URL(file, dist).pathname)]),
);
console.log(JSON.stringify({ read, tables }));
process.exit(0);
`;
