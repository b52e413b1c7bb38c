import { matmul, transpose } from 'kompakt';
import { compare, type Entry } from '../compare';
import { noiseOf, ours, put } from '../ours';
import type { Part } from '../part';
import { available } from '../peers/load';
import { npArray, numpyTs, numpyTsEntry } from '../peers/numpy-ts';
import { TFJS_PACKAGES, tfjs, tfjsEntry } from '../peers/tfjs';
import type { Row } from '../results';

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const CASES: Case[] = [
  { m: 1, n: 1024, k: 1024 },
  { m: 1024, n: 1, k: 1024 },
  { m: 1, n: 1024, k: 1024, transposeB: true },
  { m: 8, n: 512, k: 784 },
  { m: 1024, n: 10, k: 512 },
  { m: 64, n: 64, k: 4096 },
  { m: 512, n: 512, k: 16 },
  { m: 512, n: 512, k: 512, transposeA: true },
  { m: 512, n: 512, k: 512, transposeB: true },
  { m: 512, n: 512, k: 512, transposeA: true, transposeB: true },
  { m: 511, n: 509, k: 503 },
];

/** Matrix products that are not square, or whose operands are transposed. */
export const gemmShapes: Part = {
  title: 'Matrix product, other shapes',
  about: 'C = A·B, float32, one thread: vectors, skinny and odd shapes, and operands that are transposed views (ᵀ).',
  packages: [...TFJS_PACKAGES, 'numpy-ts'],
  async run({ print }) {
    const tf = available(await tfjs('wasm'), print);
    const np = available(await numpyTs(), print);
    const rows: Row[] = [];
    for (const { m, n, k, transposeA = false, transposeB = false } of CASES) {
      const [a, b] = [noiseOf([m, k], 1), noiseOf([k, n], 2)];
      const [shapeA, shapeB] = [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]];
      const [x, y] = [put(a, shapeA), put(b, shapeB)];
      const [viewX, viewY] = [transposeA ? transpose(x) : x, transposeB ? transpose(y) : y];
      const entries: Entry[] = [ours(() => matmul(viewX, viewY))];
      const close: (() => void)[] = [];
      if (tf !== undefined) {
        const [p, q] = [tf.tensor(a, shapeA), tf.tensor(b, shapeB)];
        entries.push(tfjsEntry(() => tf.matMul(p, q, transposeA, transposeB)));
        close.push(() => [p, q].forEach((t) => t.dispose()));
      }
      if (np !== undefined) {
        const [p, q] = [npArray(np, a, shapeA), npArray(np, b, shapeB)];
        const [viewP, viewQ] = [transposeA ? p.T : p, transposeB ? q.T : q];
        entries.push(numpyTsEntry(() => np.matmul(viewP, viewQ)));
        close.push(() => [p, q].forEach((t) => t.dispose()));
      }
      const work = `${m} × ${n} × ${k}${transposeA ? ', Aᵀ' : ''}${transposeB ? ', Bᵀ' : ''}`;
      rows.push({
        work,
        flop: 2 * m * n * k,
        timings: await compare(work, entries, { rounds: transposeA || transposeB ? 7 : 25 }),
      });
      for (const f of close) f();
      for (const t of new Set([viewX, viewY, x, y])) t.dispose();
    }
    return rows;
  },
};
