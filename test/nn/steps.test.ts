import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import type { Backend, Operand, Primitive } from '../../src/core/backend';
import { ConfigError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { memory } from '../../src/core/tensor';
import { ones, tensor } from '../../src/index';
import { dense, dropout, embedding, flatten, sequential } from '../../src/nn/index';
import { deferringChecks, findNoIndex } from '../../src/nn/indices';
import { drawKey, StepRng, uniformFor } from '../../src/nn/step-rng';
import { settled } from '../setup/collect';

/** A backend whose memory the host can't look into in place, as a GPU's. */
function blindBackend(): Backend {
  const base = reference();
  return Object.create(base, {
    host: { value: () => null },
    run: {
      value: (op: Primitive, inputs: readonly Operand[], out: Operand, attrs: unknown) =>
        base.run(op, inputs, out, attrs),
    },
  }) as Backend;
}

describe('checks of indices', () => {
  it('find the first stranger where values can be read', () => {
    const { result, strangers } = deferringChecks(() => [
      findNoIndex(tensor([0, 2, 1]), 3),
      findNoIndex(tensor([0, 3, -1]), 3),
      findNoIndex(tensor([0.5]), 3),
      findNoIndex(tensor([]), 3),
    ]);
    expect(result).toEqual([undefined, 3, 0.5, undefined]);
    expect(strangers).toBeNull();
  });

  it('count strangers where they can’t', () => {
    const backend = blindBackend();
    const x = tensor([0, 2, 3, -1, 0.5, Number.NaN, 1], { backend });
    const { result, strangers } = deferringChecks(() => [findNoIndex(x, 3), findNoIndex(x, 4)]);
    expect(result).toEqual([undefined, undefined]);
    expect(strangers!.item()).toBe(4 + 3);
    expect(deferringChecks(() => findNoIndex(tensor([0, 1, 2], { backend }), 3)).strangers!.item()).toBe(0);
    expect(findNoIndex(x, 3)).toBeUndefined();
  });

  it('end with the innermost that defers them, also after an error', () => {
    const x = tensor([5], { backend: blindBackend() });
    const outer = deferringChecks(() => {
      const inner = deferringChecks(() => findNoIndex(x, 1));
      expect(() =>
        deferringChecks(() => {
          findNoIndex(x, 1);
          throw new Error('x');
        }),
      ).toThrow('x');
      return inner.strangers!.item();
    });
    expect(outer).toEqual({ result: 1, strangers: null });
  });

  it('keep the weights from a step with strangers on a backend that can’t be read in place', async () => {
    const backend = blindBackend();
    const classifier = sequential([dense({ units: 2, activation: 'softmax' })], { inputShape: [2], seed: 1, backend });
    classifier.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    const x = [
      [1, 2],
      [3, 4],
    ];
    await classifier.fit(x, [0, 1], { verbose: 0 });
    const weights = classifier.getWeights().map((w) => w.toArraySync());
    await settled();
    const before = memory();
    // Within what the operation itself takes, but no class numbers.
    await expect(classifier.fit(x, [0, -1], { verbose: 0 })).rejects.toThrow(
      /fit: 1 class numbers or tokens of a batch are no integers in range/,
    );
    await expect(classifier.evaluate(x, [-1, 0.5])).rejects.toThrow(/evaluate: 2 class numbers or tokens/);
    expect(memory()).toEqual(before);
    expect(classifier.getWeights().map((w) => w.toArraySync())).toEqual(weights);

    const reader = sequential([embedding({ inputDim: 3, outputDim: 2 }), flatten(), dense({ units: 1 })], {
      inputShape: [2],
      seed: 1,
      backend,
    });
    reader.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await reader.fit([[0, 2]], [1], { verbose: 0 });
    await expect(reader.fit([[0, -3]], [1], { verbose: 0 })).rejects.toThrow(ConfigError);
  });
});

describe('the randomness of a step', () => {
  const stepRng = (seed: number, backend = ones([1]).backend): StepRng => {
    const noise = new Rng(seed);
    return new StepRng(drawKey(noise, backend), noise.split());
  };

  it('differs from use to use and begins anew on restart', () => {
    const rng = stepRng(1);
    const draw = (r: StepRng): number[][] => [[...r.uniform([5]).dataSync()], [...r.uniform([5]).dataSync()]];
    const [first, second] = draw(rng);
    expect(first).not.toEqual(second);
    expect(draw(rng.restart())).toEqual([first, second]);
    expect(draw(stepRng(1))).toEqual([first, second]);
    expect(draw(stepRng(2))).not.toEqual([first, second]);
    const numbers = (r: Rng): number[] => [r.random(), r.gaussian(), r.integer(1000), r.split().random()];
    expect(numbers(rng.restart())).toEqual(numbers(stepRng(1)));
  });

  it('has numbers for the host only outside of a compiled step', () => {
    const rng = new StepRng(drawKey(new Rng(1), ones([1]).backend), null);
    expect(rng.uniform([2]).shape).toEqual([2]);
    for (const draw of [() => rng.random(), () => rng.gaussian(), () => rng.permutation(3), () => rng.split()])
      expect(draw).toThrow(ConfigError);
  });

  it('gives layers the same numbers on every backend', () => {
    const drop = (backend: Backend): number[] => {
      const x = ones([100], { backend });
      return [
        ...dropout(0.5)
          .call({}, {}, x, { training: true, rng: stepRng(3, backend) })
          .y.dataSync(),
      ];
    };
    expect(drop(reference())).toEqual(drop(ones([1]).backend));
  });

  it('can be a plain stream, which is moved on', () => {
    const rng = new Rng(1);
    const x = ones([10]);
    const first = [...uniformFor(x, rng).dataSync()];
    expect([...uniformFor(x, rng).dataSync()]).not.toEqual(first);
    expect([...uniformFor(x, new Rng(1)).dataSync()]).toEqual(first);
  });
});
