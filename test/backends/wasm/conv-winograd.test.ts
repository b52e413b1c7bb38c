import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/autograd/grad';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { conv2d, type GroupedConv2dOptions } from '../../../src/ops/conv';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, describeTwin, expectSame, type Twin, twin, wasmBackend } from './support';

type Case = [name: string, x: number[], kernel: number[], options: GroupedConv2dOptions];

const CASES: Case[] = [
  ['same', [2, 18, 18, 16], [3, 3, 16, 16], { padding: 'same' }],
  ['valid, odd image', [2, 21, 23, 16], [3, 3, 16, 24], {}],
  ['few channels, fewer filters', [2, 18, 17, 12], [3, 3, 12, 8], { padding: 'same' }],
  ['odd channels and filters', [2, 18, 17, 21], [3, 3, 21, 19], { padding: 'same' }],
  ['channels in several blocks', [1, 24, 23, 150], [3, 3, 150, 17], { padding: 'same' }],
  ['filters in several blocks', [1, 23, 24, 18], [3, 3, 18, 139], { padding: 'same' }],
  ['more tiles than a unit', [3, 40, 31, 32], [3, 3, 32, 32], { padding: 'same' }],
  ['groups', [2, 18, 19, 36], [3, 3, 18, 40], { groups: 2, padding: 'same' }],
  [
    'asymmetric padding',
    [2, 17, 19, 17],
    [3, 3, 17, 16],
    {
      padding: [
        [0, 2],
        [1, 0],
      ],
    },
  ],
  [
    'padding beyond the kernel',
    [2, 16, 17, 16],
    [3, 3, 16, 16],
    {
      padding: [
        [4, 3],
        [5, 6],
      ],
    },
  ],
];

/** The convolution and both its gradients. */
function contractions(options: GroupedConv2dOptions) {
  return (x?: Tensor, k?: Tensor, g?: Tensor): Tensor[] => {
    const [y, pull] = vjp((p, q) => conv2d(p, q, options), x!, k!);
    return [y, ...pull(g!)];
  };
}

describe('small convolutions with many channels', () => {
  const rng = new Rng('winograd');
  const both = (f: ReturnType<typeof contractions>, [x, k, g]: [Twin, Twin, Twin]) => ({
    got: f(x.tested, k.tested, g.tested),
    want: f(x.truth, k.truth, g.truth),
  });

  it.each(CASES)('%s: forward and both gradients', (_, xShape, kernelShape, options) => {
    const centred = { value: (r: Rng) => r.random() - 0.5 };
    const x = twin(rng, 'float32', xShape, centred);
    const k = twin(rng, 'float32', kernelShape, centred);
    const g = twin(rng, 'float32', conv2d(x.truth, k.truth, options).shape, centred);
    const label = `${describeTwin(x)} ∗ ${describeTwin(k)}`;
    const f = contractions(options);
    const fallen = countFallbacks(wasmBackend, () => {
      const { got, want } = both(f, [x, k, g]);
      got.forEach((part, i) => expectSame(part, want[i]!, 2e-5, `${label}, ${i}`));
    });
    expect(fallen).toEqual([]);
    expectSameBitsShattered(f, [x.tested, k.tested, g.tested], label);
  });

  it.each([
    ['an infinite pixel', Infinity, 'x'],
    ['a pixel that is no number', NaN, 'x'],
    ['a pixel near the largest number', 3e38, 'x'],
    ['an infinite weight', -Infinity, 'k'],
    ['an infinite cotangent', Infinity, 'g'],
    ['a cotangent that is no number', NaN, 'g'],
  ] as const)('lets %s reach exactly what sees it', (_, value, where) => {
    const positive = { layouts: ['contiguous'], value: (r: Rng) => r.random() + 0.5 } as const;
    const operands = {
      x: twin(rng, 'float32', [2, 17, 18, 16], positive),
      k: twin(rng, 'float32', [3, 3, 16, 17], positive),
      g: twin(rng, 'float32', [2, 15, 16, 17], positive),
    };
    const { tested, truth } = operands[where];
    for (const t of [tested, truth]) t.backend.host(t.block)!.set([value], 16 * 17 + 5);
    const { got, want } = both(contractions({}), [operands.x, operands.k, operands.g]);
    got.forEach((part, i) => expectSame(part, want[i]!, 2e-4, `result ${i}`));
    const values = got.flatMap((part) => [...part.dataSync()]);
    expect(values.some((v) => !(Math.abs(v) < 1e30)) && values.some((v) => Number.isFinite(v))).toBe(true);
  });
});
