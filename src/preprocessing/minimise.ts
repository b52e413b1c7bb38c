const GOLDEN = (3 - Math.sqrt(5)) / 2;
const TOLERANCE = 1.48e-8;

/**
 * Where a function of one variable has a minimum, found by parabolas through the three best points, and golden sections
 * where those lead nowhere.
 *
 * @param f - the function; infinite where it is not defined.
 * @param start - two points from which to look downhill for an interval that holds a minimum.
 *
 * Reference: Brent 1973, “Algorithms for Minimization without Derivatives”, chapter 5.
 */
export function minimise(f: (x: number) => number, start: readonly [number, number]): number {
  let [low, high] = bracket(f, start);
  let best = { x: low + GOLDEN * (high - low), f: 0 };
  best.f = f(best.x);
  let second = best;
  let third = best;
  let step = 0;
  let before = 0;
  for (let i = 0; i < 500; i++) {
    const middle = (low + high) / 2;
    const near = TOLERANCE * Math.abs(best.x) + 1e-11;
    if (Math.abs(best.x - middle) <= 2 * near - (high - low) / 2) break;
    const lowest = Math.abs(before) > near ? vertex(best, second, third) : Number.NaN;
    const usable = lowest > low && lowest < high && Math.abs(lowest - best.x) < Math.abs(before) / 2;
    before = usable ? step : best.x < middle ? high - best.x : low - best.x;
    step = usable ? lowest - best.x : GOLDEN * before;
    // Points nearer than this tell nothing of each other.
    if (usable && (lowest - low < 2 * near || high - lowest < 2 * near)) step = middle > best.x ? near : -near;
    const x = best.x + (Math.abs(step) >= near ? step : step > 0 ? near : -near);
    const next = { x, f: f(x) };
    if (next.f <= best.f) {
      if (x < best.x) high = best.x;
      else low = best.x;
      [third, second, best] = [second, best, next];
      continue;
    }
    if (x < best.x) low = x;
    else high = x;
    if (next.f <= second.f || second === best) [third, second] = [second, next];
    else if (next.f <= third.f || third === best || third === second) third = next;
  }
  return best.x;
}

interface Point {
  readonly x: number;
  readonly f: number;
}

/** Where the parabola through three points is lowest; NaN or infinite where they lie on a line. */
function vertex(a: Point, b: Point, c: Point): number {
  const r = (a.x - b.x) * (a.f - c.f);
  const q = (a.x - c.x) * (a.f - b.f);
  return a.x - ((a.x - c.x) * q - (a.x - b.x) * r) / (2 * (q - r));
}

/** An interval within which f is lower than at its ends. */
function bracket(f: (x: number) => number, [p, q]: readonly [number, number]): [number, number] {
  let [a, b] = f(p) < f(q) ? [q, p] : [p, q];
  let valley = f(b);
  let c = b + 1.618034 * (b - a);
  for (let i = 0; i < 60; i++) {
    const value = f(c);
    if (!(value < valley)) break;
    [a, b, valley] = [b, c, value];
    c = b + 1.618034 * (b - a);
  }
  return a < c ? [a, c] : [c, a];
}
