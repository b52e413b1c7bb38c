import type { Tensor } from 'kompakt';
import { gradientHistogram } from '../../src/ops/boosting/histogram';
import { nearestRows } from '../../src/ops/distance';
import { csrMatmul, csrTransposeMatmul } from '../../src/ops/sparse';
import { compare, type Entry, entry } from '../compare';
import { noise } from '../measure';
import { noiseOf, OURS, ours, put } from '../ours';
import type { Part } from '../part';
import * as plain from '../plain';
import type { Row } from '../results';

const THREADS = [1, 2];

interface Case {
  readonly work: string;
  readonly flop?: number;
  /** Operands on so many threads, and what to do with them. */
  ours(threads: number): { readonly operands: readonly Tensor[]; compute(): Tensor };
  plain(): ArrayLike<number>;
}

function neighbours(): Case {
  const [queries, references, columns, k] = [500, 5000, 32, 5];
  const q = noiseOf([queries, columns], 1);
  const r = noiseOf([references, columns], 2);
  return {
    work: `${k} nearest of ${references} to ${queries}, ${columns} columns`,
    flop: 2 * queries * references * columns,
    ours: (threads) => {
      const [x, y] = [put(q, [queries, columns], threads), put(r, [references, columns], threads)];
      return { operands: [x, y], compute: () => nearestRows(x, y, { k, others: false }) };
    },
    plain: () => plain.nearestRows(q, r, columns, k),
  };
}

function histograms(): Case {
  const [n, columns, width, bins] = [100_000, 28, 32, 64];
  const binned = Uint8Array.from(noise(n * columns, 1), (v) => Math.floor((v + 1) * (bins / 2)));
  // Rows that begin at multiples of 16 bytes.
  const aligned = new Uint8Array(n * width);
  for (let i = 0; i < n; i++) aligned.set(binned.subarray(i * columns, (i + 1) * columns), i * width);
  const [gradients, hessians] = [noise(n, 2), noise(n, 3)];
  const derivatives = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? gradients : hessians)[i >> 1]!);
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  return {
    work: `histograms of ${n.toLocaleString('en')} × ${columns}, ${bins} bins`,
    ours: (threads) => {
      const operands = [
        put(aligned, [n, width], threads).view({ shape: [n, columns], strides: [width, 1], offset: 0 }),
        put(rows, [n], threads),
        put(derivatives, [n, 2], threads),
      ] as const;
      return { operands, compute: () => gradientHistogram(...operands, null, { columns, bins }) };
    },
    plain: () => plain.histogram(binned, gradients, hessians, rows, columns, bins),
  };
}

function sparse(transposed: boolean): Case {
  const [rows, columns, perRow, k] = [10_000, 10_000, 20, 32];
  const entries = rows * perRow;
  const indptr = Int32Array.from({ length: rows + 1 }, (_, i) => i * perRow);
  const indices = Int32Array.from({ length: entries }, (_, e) => (e * 7919) % columns);
  const matrix: plain.PlainCsr = { indptr, indices, data: noise(entries, 1), columns };
  const dense = noiseOf([rows, k], 2);
  return {
    work: `${transposed ? 'Aᵀ' : 'A'}·X, A sparse ${rows}×${columns} with ${perRow} a row, X ${rows}×${k}`,
    flop: 2 * entries * k,
    ours: (threads) => {
      const x = put(dense, [rows, k], threads);
      const a = {
        indptr: put(indptr, [rows + 1], threads),
        indices: put(indices, [entries], threads),
        data: put(matrix.data, [entries], threads),
        columns,
      };
      const multiply = transposed ? csrTransposeMatmul : csrMatmul;
      return { operands: [x, a.indptr, a.indices, a.data], compute: () => multiply(a, x) };
    },
    plain: () => (transposed ? plain.csrTransposeMatmul : plain.csrMatmul)(matrix, dense, k),
  };
}

/** The hot loops of classical estimators. */
export const classical: Part = {
  title: 'Hot loops of classical estimators',
  about:
    'Brute-force neighbours, the histograms of gradients that trees split by, and products of sparse matrices, on one thread ' +
    'and on two, beside the same in plain JavaScript over typed arrays.',
  packages: [],
  async run() {
    const rows: Row[] = [];
    for (const { work, flop, ...one } of [neighbours(), histograms(), sparse(false), sparse(true)]) {
      const made = THREADS.map((threads) => one.ours(threads));
      const entries: Entry[] = made.map(({ compute }, i) => ours(compute, `${OURS}, ${THREADS[i]}`));
      entries.push(entry<ArrayLike<number>>({ name: 'plain JS', compute: () => one.plain(), read: (v) => v }));
      rows.push({ work, ...(flop !== undefined && { flop }), timings: await compare(work, entries, { rounds: 15 }) });
      for (const { operands } of made) for (const t of operands) t.dispose();
    }
    return rows;
  },
};
