import { compare, type Entry } from '../compare';
import { KERNEL_CASES } from '../kernels';
import { type KernelCase, prepare } from '../kernels/case';
import { OURS, ours, threaded } from '../ours';
import type { Part } from '../part';
import { available } from '../peers/load';
import { type NumpyTs, npArray, numpyTs, numpyTsEntry } from '../peers/numpy-ts';
import { TFJS_PACKAGES, type Tfjs, tfjs, tfjsEntry } from '../peers/tfjs';
import type { Row } from '../results';

const EAGER = `${OURS}, unfused`;
/** Many rows, so little time for each. */
const TIMES = { rounds: 9, warmUpMs: 60, roundMs: 5 };

/** Every kernel that no other part times. */
export const kernels: Part = {
  title: 'The other kernels',
  about:
    'What the parts above leave out, one thread, a millisecond or so each: products of other types, in batches, and with what ' +
    'is fused to them (compiled, and beside it one operation after the other), other convolutions, scans, gradients, copies, ' +
    'integers, recurrence, and the loops of boosting, neighbours and logistic regression. Peers stand beside where they have the ' +
    'thing in a call or two. Log-softmax is composed in tfjs. A gradient is timed without the forward pass; ' +
    'that of average pooling in tfjs by the kernel that its gradients call.',
  packages: [...TFJS_PACKAGES, 'numpy-ts'],
  async run({ print }) {
    const tf = available(await tfjs('wasm'), print);
    const np = available(await numpyTs(), print);
    const rows: Row[] = [];
    for (const one of KERNEL_CASES) {
      const { compute, eager, dispose } = prepare(one, threaded(1));
      const entries = [ours(compute), ...(eager === undefined ? [] : [ours(eager, EAGER)])];
      const peers: Peer[] = [];
      if (tf !== undefined && one.tf !== undefined) peers.push(tfjsPeer(one, tf));
      if (np !== undefined && one.np !== undefined) peers.push(numpyTsPeer(one, np));
      const timings = await compare(one.work, [...entries, ...peers.map((peer) => peer.entry)], TIMES);
      rows.push({ work: one.work, ...(one.flop !== undefined && { flop: one.flop }), timings });
      for (const peer of peers) for (const x of peer.operands) x.dispose();
      dispose();
    }
    return rows;
  },
};

/** A peer's way, and what to free after it. */
interface Peer {
  readonly entry: Entry;
  readonly operands: readonly { dispose(): void }[];
}

function tfjsPeer(one: KernelCase, tf: Tfjs): Peer {
  const operands = one.operands().map(({ data, shape, dtype }) => {
    const own = dtype ?? (data instanceof Int32Array ? 'int32' : 'float32');
    return tf.tensor(data as Float32Array | Int32Array | Uint8Array, shape, own);
  });
  return { entry: tfjsEntry(() => one.tf!(tf, ...operands)), operands };
}

function numpyTsPeer(one: KernelCase, np: NumpyTs): Peer {
  const operands = one
    .operands()
    .map(({ data, shape }) => npArray(np, data as Float32Array | Float64Array | Int32Array, shape));
  return { entry: numpyTsEntry(() => one.np!(np, ...operands)), operands };
}
