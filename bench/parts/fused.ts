import { abs, add, compile, mul, relu, scope, sqrt, sub, type Tensor } from 'kompakt';
import { fasterThan } from '../bars';
import { compare, type Entry } from '../compare';
import { noiseOf, OURS, ours, put } from '../ours';
import type { Part } from '../part';
import { jax, jaxEntry } from '../peers/jax';
import { available } from '../peers/load';
import { npArray, numpyTs, numpyTsEntry } from '../peers/numpy-ts';
import { TFJS_PACKAGES, tfjs, tfjsEntry } from '../peers/tfjs';
import type { Row } from '../results';
import { freeing } from './elementwise';

const SIZES = [1e4, 1e5, 1e6];
const UNFUSED = `${OURS}, unfused`;

type Function2 = (x: Tensor, y: Tensor) => Tensor;

/** Eight functions of one element each. */
const chain: Function2 = (x, y) => mul(sqrt(add(abs(sub(mul(relu(add(mul(x, y), x)), 0.5), y)), 1)), x);

/** A chain of elementwise functions, compiled to one pass. */
export const fused: Part = {
  title: 'Eight elementwise functions, fused',
  about:
    '√(|½·relu(x·y + x) − y| + 1)·x of so many floats, one thread: compiled, and one function after the other. jax-js through ' +
    '`jit`, which fuses too.',
  packages: [...TFJS_PACKAGES, 'numpy-ts', '@jax-js/jax'],
  async run({ print }) {
    const rows: Row[] = [];
    for (const n of SIZES) {
      const [a, b] = [noiseOf([n], 1), noiseOf([n], 2)];
      const [x, y] = [put(a, [n]), put(b, [n])];
      const compiled = compile(chain);
      const entries = [ours(() => compiled(x, y)), ours(() => scope(() => chain(x, y)), UNFUSED)];
      const peers = await peerEntries(a, b, print);
      const work = `${n.toLocaleString('en')} floats`;
      const timings = await compare(work, [...entries, ...peers.entries]);
      const bars = fasterThan('fused × unfused', 4, timings, { one: OURS, others: [UNFUSED] });
      rows.push({ work, timings, bars });
      peers.close();
      compiled.dispose();
      for (const t of [x, y]) t.dispose();
    }
    return rows;
  },
};

async function peerEntries(a: Float32Array, b: Float32Array, print: (line: string) => void) {
  const entries: Entry[] = [];
  const operands: { dispose(): void }[] = [];
  const shape = [a.length];
  const tf = available(await tfjs('wasm'), print);
  if (tf !== undefined) {
    const [x, y] = [tf.tensor(a, shape), tf.tensor(b, shape)];
    const f = () => {
      const inner = tf.sub(tf.mul(tf.relu(tf.add(tf.mul(x, y), x)), 0.5), y);
      return tf.mul(tf.sqrt(tf.add(tf.abs(inner), 1)), x);
    };
    entries.push(tfjsEntry(() => tf.tidy(f)));
    operands.push(x, y);
  }
  const np = available(await numpyTs(), print);
  if (np !== undefined) {
    const [x, y] = [npArray(np, a, shape), npArray(np, b, shape)];
    const f = () =>
      freeing((keep) => {
        const cut = keep(np.maximum(keep(np.add(keep(np.multiply(x, y)), x)), 0));
        const inner = keep(np.subtract(keep(np.multiply(cut, 0.5)), y));
        return np.multiply(keep(np.sqrt(keep(np.add(keep(np.abs(inner)), 1)))), x);
      });
    entries.push(numpyTsEntry(f));
    operands.push(x, y);
  }
  const jx = available(await jax(), print);
  if (jx !== undefined) {
    const [x, y] = [jx.numpy.array(a, { shape }), jx.numpy.array(b, { shape })];
    const { abs: magnitude, sqrt: root } = jx.numpy;
    const f = jx.jit((p, q) => {
      const inner = jx.nn.relu(p!.ref.mul(q!.ref).add(p!.ref)).mul(0.5).sub(q!);
      return root(magnitude(inner).add(1)).mul(p!);
    });
    entries.push(jaxEntry(f, x, y));
    operands.push(x, y);
  }
  return { entries, close: () => operands.forEach((t) => t.dispose()) };
}
