import { fasterThan } from '../bars';
import { type Arena, openArena } from '../gpu/browser';
import { GPU_JS, TFJS_WEBGPU, WEBGPU } from '../gpu/engines';
import { flopOf, type Outcome, type Work } from '../gpu/page';
import type { Part } from '../part';
import type { Row } from '../results';

const product = (size: number): Work => ({ kind: 'product', size });
const WORKS: readonly Work[] = [
  ...[256, 512, 1024, 2048].map(product),
  { kind: 'convolution', shape: [8, 56, 56, 64], kernel: [3, 3, 64, 64] },
];
/** Enough to see that all engines run and agree. */
const SMALL: readonly Work[] = [
  ...[64, 128].map(product),
  { kind: 'convolution', shape: [2, 14, 14, 8], kernel: [3, 3, 8, 16] },
];

/** Products and convolutions on GPUs, in a page of chromium. */
export const gpu: Part = {
  title: 'GPUs, in a page',
  about:
    'Matrix products and a convolution (padding "same") in one page of chromium, engines in turn; a round is as many calls as ' +
    'make 17 GFLOP, and ends when the sum of the last result has been read. All of each engine’s results are compared with ' +
    'WASM’s beforehand. Where the CPU stands in for a GPU, small work is run and compared, and nothing is timed: ' +
    'what a software adapter is quick at says nothing about GPUs.',
  packages: ['@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-backend-webgl'],
  async run({ print, quick }) {
    const arena = await openArena();
    if (arena === null) {
      print('left out: no chromium on the PATH, and KOMPAKT_CHROMIUM names none');
      return [];
    }
    try {
      return await rowsOf(arena, quick, print);
    } finally {
      await arena.close();
    }
  },
};

async function rowsOf(arena: Arena, quick: boolean, print: (line: string) => void): Promise<Row[]> {
  const { graphics, left, software } = arena;
  print(`WebGPU: ${graphics.webgpu}; WebGL: ${graphics.webgl}`);
  for (const line of left) print(line);
  if (software !== null) print('No GPU: nothing is timed, only run and compared.');
  const rows: Row[] = [];
  for (const work of quick || software !== null ? SMALL : WORKS) {
    rows.push(rowOf(work, await arena.run(work, software === null), software));
  }
  return rows;
}

/** A row of times and bars, or where there is no GPU one that says who agreed. */
export function rowOf(work: Work, { agreed, timings }: Outcome, software: string | null): Row {
  const name = nameOf(work);
  if (software !== null) {
    return { work: name, timings: [], note: `${agreed.join('; ')} agree with WASM. Not timed: no GPU (${software}).` };
  }
  const barred = work.kind === 'product' && work.size === 2048;
  const bars = barred
    ? [
        ...fasterThan('WebGPU product × tfjs-webgpu', 1.5, timings, { one: WEBGPU, others: [TFJS_WEBGPU] }),
        ...fasterThan('WebGPU product × gpu.js', 20, timings, { one: WEBGPU, others: [GPU_JS] }),
      ]
    : [];
  return { work: name, flop: flopOf(work), timings, bars };
}

function nameOf(work: Work): string {
  if (work.kind === 'product') return `${work.size} × ${work.size} × ${work.size}`;
  const [kh, kw, , out] = work.kernel;
  return `${work.shape.join('×')} → ${out}, ${kh}×${kw}`;
}
