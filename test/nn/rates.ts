import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import type { Backend } from '../../src/core/backend';
import { memory } from '../../src/index';
import { expectValues } from '../ops/close';
import { historyOf, NAMES } from './rate-scenarios';

/** Training with learning rates that change has the losses and rates of the reference on `backend`. */
export function testRates(backend: Backend, tolerance: number): void {
  describe(`learning rates that change on ${backend.name}`, () => {
    it.each(NAMES)('%s', async (name) => {
      const wanted = await historyOf(name, reference());
      const before = memory().tensors;
      const got = await historyOf(name, backend);
      expect(memory().tensors).toBe(before);
      got.forEach((logs, i) => {
        expect(Object.keys(logs)).toEqual(Object.keys(wanted[i]!));
        for (const [key, values] of Object.entries(logs)) expectValues(values, wanted[i]![key]!, tolerance, key);
      });
      // The rate must have made a difference for this to say something.
      if (wanted[0]!.learningRate !== undefined) expect(new Set(wanted[0]!.learningRate).size).toBeGreaterThan(1);
    });
  });
}
