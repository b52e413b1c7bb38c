import type { Operand } from '../../../core/backend';
import { broadcastStrides, type Shape, sizeOf } from '../../../core/shape';
import { elementType, type GPUKernel, type KernelTable } from '../kernel';
import { walkFields, walkFunction, walkParams, walks } from '../walk';
import { runProduct } from './product';
import type { Reading } from './tile-text';

interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Strides of the rows and columns of a (transposed) matrix. */
function stepsOf({ strides }: Operand, transposed: boolean): [row: number, column: number] {
  const [row, column] = [strides.at(-2)!, strides.at(-1)!];
  return transposed ? [column, row] : [row, column];
}

/**
 * How an operand can be read: by fours where neighbours in memory are neighbours along an axis whose length is a multiple of
 * four, and all other steps are, too.
 */
function readingOf(
  { along, inner }: { readonly along: number; readonly inner: number },
  [length, k]: readonly [number, number],
  others: readonly number[],
): Reading {
  const areFours = (...values: readonly number[]): boolean => values.every((v) => v % 4 === 0);
  if (inner === 1 && areFours(k, along, ...others)) return 'inner';
  return along === 1 && areFours(length, inner, ...others) ? 'along' : 'single';
}

const matmul: GPUKernel<MatmulAttrs> = ([a, b], out, { transposeA, transposeB }, context) => {
  const element = elementType(a!.dtype) as 'f32' | 'i32';
  const leading = out.shape.slice(0, -2);
  const strides = [a!, b!].map((x) => broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), leading));
  const [batchA, batchB] = walks(leading, strides);
  const rank = batchA!.shape.length;
  const [rowA, columnA] = stepsOf(a!, transposeA);
  const [rowB, columnB] = stepsOf(b!, transposeB);
  const [m, n] = out.shape.slice(-2) as [number, number];
  const k = (a!.shape as Shape).at(transposeA ? -2 : -1)!;
  const [firstA, firstB] = [context.first(a!), context.first(b!)];
  const innerFirst = [Math.abs(columnA) < Math.abs(rowA), Math.abs(rowB) < Math.abs(columnB)] as const;
  runProduct(
    {
      key: `matmul ${element} ${rank}`,
      element,
      reads: ['a', 'b'],
      left: ({ read }) =>
        `return ${read('a', 'p.firstA + batchA(batch) + i32(row) * p.rowA + i32(inner) * p.columnA')};`,
      right: ({ read }) =>
        `return ${read('b', 'p.firstB + batchB(batch) + i32(inner) * p.rowB + i32(column) * p.columnB')};`,
      readings: [
        readingOf({ along: rowA, inner: columnA }, [m, k], [firstA, ...batchA!.strides]),
        readingOf({ along: columnB, inner: rowB }, [n, k], [firstB, ...batchB!.strides]),
      ],
      writesFours: n % 4 === 0,
      place: 'return (batch * p.m + row) * p.n + column;',
      innerFirst,
      fields: {
        firstA: 'i32',
        rowA: 'i32',
        columnA: 'i32',
        firstB: 'i32',
        rowB: 'i32',
        columnB: 'i32',
        ...walkFields('batchA', rank),
        ...walkFields('batchB', rank),
      },
      declarations: `${walkFunction('batchA', rank)}\n${walkFunction('batchB', rank)}`,
    },
    { batch: sizeOf(leading), m, n, k },
    [a!, b!],
    out,
    {
      firstA,
      rowA,
      columnA,
      firstB,
      rowB,
      columnB,
      ...walkParams('batchA', batchA!),
      ...walkParams('batchB', batchB!),
    },
    context,
  );
  return true;
};

const makeGemm = (): KernelTable => ({ matmul });
/** Matrix products. */
export const GEMM: KernelTable = /* @__PURE__ */ makeGemm();
