import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/compile/compile';
import { conv2d } from '../../../src/ops/conv';
import { tensor } from '../../../src/ops/create';
import { add, relu } from '../../../src/ops/elementwise';
import { matmul } from '../../../src/ops/linear';
import { rng } from '../../../src/ops/random';
import { wasmBackend as backend } from './support';

const random = rng(3);
const noise = (shape: number[]) => tensor(random.normal(shape).dataSync(), { shape, backend });

describe('kernels whose operands are constants of a plan', () => {
  it.each([
    ['product', [40, 300], [300, 70], matmul],
    ['product of a large matrix', [33, 700], [700, 1100], matmul],
    ['3×3 convolution', [2, 12, 12, 16], [3, 3, 16, 32], (x, k) => conv2d(x, k, { padding: 'same' })],
    ['5×5 convolution', [2, 12, 12, 3], [5, 5, 3, 20], (x, k) => conv2d(x, k)],
  ] as [string, number[], number[], typeof matmul][])(
    'compute a %s with the bits of a call without a plan',
    (_, xs, ks, f) => {
      const weights = noise(ks);
      const body = (x: Parameters<typeof matmul>[0]) => relu(add(f(x, weights), 0.5));
      const compiled = compile(body);
      for (let call = 0; call < 3; call++) {
        const x = noise(xs);
        expect(compiled(x).dataSync()).toEqual(body(x).dataSync());
      }
      compiled.dispose();
    },
  );
});
