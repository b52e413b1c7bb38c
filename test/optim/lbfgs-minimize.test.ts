import { describe, expect, it } from 'vitest';
import { minimizeLbfgs, type Objective } from '../../src/optim/lbfgs-minimize';
import { searchLine } from '../../src/optim/line-search';

const options = { maxIter: 1000, gradientTolerance: 1e-9, valueTolerance: 0 };

/** Σ 100(x₂ − x₁²)² + (1 − x₁)² over consecutive pairs. */
const rosenbrock: Objective = (x, g) => {
  g.fill(0);
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const a = x[i + 1]! - x[i]! ** 2;
    const b = 1 - x[i]!;
    sum += 100 * a * a + b * b;
    g[i]! += -400 * x[i]! * a - 2 * b;
    g[i + 1]! += 200 * a;
  }
  return sum;
};

describe('minimizeLbfgs', () => {
  for (const n of [2, 10, 50]) {
    it(`finds the minimum of Rosenbrock’s valley in ${n} dimensions`, () => {
      const start = Float64Array.from({ length: n }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
      const kept = start.slice();
      const { x, reason, gradientNorm, iterations, evaluations } = minimizeLbfgs(rosenbrock, start, options);
      expect(start).toEqual(kept);
      expect(reason).toBe('gradient');
      expect(gradientNorm).toBeLessThanOrEqual(1e-9);
      expect(evaluations).toBeGreaterThan(iterations);
      for (const v of x) expect(v).toBeCloseTo(1, 7);
    });
  }

  it('solves a badly scaled quadratic', () => {
    const scale = Float64Array.from({ length: 8 }, (_, i) => 10 ** (i - 4));
    const quadratic: Objective = (x, g) => {
      let sum = 0;
      for (let i = 0; i < x.length; i++) {
        const d = x[i]! - i;
        sum += 0.5 * scale[i]! * d * d;
        g[i] = scale[i]! * d;
      }
      return sum;
    };
    const { x, reason } = minimizeLbfgs(quadratic, new Float64Array(8), { ...options, gradientTolerance: 1e-11 });
    expect(reason).toBe('gradient');
    x.forEach((v, i) => {
      expect(v).toBeCloseTo(i, 5);
    });
  });

  it('says why it stopped', () => {
    const start = Float64Array.of(-1.2, 1);
    expect(minimizeLbfgs(rosenbrock, start, { ...options, maxIter: 3 })).toMatchObject({
      reason: 'iterations',
      iterations: 3,
    });
    expect(minimizeLbfgs(rosenbrock, start, { ...options, valueTolerance: 1 }).reason).toBe('value');
    expect(minimizeLbfgs(rosenbrock, Float64Array.of(1, 1), options)).toMatchObject({
      reason: 'gradient',
      iterations: 0,
      evaluations: 1,
    });
    const lying: Objective = (x, g) => {
      g[0] = -1;
      return x[0]!;
    };
    expect(minimizeLbfgs(lying, Float64Array.of(0), options).reason).toBe('line search');
  });

  it('backs away from where the function is not finite', () => {
    // −ln x + x, defined for x > 0 only.
    const barrier: Objective = (x, g) => {
      g[0] = 1 - 1 / x[0]!;
      return x[0]! > 0 ? x[0]! - Math.log(x[0]!) : Number.NaN;
    };
    const { x, reason } = minimizeLbfgs(barrier, Float64Array.of(0.01), options);
    expect([reason, x[0]!.toFixed(8)]).toEqual(['gradient', '1.00000000']);
  });
});

describe('searchLine', () => {
  // The functions of Moré and Thuente’s section 5, from very small and very large first steps.
  const mu = 1e-3;
  const functions: [string, (a: number) => [number, number]][] = [
    ['−a/(a² + 2)', (a) => [-a / (a * a + 2), (a * a - 2) / (a * a + 2) ** 2]],
    [
      '(a + 0.004)⁵ − 2(a + 0.004)⁴',
      (a) => [(a + 0.004) ** 5 - 2 * (a + 0.004) ** 4, 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3],
    ],
    ['a steep bowl', (a) => [(a - 3) ** 2, 2 * (a - 3)]],
    [
      'a function with a bend',
      (a) => [Math.abs(a - 1) ** 1.5 - a * 1e-3, 1.5 * Math.sign(a - 1) * Math.sqrt(Math.abs(a - 1)) - 1e-3],
    ],
  ];
  for (const [name, f] of functions) {
    for (const step of [1e-3, 0.1, 10, 1e3]) {
      it(`meets the Wolfe conditions on ${name} from ${step}`, () => {
        const line = (a: number): { value: number; slope: number } => ({ value: f(a)[0], slope: f(a)[1] });
        const start = line(0);
        const found = searchLine(line, start, {
          step,
          maxStep: 1e10,
          maxEvaluations: 60,
          decrease: mu,
          curvature: 0.1,
          width: 1e-10,
        });
        expect(found.ok).toBe(true);
        const end = line(found.step);
        expect(end.value).toBeLessThanOrEqual(start.value + mu * found.step * start.slope);
        expect(Math.abs(end.slope)).toBeLessThanOrEqual(0.1 * -start.slope);
      });
    }
  }
});
