import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import type { Backend } from '../../src/core/backend';
import { type DType, isFloating } from '../../src/core/dtype';
import { BackendError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import { type Shape, sizeOf } from '../../src/core/shape';
import { expectSameLater } from './close';
import type { Row } from './row';
import { drawValues, LAYOUTS, type Layout, layOut } from './sample';
import { SPECIALS } from './specials';
import { table } from './table';

export interface ParityOptions {
  /** Names of rows that the backend has no kernel for; it must say so. */
  readonly refused?: ReadonlySet<string>;
  /** How operands are laid out; by default in every way. */
  readonly layouts?: readonly Layout[];
}

/**
 * Compares every row of the table on `backend` with the reference, contiguous operands of float64 precision and all:
 * every dtype of the row, every layout, every shape. The reference sees the same values laid out contiguously.
 */
export function testParity(
  backend: Backend,
  rows: readonly Row[] = table,
  { refused = new Set(), layouts = LAYOUTS }: ParityOptions = {},
): void {
  const truth = reference();
  describe(`parity of ${backend.name} with the reference`, () => {
    it.each(rows.map((row) => [row.name, row] as const))('%s', async (_, row) => {
      const rng = new Rng(row.name);
      for (const dtype of row.dtypes ?? (['float32', 'float64'] as const)) {
        if (!backend.dtypes.includes(dtype)) continue;
        const run = async (): Promise<void> => {
          for (const shapes of [row.inputs, ...(row.more ?? [])]) {
            for (const layout of layouts) await compare(row, shapes, dtype, layout, [backend, truth], rng);
          }
          if (row.specials && isFloating(dtype)) await compareSpecials(row, dtype, [backend, truth]);
        };
        if (refused.has(row.name)) await expect(run()).rejects.toThrow(BackendError);
        else await run();
      }
    });
  });
}

type Pair = readonly [tested: Backend, truth: Backend];

async function compare(
  row: Row,
  shapes: readonly Shape[],
  dtype: DType,
  layout: Layout,
  backends: Pair,
  rng: Rng,
): Promise<void> {
  // Repeating values makes ties, on which an operation with kinks may be ill conditioned.
  if (layout === 'repeated' && row.distinct) return;
  const values = shapes.map((shape, i) => drawValues(row, i, sizeOf(shape), dtype, rng));
  await scope(async ({ run }) => {
    const [tested, truth] = backends;
    const operands = shapes.map((shape, i) => layOut(values[i]!, shape, dtype, layout, tested));
    const seen = await Promise.all(operands.map((x) => x.data()));
    const [got, wanted] = run(() => {
      const plain = operands.map((x, i) => layOut(Float64Array.from(seen[i]!), x.shape, dtype, 'contiguous', truth));
      return [row.fn(...operands), row.fn(...plain)];
    });
    await expectSameLater(got!, wanted!, `${row.name}, ${layout} ${dtype} ${JSON.stringify(shapes)}`);
  });
}

async function compareSpecials(row: Row, dtype: DType, backends: Pair): Promise<void> {
  const n = SPECIALS.length;
  const columns = row.inputs.map((_, i) =>
    Float64Array.from({ length: n ** row.inputs.length }, (__, k) => SPECIALS[Math.floor(k / n ** i) % n]!),
  );
  await scope(async () => {
    const [got, wanted] = backends.map((backend) =>
      row.fn(...columns.map((c) => layOut(c, [c.length], dtype, 'contiguous', backend))),
    );
    // Element by element, so that one huge value does not excuse the others.
    const parts = await got!.data();
    const truths = await wanted!.data();
    parts.forEach((value, k) => {
      const at = columns.map((c) => c[k]).join(', ');
      const same = value === truths[k] || (value !== value && truths[k] !== truths[k]);
      const error = Math.abs(value - truths[k]!) / Math.max(Math.abs(truths[k]!), Number.MIN_VALUE);
      const allowed = dtype === 'float32' ? 1e-5 : 1e-12;
      const tiny = Math.abs(truths[k]!) < 1e-37;
      if (!same && !(error <= allowed) && !(tiny && Math.abs(value) < 1e-37)) {
        throw new Error(`${row.name}(${at}) in ${dtype} is ${value}, expected ${truths[k]}`);
      }
    });
  });
}
