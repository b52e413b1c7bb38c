import { add, erf, exp, gelu, log, mul, sigmoid, softmax, sum, type Tensor, tanh } from 'kompakt';
import { normalizeRows } from '../../src/ops/normalize';
import { copies, memoryTime } from '../bandwidth';
import { type Bar, fasterThan } from '../bars';
import { compare, type Entry } from '../compare';
import type { Timing } from '../measure';
import { noiseOf, OURS, ours, put } from '../ours';
import type { Part } from '../part';
import { available } from '../peers/load';
import { type NpArray, type NumpyTs, npArray, numpyTs, numpyTsEntry } from '../peers/numpy-ts';
import { TFJS_PACKAGES, type Tfjs, type TfTensor, tfjs, tfjsEntry } from '../peers/tfjs';
import { perCall, torchFunctions } from '../peers/torch';
import type { Row } from '../results';

const SHAPE = [1000, 1000];
const BYTES = 4e6;

interface Case {
  readonly work: string;
  /** Arrays of a million floats that have to be read or written. */
  readonly moved: number;
  ours(x: Tensor, y: Tensor): Tensor;
  tf?(tf: Tfjs, x: TfTensor, y: TfTensor): TfTensor;
  np?(np: NumpyTs, x: NpArray, y: NpArray): NpArray | number;
}

/** Composed of what numpy-ts has, freeing what is between, as its users do. */
export function freeing(f: (keep: (t: NpArray) => NpArray) => NpArray): NpArray {
  const made: NpArray[] = [];
  const result = f((t) => {
    made.push(t);
    return t;
  });
  for (const t of made) t.dispose();
  return result;
}

const CASES: Case[] = [
  { work: 'add', moved: 3, ours: add, tf: (tf, x, y) => tf.add(x, y), np: (np, x, y) => np.add(x, y) },
  { work: 'mul', moved: 3, ours: mul, tf: (tf, x, y) => tf.mul(x, y), np: (np, x, y) => np.multiply(x, y) },
  { work: 'exp', moved: 2, ours: exp, tf: (tf, x) => tf.exp(x), np: (np, x) => np.exp(x) },
  { work: 'log', moved: 2, ours: (_, y) => log(y), tf: (tf, _, y) => tf.log(y), np: (np, _, y) => np.log(y) },
  { work: 'tanh', moved: 2, ours: tanh, tf: (tf, x) => tf.tanh(x), np: (np, x) => np.tanh(x) },
  {
    work: 'sigmoid',
    moved: 2,
    ours: sigmoid,
    tf: (tf, x) => tf.sigmoid(x),
    np: (np, x) => freeing((keep) => np.reciprocal(keep(np.add(keep(np.exp(keep(np.negative(x)))), 1)))),
  },
  { work: 'erf', moved: 2, ours: erf, tf: (tf, x) => tf.erf(x) },
  {
    work: 'gelu',
    moved: 2,
    ours: (x) => gelu(x),
    tf: (tf, x) => tf.tidy(() => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))),
  },
  {
    work: 'softmax of rows',
    moved: 2,
    ours: (x) => softmax(x),
    tf: (tf, x) => tf.softmax(x),
    np: (np, x) =>
      freeing((keep) => {
        const e = keep(np.exp(keep(np.subtract(x, keep(np.max(x, 1, true))))));
        return np.divide(e, keep(np.sum(e, 1, true)));
      }),
  },
  {
    work: 'layer norm of rows',
    moved: 2,
    ours: (x) => normalizeRows(x, 1e-5),
    tf: (tf, x) =>
      tf.tidy(() => {
        const centred = tf.sub(x, tf.mean(x, 1, true));
        return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5)));
      }),
    np: (np, x) =>
      freeing((keep) => {
        const centred = keep(np.subtract(x, keep(np.mean(x, 1, true))));
        const variance = keep(np.mean(keep(np.multiply(centred, centred)), 1, true));
        return np.divide(centred, keep(np.sqrt(keep(np.add(variance, 1e-5)))));
      }),
  },
  { work: 'sum', moved: 1, ours: (x) => sum(x), tf: (tf, x) => tf.sum(x), np: (np, x) => np.sum(x) },
];

/** Functions of a million floats. */
export const elementwise: Part = {
  title: 'Elementwise, softmax, layer norm, sum',
  about:
    'On 1000 × 1000 floats, one thread. What a function has to read and write takes the time of a plain copy of as many ' +
    'bytes, the faster of the two that are timed in the same rounds; the bar is the ratio to that. torch is native code with the ' +
    'widest vectors of the machine, on one thread, in a process of its own: what the machine itself takes for the function. ' +
    'numpy-ts has no erf; sigmoid, softmax and layer norm are composed there, and gelu and layer norm in tfjs, as their users ' +
    'would; ours is the operation that the layer of that name runs.',
  packages: [...TFJS_PACKAGES, 'numpy-ts'],
  async run({ print }) {
    const [a, b] = [noiseOf(SHAPE, 1), noiseOf(SHAPE, 2).map((v) => v + 1.001)];
    const [x, y] = [put(a, SHAPE), put(b, SHAPE)];
    const tf = available(await tfjs('wasm'), print);
    const np = available(await numpyTs(), print);
    const [tfX, tfY] = [tf?.tensor(a, SHAPE), tf?.tensor(b, SHAPE)];
    const [npX, npY] = [np && npArray(np, a, SHAPE), np && npArray(np, b, SHAPE)];
    const native = available(await torchFunctions(a, b, SHAPE), print);
    const memory = copies(BYTES);
    const rows: Row[] = [];
    for (const one of CASES) {
      const entries: Entry[] = [ours(() => one.ours(x, y))];
      if (tf && one.tf) entries.push(tfjsEntry(() => one.tf!(tf, tfX!, tfY!)));
      if (np && one.np) entries.push(numpyTsEntry(() => one.np!(np, npX!, npY!)));
      const yardsticks = native === undefined ? memory : [...memory, native.yardstick(one.work)];
      const timings = perCall(await compare(one.work, entries, { yardsticks, warmUpMs: 150 }));
      // Once is enough for all rows.
      const note = native !== undefined && rows.length === 0 ? { note: `torch ${native.version}` } : {};
      rows.push({ work: one.work, timings, bars: barsOf(one.moved, timings), ...note });
    }
    native?.close();
    for (const t of [x, y, tfX, tfY, npX, npY]) t?.dispose();
    return rows;
  },
};

function barsOf(moved: number, timings: readonly Timing[]): Bar[] {
  const [mine] = timings as [Timing];
  const value = mine.medianMs / memoryTime(moved * BYTES, BYTES, timings, (t) => t.medianMs);
  const best = mine.fastestMs / memoryTime(moved * BYTES, BYTES, timings, (t) => t.fastestMs);
  return [
    { name: 'elementwise, × memory’s time', value, best, atMost: 1.5 },
    ...fasterThan('elementwise × tfjs-wasm, numpy-ts', 1, timings, { one: OURS, others: ['tfjs-wasm', 'numpy-ts'] }),
  ];
}
