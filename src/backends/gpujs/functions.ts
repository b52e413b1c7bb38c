import { ERF_SMALL, LOG_ERFC, MILLS_MIDDLE, MILLS_REST, PHI_SMALL } from '../shared/error-function';
import type { GpuJsFunction } from './module';

/** A polynomial in `x`, lowest power first. */
const polynomial = (x: string, coefficients: readonly number[]): string =>
  coefficients.reduceRight((rest, c) => (rest === '' ? `${c}` : `(${c} + ${x} * ${rest})`), '');

/**
 * Functions that kernels call, written for gpu.js: in strings, as minifiers break functions passed as code, and without
 * anything that it translates wrongly in some mode (arrow functions, `?.`, `??`, defaults, `!0`, Infinity). They decide by
 * comparisons that are false for NaN, so that NaN takes the last branch, since `x !== x` is folded to false on WebGPU and
 * `max(NaN, 1)` is 1 on WebGL. Numbers that a kernel can't write, ∞ and NaN, come as arguments.
 */
const makeSources = (): readonly string[] => [
  // ⌊a/b⌋ for whole numbers, exact where division isn't: GPUs may round 6/3 to less than 2.
  'function quotient(a, b) { const q = Math.floor(a / b); const r = a - q * b; if (r < 0) { return q - 1; } if (r >= b) { return q + 1; } return q; }',
  'function larger(a, b) { if (a > b) { return a; } if (b >= a) { return b; } return a + b; }',
  'function smaller(a, b) { if (a < b) { return a; } if (b <= a) { return b; } return a + b; }',
  'function isEqual(a, b) { if (a === b) { return 1; } return 0; }',
  'function isUnequal(a, b) { if (a < b) { return 1; } if (a > b) { return 1; } if (a === b) { return 0; } return 1; }',
  'function isLess(a, b) { if (a < b) { return 1; } return 0; }',
  'function isAtMost(a, b) { if (a <= b) { return 1; } return 0; }',
  'function both(a, b) { if (a === 0 || b === 0) { return 0; } return 1; }',
  'function either(a, b) { if (a === 0 && b === 0) { return 0; } return 1; }',
  'function isTrue(x) { if (x === 0) { return 0; } return 1; }',
  'function isNothing(x) { if (x <= 0) { return 0; } if (x > 0) { return 0; } return 1; }',
  'function isFiniteNumber(x) { if (x <= 3.4028234663852886e38 && x >= -3.4028234663852886e38) { return 1; } return 0; }',
  // Whether a at place i comes before b at place j, NaN being the last.
  'function precedes(a, b, i, j) { if (a < b) { return 1; } if (a > b) { return 0; } const m = isNothing(a); const n = isNothing(b); if (m === n) { return isLess(i, j); } return n; }',
  'function choose(c, a, b) { if (c === 0) { return b; } return a; }',
  'function signOf(x) { if (x > 0) { return 1; } if (x < 0) { return -1; } return x; }',
  'function positive(x) { if (x <= 0) { return 0; } return x; }',
  'function positiveBy(g, y) { if (y <= 0) { return 0; } return g; }',
  'function leaky(x, slope) { if (x > 0) { return x; } return x * slope; }',
  'function toEven(x) { const f = Math.floor(x); const d = x - f; if (d < 0.5) { return f; } if (d > 0.5) { return f + 1; } const h = Math.floor(f / 2); if (f - 2 * h === 0) { return f; } return f + 1; }',
  'function truncated(x) { if (x > 0) { return Math.floor(x); } if (x < 0) { return Math.ceil(x); } return 0; }',
  'function wholeRemainder(a, b) { if (b === 0) { return 0; } const q = quotient(a, b); const r = a - q * b; if (b < 0) { const p = quotient(-1 * a, -1 * b); return a - p * b; } return r; }',
  'function remainder(a, b, inf, nan) { const m = Math.abs(b); if (m === 0) { return nan; } if (m === inf) { if (Math.abs(a) < inf) { if (a * b < 0) { return b; } return a; } return nan; } const r = a - b * Math.floor(a / b); if (b > 0 && r < 0) { return r + b; } if (b > 0 && r > b) { return r - b; } if (b < 0 && r > 0) { return r + b; } if (b < 0 && r < b) { return r - b; } return r; }',
  'function expOf(x) { if (x < -104) { return 0; } if (x >= -104) { return Math.exp(x); } return x; }',
  'function logOf(x, inf, nan) { if (x > 0) { if (x < inf) { return Math.log(x); } return x; } if (x < 0) { return nan; } if (x === 0) { return -1 * inf; } return x; }',
  // Their series where 1 + x, or eˣ, would round x away.
  'function log1pOf(x, inf, nan) { if (Math.abs(x) < 0.125) { return x * (1 - x * (0.5 - x * (0.3333333333 - x * (0.25 - x * (0.2 - x * (0.1666666667 - x * (0.1428571429 - x * 0.125))))))); } return logOf(1 + x, inf, nan); }',
  'function expm1Of(x) { if (Math.abs(x) < 0.35) { return x * (1 + x * (0.5 + x * (0.1666666667 + x * (0.04166666667 + x * (0.008333333333 + x * (0.001388888889 + x * 0.0001984126984)))))); } return expOf(x) - 1; }',
  'function sigmoidOf(x) { if (x >= 0) { return 1 / (1 + expOf(-1 * x)); } const e = expOf(x); return e / (1 + e); }',
  'function softplusOf(x, inf, nan) { if (x > 0) { return x + log1pOf(expOf(-1 * x), inf, nan); } return log1pOf(expOf(x), inf, nan); }',
  'function tanhOf(x) { const a = Math.abs(x); if (a > 9.02) { return signOf(x); } if (a <= 9.02) { const e = expm1Of(-2 * a); return signOf(x) * (-1 * e / (e + 2)); } return x; }',
  'function sinhOf(x) { const a = Math.abs(x); if (a < 0.35) { const m = expm1Of(x); return 0.5 * (m + m / (m + 1)); } const h = expOf(0.5 * a); const s = 0.5 * h * h - 0.5 * (1 / h) * (1 / h); return signOf(x) * s; }',
  'function coshOf(x) { const h = expOf(0.5 * Math.abs(x)); return 0.5 * h * h + 0.5 * (1 / h) * (1 / h); }',
  'function eluOf(x, alpha) { if (x > 0) { return x; } return alpha * expm1Of(x); }',
  // Quarter turns are taken off in three parts; what is left is within π/4.
  'function restOfTurns(x, n) { return ((x - n * 1.5703125) - n * 0.0004837512969970703) - n * 0.00000007549789948768648; }',
  'function sinNear(r) { const s = r * r; return r * (1 - s * (0.1666666667 - s * (0.008333333333 - s * (0.0001984126984 - s * 0.000002755731922)))); }',
  'function cosNear(r) { const s = r * r; return 1 - s * (0.5 - s * (0.04166666667 - s * (0.001388888889 - s * 0.00002480158730))); }',
  'function sinOfTurns(x, n, nan) { if (Math.abs(x) <= 30000) { const r = restOfTurns(x, n); const q = n - 4 * Math.floor(n / 4); return sinOfQuarter(r, q); } if (Math.abs(x) <= 3.4028234663852886e38) { return Math.sin(x); } return nan; }',
  'function sinOfQuarter(r, q) { if (q < 0.5) { return sinNear(r); } if (q < 1.5) { return cosNear(r); } if (q < 2.5) { return -1 * sinNear(r); } return -1 * cosNear(r); }',
  'function sinOf(x, nan) { return sinOfTurns(x, Math.floor(x * 0.6366197723675814 + 0.5), nan); }',
  'function cosOf(x, nan) { if (Math.abs(x) <= 3.4028234663852886e38) { if (Math.abs(x) > 30000) { return Math.cos(x); } const n = Math.floor(x * 0.6366197723675814 + 0.5); const r = restOfTurns(x, n); const m = n + 1; const q = m - 4 * Math.floor(m / 4); return sinOfQuarter(r, q); } return nan; }',
  // atan by the half-angle twice over, as GPUs promise four digits only.
  'function atanNear(t) { const s = t * t; return t * (1 - s * (0.3333333333 - s * (0.2 - s * (0.1428571429 - s * (0.1111111111 - s * 0.09090909091))))); }',
  'function atanUnit(t) { const h = t / (1 + Math.sqrt(1 + t * t)); const u = h / (1 + Math.sqrt(1 + h * h)); return 4 * atanNear(u); }',
  'function atanOf(x) { const a = Math.abs(x); if (a <= 1) { return atanUnit(x); } if (a > 1) { return signOf(x) * (1.5707963267948966 - atanUnit(1 / a)); } return x; }',
  'function isDown(x) { if (x < 0) { return 1; } if (x === 0 && 1 / x < 0) { return 1; } return 0; }',
  'function atan2Of(y, x, inf) { const a = Math.abs(x); const b = Math.abs(y); let r = 0; if (a === inf && b === inf) { r = 0.7853981633974483; } else { if (b > a) { r = 1.5707963267948966 - atanUnit(a / b); } else { if (a > 0) { r = atanUnit(b / a); } else { r = a + b; } } } if (isDown(x) > 0.5) { r = 3.141592653589793 - r; } if (isDown(y) > 0.5) { return -1 * r; } return r; }',
  'function asinOf(x, nan) { if (Math.abs(x) <= 1) { return atan2Of(x, Math.sqrt((1 - x) * (1 + x)), 1e30); } return nan; }',
  'function acosOf(x, nan) { if (Math.abs(x) <= 1) { return atan2Of(Math.sqrt((1 - x) * (1 + x)), x, 1e30); } return nan; }',
  `function erfOf(x) { const z = smaller(Math.abs(x), 4); if (z < 0.9) { const s = z * z; return signOf(x) * (z + z * ${polynomial('s', ERF_SMALL)}); } return signOf(x) * (1 - expOf(-1 * z * ${polynomial('z', LOG_ERFC)})); }`,
  `function geluOf(x, nan) { const z = smaller(Math.abs(x), 15); if (z < 0.74) { const s = x * x; return 0.5 * x + s * ${polynomial('s', PHI_SMALL)}; } if (x < -3.4028234663852886e38) { return nan; } const t = (z - 1.5) / (z + 2.5); const m = ${MILLS_MIDDLE} + t * ${polynomial('t', MILLS_REST)}; return positive(x) - m * expOf(-0.5 * z * z); }`,
  'function geluTanhOf(x) { return x * sigmoidOf(1.5957691216057308 * (x + 0.044715 * x * x * x)); }',
  'function sizePower(m, b) { if (m === 1) { return 1; } return Math.pow(m, b); }',
  'function powerOf(a, b, inf, nan) { if (b === 0) { return 1; } if (a === 1) { return 1; } if (a > 0) { if (b > 0 || b < 0) { return Math.pow(a, b); } return b; } if (a === 0) { if (b > 0) { return 0; } if (b < 0) { if (Math.floor(b) === b) { const h = Math.floor(b / 2); if (b - 2 * h === 1) { return 1 / a; } } return inf; } return b; } if (a < 0) { if (Math.abs(b) === inf) { return sizePower(-1 * a, b); } if (Math.floor(b) === b) { const m = sizePower(-1 * a, b); const h = Math.floor(b / 2); if (b - 2 * h === 0) { return m; } return -1 * m; } if (b > 0 || b < 0) { if (a < -3.4028234663852886e38) { return sizePower(-1 * a, b); } return nan; } } return a + b; }',
  'function wholePower(a, b) { if (b < 0) { if (a === 1) { return 1; } if (a === -1) { const h = Math.floor(b / 2); if (b - 2 * h === 0) { return 1; } return -1; } return 0; } let t = 1; for (let i = 0; i < 32; i++) { if (i < b) { t = t * a; } } if (b >= 32) { return Math.pow(a, b); } return t; }',
];

