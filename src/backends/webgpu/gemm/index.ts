import type { Operand } from '../../../core/backend';
import { broadcastStrides, type Shape, sizeOf } from '../../../core/shape';
import { elementType, type GPUKernel, type KernelTable } from '../kernel';
import { walkFields, walkFunction, walkParams, walks } from '../walk';
import { runProduct } from './product';

interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Strides of the rows and columns of a (transposed) matrix. */
function stepsOf({ strides }: Operand, transposed: boolean): [row: number, column: number] {
  const [row, column] = [strides.at(-2)!, strides.at(-1)!];
  return transposed ? [column, row] : [row, column];
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
  const innerFirst = [Math.abs(columnA) < Math.abs(rowA), Math.abs(rowB) < Math.abs(columnB)] as const;
  runProduct(
    {
      key: `matmul ${element} ${rank}`,
      element,
      reads: ['a', 'b'],
      left: 'return a[p.firstA + batchA(batch) + i32(row) * p.rowA + i32(inner) * p.columnA];',
      right: 'return b[p.firstB + batchB(batch) + i32(inner) * p.rowB + i32(column) * p.columnB];',
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
      firstA: context.first(a!),
      rowA,
      columnA,
      firstB: context.first(b!),
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
