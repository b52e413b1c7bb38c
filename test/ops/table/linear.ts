import { DTYPES } from '../../../src/core/dtype';
import type { Tensor } from '../../../src/core/tensor';
import { eye } from '../../../src/ops/create';
import { cholesky, det, inv, solve } from '../../../src/ops/decompose';
import { einsum } from '../../../src/ops/einsum';
import { add, mul } from '../../../src/ops/elementwise';
import { dot, matmul, outer, tensordot } from '../../../src/ops/linear';
import type { Row } from '../row';
import { row } from './notation';

const product = (name: string, inputs: string, more: string[] = [], transposeA = false, transposeB = false): Row =>
  row(`matmul ${name}`, inputs, (a, b) => matmul(a, b, { transposeA, transposeB }), { more, dtypes: DTYPES });

const identity = (like: Tensor, n: number): Tensor => eye(n, n, { dtype: like.dtype, backend: like.backend });
/** A matrix far from singular, made of any. */
const regular = (x: Tensor): Tensor => add(mul(x, 0.2), mul(identity(x, x.shape.at(-1)!), 3));
/** A symmetric positive definite one. */
const definite = (x: Tensor): Tensor => add(matmul(x, x, { transposeB: true }), identity(x, x.shape.at(-2)!));

export const linearRows: readonly Row[] = [
  product('square', '3×3 · 3×3', ['1×1 · 1×1', '16×16 · 16×16', '33×65 · 65×34']),
  product('odd', '5×7 · 7×3', [
    '1×17 · 17×9',
    '33×2 · 2×3',
    '3×1 · 1×4',
    '13×5 · 5×1',
    '2×0 · 0×3',
    '0×3 · 3×2',
    '6×130 · 130×8',
  ]),
  product('of vectors', '5 · 5', ['1 · 1', '0 · 0', '33 · 33']),
  product('by a vector', '3×4 · 4', ['17×9 · 9']),
  product('of a vector', '3 · 3×2', ['9 · 9×17']),
  product('Aᵀ·B', '4×3 · 4×2', ['17×9 · 17×33'], true),
  product('A·Bᵀ', '3×4 · 2×4', ['17×9 · 33×9'], false, true),
  product('Aᵀ·Bᵀ', '4×3 · 2×4', ['17×9 · 33×17'], true, true),
  product('in batches', '2×3×4 · 2×4×2', ['3×9×5 · 3×5×17', '0×2×3 · 0×3×2']),
  product('in batches, A·Bᵀ', '2×3×4 · 2×5×4', [], false, true),
  product('in batches, Aᵀ·B', '2×4×3 · 2×4×5', [], true),
  product('of a batch by one matrix', '2×3×4 · 4×2', ['3×1×5 · 5×9']),
  product('of one matrix by a batch', '3×4 · 2×4×2'),
  product('of batches that broadcast', '2×1×2×3 · 3×3×2'),
  row('outer', '3 · 4', (x, y) => outer(x, y)),
  row('dot', '2×3×4 · 4×2', (x, y) => dot(x, y)),
  row('tensordot', '2×3×4 · 4×2×3', (x, y) =>
    tensordot(x, y, [
      [0, 2],
      [1, 0],
    ]),
  ),
  row('einsum product', '2×3 · 3×4', (x, y) => einsum('ij,jk->ki', x, y)),
  row('einsum chain', '2×3 · 3×2 · 2', (x, y, z) => einsum('ij,jk,k->i', x, y, z)),
  row('einsum batch', '2×3×2 · 2×4×2', (x, y) => einsum('bqd,bkd->bqk', x, y)),
  row('einsum diagonal', '3×3', (x) => einsum('ii->i', x)),
  row('einsum elementwise', '2×3 · 3', (x, y) => einsum('ij,j->ij', x, y)),
  row('einsum ellipsis', '2×2×3 · 3×2', (x, y) => einsum('...ij,jk->...ik', x, y)),
  row('inv', '2×3×3', (x) => inv(regular(x)), { more: ['0×2×2', '1×1', '9×9'] }),
  row('det', '2×3×3', (x) => det(regular(x)), { more: ['1×1', '5×5'] }),
  row('solve', '3×3 · 3×2', (x, y) => solve(regular(x), y), { more: ['9×9 · 9×1'] }),
  row('solve a vector, in batches', '2×3×3 · 3', (x, y) => solve(regular(x), y)),
  row('cholesky', '3×3', (x) => cholesky(definite(x)), { more: ['2×4×4', '1×1'] }),
];
