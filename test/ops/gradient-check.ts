import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import { sizeOf } from '../../src/core/shape';
import type { Tensor } from '../../src/core/tensor';
import { tensor } from '../../src/ops/create';
import { add, mul } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import { scaleOf } from './close';
import type { Row } from './row';
import { drawValues } from './sample';

const STEP = 1e-5;
const TOLERANCE = 2e-6;
/** Of each operand at most so many elements are perturbed. */
const COORDINATES = 20;

type Scalar = (xs: Tensor[]) => Tensor;

/**
 * Compares the gradients of ⟨c, fn(x…)⟩ in x… and c with central differences, in float64 on the reference backend, and
 * those of a random combination of these gradients likewise: first and second derivatives, of the rules' own cotangents
 * included.
 *
 * @throws Error naming the derivative that is wrong.
 */
export function checkGradients(row: Row): void {
  const backend = reference();
  const rng = new Rng(`gradients of ${row.name}`);
  const draw = (r: Row, i: number, shape: readonly number[]): Tensor =>
    tensor(drawValues(r, i, sizeOf(shape), 'float64', rng), { shape, dtype: 'float64', backend });
  scope(() => {
    const xs = row.inputs.map((shape, i) => draw(row, i, shape));
    const y = row.fn(...xs);
    const plain: Row = { name: '', fn: row.fn, inputs: [], domain: [-1, 1] };
    const operands = [...xs, draw(plain, 0, y.shape)];
    const first: Scalar = (vs) => sum(mul(vs.at(-1)!, row.fn(...vs.slice(0, -1))));
    compare(`${row.name}: first derivative`, first, operands, rng);
    if (row.secondOrder === false) return;
    const directions = operands.map((x) => draw(plain, 0, x.shape));
    const gradient = grad(first);
    const second: Scalar = (vs) =>
      gradient(vs)
        .map((g, i) => sum(mul(g, directions[i]!)))
        .reduce((a, b) => add(a, b));
    compare(`${row.name}: second derivative`, second, operands, rng);
  });
}

function compare(what: string, f: Scalar, operands: readonly Tensor[], rng: Rng): void {
  const exact = scope(() => grad(f)([...operands]).map((g) => g.dataSync()));
  operands.forEach((x, i) => {
    const analytic = exact[i]!;
    const scale = scaleOf(analytic);
    const coordinates =
      x.size <= COORDINATES ? Array.from({ length: x.size }, (_, k) => k) : [...rng.integers(COORDINATES, x.size)];
    for (const k of coordinates) {
      const numeric = (valueAt(f, operands, i, k, STEP) - valueAt(f, operands, i, k, -STEP)) / (2 * STEP);
      if (!(Math.abs(numeric - analytic[k]!) <= TOLERANCE * scale)) {
        throw new Error(
          `${what} in operand ${i}, element ${k}: the rule gives ${analytic[k]}, differences give ${numeric}`,
        );
      }
    }
  });
}

/** f with element `k` of operand `i` moved by `step`. */
function valueAt(f: Scalar, operands: readonly Tensor[], i: number, k: number, step: number): number {
  return scope(() => {
    const data = operands[i]!.dataSync();
    data[k]! += step;
    const { shape, backend } = operands[i]!;
    const moved = tensor(data, { shape, backend });
    return f(operands.map((x, j) => (j === i ? moved : x))).item();
  });
}
