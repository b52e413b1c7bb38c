import { describe, expect, it } from 'vitest';
import { wasm } from '../../../src/backends/wasm/index';
import { compile } from '../../../src/compile/compile';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { conv2d, depthwiseConv2d } from '../../../src/ops/conv';
import { tensor } from '../../../src/ops/create';
import { add, relu } from '../../../src/ops/elementwise';
import { maxPool2d } from '../../../src/ops/pool';

/** Operations whose rows need more than the same row of what went before, behind work that is done row by row. */
describe('compiled windows', () => {
  const backend = wasm();
  const rng = new Rng('chains');
  const draw = (...shape: number[]): Tensor =>
    tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.random() - 0.5),
      { shape, backend },
    );
  const k = draw(3, 3, 32, 1);
  const square = draw(3, 3, 32, 32);
  const first = (x: Tensor): Tensor => depthwiseConv2d(x, k, { padding: 'same' });
  it.each([
    ['depthwiseConv2d', (x: Tensor) => depthwiseConv2d(first(x), k, { padding: 'same' })],
    ['conv2d', (x: Tensor) => conv2d(relu(conv2d(first(x), square, { padding: 'same' })), square)],
    [
      'conv2d with what it is added to',
      (x: Tensor) => {
        const y = first(x);
        return first(relu(add(y, conv2d(y, square, { padding: 'same' }))));
      },
    ],
    ['maxPool2d', (x: Tensor) => maxPool2d(first(x), 3, { strides: 1, padding: 'same' })],
  ])('%s waits for all of it', (_, f) => {
    const x = draw(2, 40, 40, 32);
    const compiled = compile(f);
    const want = f(x).dataSync();
    for (let call = 0; call < 3; call++) {
      const got = compiled(x).dataSync();
      expect(got.findIndex((value, i) => value !== want[i])).toBe(-1);
    }
  });
});
