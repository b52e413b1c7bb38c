import { afterEach, describe, it } from 'vitest';
import { closeAll, expectSameBits } from '../backends/wasm/crew-support';

afterEach(closeAll);

describe('threads on a cross-origin isolated page', () => {
  it('join when the page lets them start, and give the bits of one thread', () => expectSameBits([1, 2, 3]));
});
