import { argSort, gather, max, maxPool2d, scatterAdd, scope, sum, type Tensor, topK, zeros } from 'kompakt';
import { compare, type Entry } from '../compare';
import { noiseOf, ours, put } from '../ours';
import type { Part } from '../part';
import { available } from '../peers/load';
import { type NpArray, type NumpyTs, npArray, numpyTs, numpyTsEntry } from '../peers/numpy-ts';
import { TFJS_PACKAGES, type Tfjs, type TfTensor, tfjs, tfjsEntry } from '../peers/tfjs';
import type { Row } from '../results';

interface Case {
  readonly work: string;
  readonly data: Float32Array;
  readonly shape: readonly number[];
  /** Rows of a table of so many, for what needs indices. */
  readonly indices?: Int32Array;
  ours(x: Tensor, indices: Tensor): Tensor;
  tf(tf: Tfjs, x: TfTensor, indices: TfTensor): TfTensor;
  np?(np: NumpyTs, x: NpArray): NpArray;
}

const ROWS = 20_000;
const LOOKUPS = 4096;
const WIDTH = 128;
const TABLE = [ROWS, WIDTH];
const SQUARE = [1000, 1000];

const lookups = Int32Array.from({ length: LOOKUPS }, (_, i) => (i * 7919) % ROWS);

/** No two alike, so that there is one order. */
function shuffled(n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => (i * 7919) % n);
}

const CASES: Case[] = [
  {
    work: `gather ${LOOKUPS} rows of ${ROWS}×${WIDTH}`,
    data: noiseOf(TABLE),
    shape: TABLE,
    indices: lookups,
    ours: (x, indices) => gather(x, indices),
    tf: (tf, x, indices) => tf.gather(x, indices),
  },
  {
    work: `scatter-add ${LOOKUPS}×${WIDTH} into ${ROWS} rows`,
    data: noiseOf([LOOKUPS, WIDTH]),
    shape: [LOOKUPS, WIDTH],
    indices: lookups,
    ours: (x, indices) => scope(() => scatterAdd(zeros(TABLE, { backend: x.backend }), indices, x)),
    tf: (tf, x, indices) => tf.tidy(() => tf.scatterND(tf.reshape(indices, [LOOKUPS, 1]), x, TABLE)),
  },
  {
    work: 'top 10 of 1000 rows of 1000',
    data: noiseOf(SQUARE),
    shape: SQUARE,
    ours: (x) => {
      const { values, indices } = topK(x, 10);
      indices.dispose();
      return values;
    },
    tf: (tf, x) => {
      const { values, indices } = tf.topk(x, 10);
      indices.dispose();
      return values;
    },
  },
  {
    work: 'argsort of 100,000',
    data: shuffled(100_000),
    shape: [100_000],
    ours: (x) => argSort(x),
    tf: (tf, x) => {
      const { values, indices } = tf.topk(x, 100_000);
      values.dispose();
      const ascending = tf.reverse(indices);
      indices.dispose();
      return ascending;
    },
    np: (np, x) => np.argsort(x),
  },
  {
    work: 'sum of 1000 rows of 1000',
    data: noiseOf(SQUARE),
    shape: SQUARE,
    ours: (x) => sum(x, { axis: 1 }),
    tf: (tf, x) => tf.sum(x, 1),
    np: (np, x) => np.sum(x, 1, false),
  },
  {
    work: 'sum of 1000 columns of 1000',
    data: noiseOf(SQUARE),
    shape: SQUARE,
    ours: (x) => sum(x, { axis: 0 }),
    tf: (tf, x) => tf.sum(x, 0),
    np: (np, x) => np.sum(x, 0, false),
  },
  {
    work: 'max of 1000 rows of 1000',
    data: noiseOf(SQUARE),
    shape: SQUARE,
    ours: (x) => max(x, { axis: 1 }),
    tf: (tf, x) => tf.max(x, 1),
    np: (np, x) => np.max(x, 1, false),
  },
  {
    work: 'max pool 2×2 of 32×28×28×32',
    data: noiseOf([32, 28, 28, 32]),
    shape: [32, 28, 28, 32],
    ours: (x) => maxPool2d(x, 2),
    tf: (tf, x) => tf.maxPool(x, 2, 2, 'valid'),
  },
];

/** What picks, orders and gathers. */
export const indexing: Part = {
  title: 'Reduce, index, sort, pool',
  about:
    'float32, one thread; scatter-add is the gradient of an embedding. tfjs has no argsort: it sorts by its top-k of all, ' +
    'reversed.',
  packages: [...TFJS_PACKAGES, 'numpy-ts'],
  async run({ print }) {
    const tf = available(await tfjs('wasm'), print);
    const np = available(await numpyTs(), print);
    const rows: Row[] = [];
    for (const one of CASES) {
      const where = one.indices ?? Int32Array.of(0);
      const operands: { dispose(): void }[] = [];
      const own = <T extends { dispose(): void }>(t: T): T => {
        operands.push(t);
        return t;
      };
      const [x, indices] = [own(put(one.data, one.shape)), own(put(where, [where.length]))];
      const entries: Entry[] = [ours(() => one.ours(x, indices))];
      if (tf !== undefined) {
        const [p, at] = [own(tf.tensor(one.data, one.shape)), own(tf.tensor(where, [where.length], 'int32'))];
        entries.push(tfjsEntry(() => one.tf(tf, p, at)));
      }
      if (np !== undefined && one.np !== undefined) {
        const q = own(npArray(np, one.data, one.shape));
        entries.push(numpyTsEntry(() => one.np!(np, q)));
      }
      rows.push({ work: one.work, timings: await compare(one.work, entries) });
      for (const t of operands) t.dispose();
    }
    return rows;
  },
};
