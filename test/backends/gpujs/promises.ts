import type { Promises } from '../../ops/parity-async';

/** Linear algebra by elimination, sorting, quantised arithmetic and the other dtypes are left to CPUs. */
const isMissing = (name: string): boolean =>
  /^(sort|topK|argSort|oneHot of ranks|inv|det|solve|cholesky|resize|hostScalar|cast to (float64|int8|uint8))/.test(
    name,
  );

const LARGE_QUOTIENTS = 'float32 does not hold quotients beyond 2^24, so their remainders are lost';

/** Modes 'cpu' and 'webasm', which compute as JavaScript and WebAssembly do. */
export const EXACT_MODES: Promises = {
  tolerance: 4e-6,
  specials: 1e-5,
  noSpecials: { mod: LARGE_QUOTIENTS, 'mod, signs': LARGE_QUOTIENTS },
  isMissing,
  exactBelow: 2 ** 24,
  layouts: ['strided'],
};
