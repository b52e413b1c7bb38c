/**
 * Functions behind probabilities: log Γ, digamma, the incomplete gamma and beta functions, and the normal distribution.
 * Relative errors are below 1e-12 where the argument itself does not limit them.
 *
 * References: Didonato & Morris 1992, “Algorithm 708: Significant digit computation of the incomplete beta function”, TOMS
 * 18; Wichura 1988, “Algorithm AS 241: The percentage points of the normal distribution”; Lentz 1976 for continued fractions.
 */
const LOG_ROOT_2PI = 0.9189385332046727418;
const TINY = 1e-300;
const MAX_TERMS = 100_000;

/** log Γ(a) − (a − ½) log a + a − ½ log 2π for a ≥ 8, by Stirling's series. */
function stirlingRest(a: number): number {
  const t = 1 / (a * a);
  const series =
    1 / 12 - t * (1 / 360 - t * (1 / 1260 - t * (1 / 1680 - t * (1 / 1188 - t * (691 / 360360 - t * (1 / 156))))));
  return series / a;
}

/** log Γ(x) for x > 0. */
export function logGamma(x: number): number {
  let shift = 1;
  let a = x;
  for (; a < 12; a++) shift *= a;
  return (a - 0.5) * Math.log(a) - a + LOG_ROOT_2PI + stirlingRest(a) - Math.log(shift);
}

/** Γ'(x) / Γ(x) for x > 0. */
export function digamma(x: number): number {
  let sum = 0;
  let a = x;
  for (; a < 12; a++) sum -= 1 / a;
  const t = 1 / (a * a);
  const series =
    1 / 12 - t * (1 / 120 - t * (1 / 252 - t * (1 / 240 - t * (1 / 132 - t * (691 / 32760 - t * (1 / 12))))));
  return sum + Math.log(a) - 0.5 / a - t * series;
}

/** e − log(1 + e) without loss for small e. */
function logExcess(e: number): number {
  if (Math.abs(e) > 0.3) return e - Math.log1p(e);
  // Σ (−e)^k / k from k = 2.
  let power = e * e;
  let sum = power / 2;
  for (let k = 3; k < 80; k++) {
    power *= -e;
    const next = sum + power / k;
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** x^a e^−x / Γ(a). */
function gammaFactor(a: number, x: number): number {
  if (a < 8) return Math.exp(a * Math.log(x) - x - logGamma(a));
  return Math.exp(-a * logExcess(x / a - 1) - stirlingRest(a)) * Math.sqrt(a / (2 * Math.PI));
}

/** Q(a, x) = Γ(a, x) / Γ(a), the upper incomplete gamma function over the whole one; a > 0, x ≥ 0. */
export function upperGamma(a: number, x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < MAX_TERMS && term > sum * 1e-17; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - gammaFactor(a, x) * sum;
  }
  return gammaFactor(a, x) * fraction(x + 1 - a, (i) => [-i * (i - a), x + 2 * i + 1 - a]);
}

/** 1 / (b₀ + a₁/(b₁ + a₂/(b₂ + …))) by Lentz's method. */
function fraction(b0: number, term: (i: number) => readonly [a: number, b: number]): number {
  let c = 1 / TINY;
  let d = 1 / b0;
  let h = d;
  for (let i = 1; i < MAX_TERMS; i++) {
    const [a, b] = term(i);
    d = 1 / (b + a * d || TINY);
    c = b + a / c || TINY;
    const step = c * d;
    h *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return h;
}

/** x^a y^b / B(a, b) with y = 1 − x. */
function betaFactor(a: number, b: number, x: number, y: number): number {
  if (a < 8 || b < 8) {
    return Math.exp(a * logOf(x, y) + b * logOf(y, x) - logBeta(a, b));
  }
  const lambda = a > b ? (a + b) * y - b : a - (a + b) * x;
  const x0 = a / (a + b);
  const z = a * logExcess(-lambda / a) + b * logExcess(lambda / b);
  return Math.sqrt((b * x0) / (2 * Math.PI)) * Math.exp(-z - betaRest(a, b));
}

const betaRest = (a: number, b: number): number => stirlingRest(a) + stirlingRest(b) - stirlingRest(a + b);
/** log x, by its complement where x is near 1. */
const logOf = (x: number, y: number): number => (x > 0.5 ? Math.log1p(-y) : Math.log(x));

/** log B(a, b); where one is small and the other large, without the difference of their large log Γ. */
function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < 12) return logGamma(a) + logGamma(b) - logGamma(a + b);
  // log Γ(large) − log Γ(small + large) by Stirling's formula.
  const sum = small + large;
  const drop = -(large - 0.5) * Math.log1p(small / large) - small * Math.log(sum) + small;
  return logGamma(small) + drop + stirlingRest(large) - stirlingRest(sum);
}

/**
 * I_x(a, b), the incomplete beta function over the whole one.
 *
 * @param y - 1 − x, which the caller may know better.
 */
export function incompleteBeta(a: number, b: number, x: number, y: number = 1 - x): number {
  if (!(x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0) return 0;
  if (y === 0) return 1;
  if (x * (a + b + 2) >= a + 1) return 1 - betaTail(b, a, y, x);
  return betaTail(a, b, x, y);
}

function betaTail(a: number, b: number, x: number, y: number): number {
  const term = (i: number): readonly [number, number] => {
    const m = i >> 1;
    if (i === 0) return [1, 1];
    const up =
      i % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    return [up, 1];
  };
  return (betaFactor(a, b, x, y) / a) * fraction(1, term);
}

/** The chance that an F variable with d1 and d2 degrees of freedom exceeds `f`. */
export function fSurvival(f: number, d1: number, d2: number): number {
  if (Number.isNaN(f)) return Number.NaN;
  if (f <= 0) return 1;
  if (f === Number.POSITIVE_INFINITY) return 0;
  const below = d2 + d1 * f;
  return incompleteBeta(d2 / 2, d1 / 2, d2 / below, (d1 * f) / below);
}

/** The chance that a χ² variable with `df` degrees of freedom exceeds `x`. */
export function chi2Survival(x: number, df: number): number {
  return x <= 0 ? 1 : upperGamma(df / 2, x / 2);
}

/** Φ(z), the standard normal distribution. */
export function normalCdf(z: number): number {
  const tail = upperGamma(0.5, (z * z) / 2) / 2;
  return z < 0 ? tail : 1 - tail;
}

const A = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
  67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
];
const B = [
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
  28729.085735721942674, 5226.495278852854561,
];
const C = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
];
const D = [
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
  0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
];
const E = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
  1.2426609473880784386e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
];
const F = [
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
];

const polynomial = (c: readonly number[], x: number): number => c.reduceRight((sum, k) => sum * x + k, 0);

/** The z with Φ(z) = p. */
export function normalQuantile(p: number): number {
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(A, r)) / polynomial(B, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? polynomial(C, r - 1.6) / polynomial(D, r - 1.6) : polynomial(E, r - 5) / polynomial(F, r - 5);
  return q < 0 ? -z : z;
}
