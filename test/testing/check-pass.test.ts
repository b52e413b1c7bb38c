import { describe, expect, it } from 'vitest';
import { foldBatchNorm, type Pass, prune, quantize } from '../../src/compress/index';
import { stagesOf, withChanges } from '../../src/compress/pass';
import { rng, tensor, zeros } from '../../src/index';
import { batchNorm, dense, sequential } from '../../src/nn/index';
import { checkPass } from '../../src/testing/check-pass';

const model = () =>
  sequential([dense({ units: 6, activation: 'relu' }), batchNorm(), dense({ units: 2 })], { inputShape: [4], seed: 1 });
const copy: Pass = async (m) => m.clone();

describe('checkPass', () => {
  it.each<[string, Pass]>([
    ['a copy', copy],
    ['prune', prune({ sparsity: 0.5 })],
    ['prune of filters', prune({ sparsity: 0.5, granularity: 'filters' })],
    ['foldBatchNorm', foldBatchNorm()],
    ['quantize', quantize({ calibration: rng(1).normal([32, 4]) })],
  ])('passes %s', async (_, pass) => {
    await checkPass(pass, { model, identity: prune({ sparsity: 0 }), x: rng(2).normal([5, 4]) });
    await checkPass(pass, { model });
  });

  const leaks: unknown[] = [];
  it.each<[string, Pass, RegExp]>([
    ['one that returns its input', async (m) => m, /returned its input/],
    ['one that returns nothing', (async () => undefined) as unknown as Pass, /did not return a model/],
    [
      'one that changes its input',
      async (m) => {
        const c = m.clone();
        m.setWeights(m.getWeights().map((w) => zeros(w.shape)));
        return c;
      },
      /changed its input/,
    ],
    [
      'one that leaks',
      async (m) => {
        for (let i = 0; i < 500; i++) leaks.push(tensor([i]));
        return m.clone();
      },
      /leaked \d+ tensors/,
    ],
    [
      'one that makes NaN',
      async (m) => {
        const c = m.clone();
        c.setWeights(c.getWeights().map((w) => tensor(new Float32Array(w.size).fill(Number.NaN), { shape: w.shape })));
        return c;
      },
      /NaN or infinity/,
    ],
    [
      'one that changes the output',
      async (m) => withChanges(m, { stages: stagesOf(m).slice(0, 2) }),
      /outputs of another shape/,
    ],
    [
      'one that frees its input',
      async (m) => {
        const c = m.clone();
        m.dispose();
        return c;
      },
      /was disposed/,
    ],
  ])('fails %s', async (_, pass, message) => {
    await expect(checkPass(pass, { model })).rejects.toThrow(message);
  });

  it('fails an identity that is none', async () => {
    await expect(checkPass(copy, { model, identity: prune({ sparsity: 0.5 }) })).rejects.toThrow(
      /at zero strength predictions differ by up to 0\.\d+; at most 0/,
    );
    await checkPass(copy, { model, identity: prune({ sparsity: 0.2 }), tolerance: 100 });
  });
});