function makeFunctions(): ReadonlyMap<string, GpuJsFunction> {
  return new Map(makeSources().map((source) => [nameAndParams(source)[0]!, { source, settings: settingsOf(source) }]));
}

function nameAndParams(source: string): string[] {
  const [, name, params] = /^function (\w+)\(([^)]*)\)/.exec(source)!;
  return [name!, ...params!.split(', ')];
}

function settingsOf(source: string): GpuJsFunction['settings'] {
  const params = nameAndParams(source).slice(1);
  return { argumentTypes: Object.fromEntries(params.map((p) => [p, 'Number'])), returnType: 'Number' };
}

const FUNCTIONS: ReadonlyMap<string, GpuJsFunction> = /* @__PURE__ */ makeFunctions();

/**
 * Declarations of functions in GLSL, where one must be declared before it is used: gpu.js brings functions that are called
 * from several places into a wrong order.
 */
export function declarationsOf(functions: readonly GpuJsFunction[]): string {
  return functions
    .map(({ source }) => {
      const [name, ...params] = nameAndParams(source);
      return `float ${name}(${params.map((p) => `float user_${p}`).join(', ')});`;
    })
    .join('\n');
}

/** The functions that a source calls, and those that they call. */
export function functionsOf(source: string): GpuJsFunction[] {
  const found = new Map<string, GpuJsFunction>();
  const collect = (text: string): void => {
    for (const [, name] of text.matchAll(/\b(\w+)\(/g)) {
      const known = FUNCTIONS.get(name!);
      if (known === undefined || found.has(name!)) continue;
      found.set(name!, known);
      collect(known.source.slice(known.source.indexOf('{')));
    }
  };
  collect(source.slice(source.indexOf('{')));
  return [...found.values()];
}
