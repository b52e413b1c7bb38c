import type { Promises } from '../../ops/parity-async';

/** Linear algebra by elimination, quantised arithmetic and the other dtypes are left to CPUs. */
const isMissing = (name: string): boolean =>
  /^(inv|det|solve|cholesky|recurrence|hostScalar|cast to (float64|int8|uint8))/.test(name);

const LARGE_QUOTIENTS = 'float32 does not hold quotients beyond 2^24, so their remainders are lost';

const LARGE_ANGLES = 'full turns are taken off up to 30000 only';

/** Modes 'cpu' and 'webasm', which compute as JavaScript and WebAssembly do. */
export const EXACT_MODES: Promises = {
  tolerance: 4e-6,
  specials: 1e-5,
  noSpecials: { mod: LARGE_QUOTIENTS, 'mod, signs': LARGE_QUOTIENTS },
  isMissing,
  exactBelow: 2 ** 24,
  layouts: ['strided'],
};

/** Modes 'webgl2' and 'webgpu', with functions of our own where those of GPUs have few digits; one shape of each row. */
export const GPU_MODES: Promises = {
  ...EXACT_MODES,
  tolerance: 1e-5,
  specials: 2e-5,
  noSpecials: { ...EXACT_MODES.noSpecials, sin: LARGE_ANGLES, cos: LARGE_ANGLES, tan: LARGE_ANGLES },
  layouts: ['contiguous'],
  mainOnly: true,
};
