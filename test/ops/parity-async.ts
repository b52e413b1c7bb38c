import { beforeAll, describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import type { Backend } from '../../src/core/backend';
import { type DType, isFloating } from '../../src/core/dtype';
import { BackendError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import { type Shape, sizeOf } from '../../src/core/shape';
import { Tensor } from '../../src/core/tensor';
import { mul } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import { expectValues } from './close';
import type { Row } from './row';
import { drawValues, LAYOUTS, type Layout, layOut } from './sample';
import { SPECIALS } from './specials';
import { table } from './table';

/** What a backend that can't be read at once promises. */
export interface Promises {
  /** How far results may lie from the reference, in units of the largest expected magnitude (at least 1). */
  readonly tolerance: number;
  /** The same for rows that need more, by name. */
  readonly wider?: Readonly<Record<string, number>>;
  /** Relative error at special values, such as the ends of the range. */
  readonly specials: number;
  /** Rows for which specials are not honoured, by name, and why. */
  readonly noSpecials?: Readonly<Record<string, string>>;
  /** Whether a row must throw a BackendError that says what is missing. */
  readonly isMissing: (name: string) => boolean;
  /** Integers from which the backend refuses to go on, if any. */
  readonly exactBelow?: number;
  /** Layouts of the main operands; the further shapes of a row are contiguous. */
  readonly layouts?: readonly Layout[];
  /** Whether to leave out the further shapes. */
  readonly mainOnly?: boolean;
}

/**
 * Compares every row of the table on a backend with the reference, as `testParity` does, results and gradients, without
 * ever reading at once.
 */
export function testParityAsync(
  name: string,
  open: () => Promise<Backend>,
  promises: Promises,
  rows: readonly Row[] = table,
): void {
  const truth = reference();
  describe(`parity of ${name} with the reference`, () => {
    let tested: Backend;
    beforeAll(async () => {
      tested = await open();
    });
    const { isMissing, layouts = LAYOUTS } = promises;

    it.each(rows.map((row) => [row.name, row] as const))('%s', async (_, row) => {
      const rng = new Rng(row.name);
      for (const dtype of row.dtypes ?? (['float32'] as const)) {
        if (!tested.dtypes.includes(dtype)) continue;
        for (const shapes of [row.inputs, ...(promises.mainOnly ? [] : (row.more ?? []))]) {
          for (const layout of shapes === row.inputs ? layouts : (['contiguous'] as const)) {
            if (layout === 'repeated' && row.distinct) continue;
            const operands = draw(row, shapes, dtype, layout, rng);
            const label = `${row.name}, ${layout} ${dtype} ${JSON.stringify(shapes)}`;
            if (isMissing(row.name)) expectRefusal(row, operands, [tested, truth], shapes);
            else await compare(row, operands, [tested, truth], promises, label);
          }
        }
        if (
          row.specials &&
          isFloating(dtype) &&
          !isMissing(row.name) &&
          !Object.hasOwn(promises.noSpecials ?? {}, row.name)
        )
          await compareSpecials(row, [tested, truth], promises);
      }
    });
  });
  testGradientsAsync(name, open, promises, rows);
}

/** Compares the gradients of every differentiable row on a backend with those on the reference, without ever reading at once. */
export function testGradientsAsync(
  name: string,
  open: () => Promise<Backend>,
  promises: Promises,
  rows: readonly Row[] = table,
): void {
  const truth = reference();
  describe(`gradients on ${name} beside the reference`, () => {
    let tested: Backend;
    beforeAll(async () => {
      tested = await open();
    });
    const smooth = rows.filter((row) => row.differentiable !== false && !promises.isMissing(row.name));
    it.each(smooth.map((row) => [row.name, row] as const))('gradient of %s', async (_, row) => {
      if (!(row.dtypes ?? ['float32']).includes('float32')) return;
      const operands = draw(row, row.inputs, 'float32', 'contiguous', new Rng(`gradient of ${row.name}`));
      await compareGradients(row, operands, [tested, truth], promises);
    });
  });
}

type Pair = readonly [tested: Backend, truth: Backend];

function draw(row: Row, shapes: readonly Shape[], dtype: DType, layout: Layout, rng: Rng): Tensor[] {
  const truth = reference();
  return shapes.map((shape, i) => layOut(drawValues(row, i, sizeOf(shape), dtype, rng), shape, dtype, layout, truth));
}

/** The same elements in the same layout on another backend. */
function onto(backend: Backend, x: Tensor): Tensor {
  const memory = x.backend.host(x.block)!;
  return Tensor.from(backend, memory.slice(), x.dtype, [memory.length]).view(x);
}

const toleranceOf = (row: Row, { tolerance, wider = {} }: Promises): number => wider[row.name] ?? tolerance;

async function compare(
  row: Row,
  operands: Tensor[],
  [tested, truth]: Pair,
  promises: Promises,
  label: string,
): Promise<void> {
  const [got, wanted] = scope(() => [
    row.fn(...operands.map((x) => onto(tested, x))),
    row.fn(...operands.map((x) => onto(truth, x))),
  ]) as [Tensor, Tensor];
  expect(got.shape, `${label}: shape`).toEqual(wanted.shape);
  expect(got.dtype, `${label}: dtype`).toBe(wanted.dtype);
  const { exactBelow = Number.POSITIVE_INFINITY } = promises;
  if (wanted.dtype === 'int32' && wanted.dataSync().some((v) => Math.abs(v) >= exactBelow)) {
    await expect(got.data(), label).rejects.toThrow(BackendError);
    return;
  }
  const tolerance = isFloating(got.dtype) ? toleranceOf(row, promises) : 0;
  expectValues(await got.data(), wanted.dataSync(), tolerance, label);
  got.dispose();
}

function expectRefusal(row: Row, operands: Tensor[], [tested, truth]: Pair, shapes: readonly Shape[]): void {
  const wanted = scope(() => row.fn(...operands.map((x) => onto(truth, x))));
  if (wanted.size === 0 || shapes.some((shape) => shape.includes(0))) return;
  const run = (): unknown => scope(() => row.fn(...operands.map((x) => onto(tested, x))));
  expect(run, row.name).toThrow(/[Bb]ackend '\w+' (has no kernel|does not support)/);
}

async function compareSpecials(row: Row, [tested, truth]: Pair, { specials }: Promises): Promise<void> {
  const n = SPECIALS.length;
  const columns = row.inputs.map((_, i) =>
    Float32Array.from({ length: n ** row.inputs.length }, (__, k) => SPECIALS[Math.floor(k / n ** i) % n]!),
  );
  const [got, wanted] = scope(() =>
    [tested, truth].map((backend) => row.fn(...columns.map((c) => Tensor.from(backend, c, 'float32', [c.length])))),
  ) as [Tensor, Tensor];
  const values = await got.data();
  const truths = wanted.dataSync();
  const wrong: string[] = [];
  values.forEach((value, k) => {
    const exact = truths[k]!;
    const same = value === exact || (value !== value && exact !== exact);
    const error = Math.abs(value - exact) / Math.max(Math.abs(exact), Number.MIN_VALUE);
    const tiny = Math.abs(exact) < 1e-37 && Math.abs(value) < 1e-37;
    if (!same && !(error <= specials) && !tiny)
      wrong.push(`(${columns.map((c) => c[k]).join(', ')}) is ${value}, expected ${exact}`);
  });
  expect(wrong.slice(0, 8), `${row.name} at ${wrong.length} special values`).toEqual([]);
}

async function compareGradients(
  row: Row,
  operands: Tensor[],
  [tested, truth]: Pair,
  promises: Promises,
): Promise<void> {
  const gradients = (backend: Backend): Tensor[] =>
    scope(() => {
      const xs = operands.map((x) => onto(backend, x));
      const y = row.fn(...xs);
      const rng = new Rng(`cotangent of ${row.name}`);
      const values = Float32Array.from({ length: y.size }, () => 2 * rng.random() - 1);
      const c = Tensor.from(backend, values, 'float32', y.shape);
      return grad((vs: Tensor[]) => sum(mul(c, row.fn(...vs))))(xs);
    });
  const got = gradients(tested);
  const wanted = gradients(truth);
  for (const [i, g] of got.entries()) {
    expectValues(
      await g.data(),
      wanted[i]!.dataSync(),
      4 * toleranceOf(row, promises),
      `gradient of ${row.name} in operand ${i}`,
    );
    g.dispose();
  }
}
