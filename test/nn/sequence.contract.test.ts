import { describe, it } from 'vitest';
import { checkLayer } from '../../src/testing/check-layer';
import { layerOf, SEQUENCE_CASES } from './sequence.cases';

describe('layers of sequences keep the contract', () => {
  it.each(SEQUENCE_CASES.map((c) => [`${c.kind} ${JSON.stringify(c.options)}`, c] as const))('%s', (_, c) => {
    checkLayer((config?: never) => layerOf(c, config), c.input, c.check);
  });
});
