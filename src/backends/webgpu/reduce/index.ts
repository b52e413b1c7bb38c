import { isTrue } from '../elementwise/rules';
import type { KernelTable } from '../kernel';
import { argKernel } from './arg';
import { type Fold, reduceKernel } from './reduce';
import { cumsum } from './scan';

const extremum = (name: 'max' | 'min'): Fold => ({
  identity: (type) => {
    if (type === 'f32') return name === 'max' ? '-k_inf()' : 'k_inf()';
    return name === 'max' ? 'bitcast<i32>(0x80000000u)' : '0x7fffffff';
  },
  combine: (a, b, type) => (type === 'f32' ? `k_${name}(${a}, ${b})` : `${name}(${a}, ${b})`),
});

const search = (name: 'any' | 'all'): Fold => ({
  identity: () => (name === 'any' ? '0' : '1'),
  map: (x, type) => `select(0, 1, ${type === 'f32' ? isTrue(x) : `${x} != 0`})`,
  combine: (a, b) => (name === 'any' ? `max(${a}, ${b})` : `min(${a}, ${b})`),
});

const makeReductions = (): KernelTable => ({
  sum: reduceKernel('sum', { identity: (type) => `${type}(0)`, combine: (a, b) => `${a} + ${b}` }),
  prod: reduceKernel('prod', { identity: (type) => `${type}(1)`, combine: (a, b) => `${a} * ${b}` }),
  max: reduceKernel('max', extremum('max')),
  min: reduceKernel('min', extremum('min')),
  any: reduceKernel('any', search('any')),
  all: reduceKernel('all', search('all')),
  argMax: argKernel('>'),
  argMin: argKernel('<'),
  cumsum,
});
/** Sums, products, extrema and where they are, truth, running sums. */
export const REDUCTIONS: KernelTable = /* @__PURE__ */ makeReductions();
