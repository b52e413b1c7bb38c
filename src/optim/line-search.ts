/** A point of the line: step length, value and slope there. */
interface Point {
  step: number;
  value: number;
  slope: number;
}

/** Value and slope at a step length. */
export type LineFunction = (step: number) => { readonly value: number; readonly slope: number };

export interface LineSearchOptions {
  /** First step to try. */
  readonly step: number;
  readonly maxStep: number;
  readonly maxEvaluations: number;
  /** Sufficient decrease: value ≤ value(0) + decrease · step · slope(0). */
  readonly decrease: number;
  /** Curvature: |slope| ≤ curvature · |slope(0)|. */
  readonly curvature: number;
  /** Stop when the bracket is this narrow, relative to its upper end. */
  readonly width: number;
}

/** `ok` is false when no step of sufficient decrease was found. */
export interface LineSearchResult {
  readonly step: number;
  readonly ok: boolean;
}

/**
 * A step that meets the strong Wolfe conditions, by Moré and Thuente's safeguarded interpolation.
 *
 * @param line - value and slope along a descent direction; the last step it is called with is the one returned.
 * @param start - value and (negative) slope at step 0.
 *
 * Reference: Moré & Thuente 1994, “Line search algorithms with guaranteed sufficient decrease”, ACM TOMS 20.
 */
export function searchLine(
  line: LineFunction,
  start: { value: number; slope: number },
  options: LineSearchOptions,
): LineSearchResult {
  const { maxStep, decrease, curvature } = options;
  const required = decrease * start.slope;
  // `best` is the end of the bracket with the lowest value so far, `other` its opposite end.
  let best: Point = { step: 0, ...start };
  let other: Point = { step: 0, ...start };
  let bracketed = false;
  // Until a point with decrease and rising slope is seen, the search runs on ψ(t) = φ(t) − φ(0) − decrease·φ'(0)·t.
  let auxiliary = true;
  let step = Math.min(options.step, maxStep);
  let [low, high] = [0, 5 * step];
  let width = maxStep;
  let widthBefore = 2 * width;
  for (let count = 1; ; count++) {
    const { value, slope } = line(step);
    const allowed = start.value + step * required;
    const enough = value <= allowed;
    if (enough && Math.abs(slope) <= curvature * -start.slope) return { step, ok: true };
    const stuck = bracketed && (step <= low || step >= high || high - low <= options.width * high);
    const atMax = step === maxStep && enough && slope <= required;
    if (stuck || atMax || count >= options.maxEvaluations) {
      // Near a minimum rounding hides the decrease asked for: a bracket that has shrunk to a point as low is as good.
      return { step, ok: Number.isFinite(value) && (enough || (stuck && value <= start.value)) };
    }
    if (!Number.isFinite(value) || !Number.isFinite(slope)) {
      step = (best.step + step) / 2;
      continue;
    }
    if (auxiliary && enough && slope >= 0) auxiliary = false;
    // ψ helps only while the trial is lower than the best point and still not low enough.
    const shift = auxiliary && value <= best.value && !enough ? required : 0;
    const trial = lowered({ step, value, slope }, shift);
    const next = interpolate(lowered(best, shift), lowered(other, shift), trial, bracketed, low, high);
    best = lowered(next.best, -shift);
    other = lowered(next.other, -shift);
    bracketed = next.bracketed;
    step = next.step;
    if (bracketed) {
      if (Math.abs(other.step - best.step) >= 0.66 * widthBefore) step = best.step + 0.5 * (other.step - best.step);
      widthBefore = width;
      width = Math.abs(other.step - best.step);
      low = Math.min(best.step, other.step);
      high = Math.max(best.step, other.step);
    } else {
      low = step + 1.1 * (step - best.step);
      high = step + 4 * (step - best.step);
    }
    step = Math.min(Math.max(step, 0), maxStep);
    if (bracketed && (step <= low || step >= high || high - low <= options.width * high)) step = best.step;
  }
}

/** The point seen under φ(t) − slope·t. */
function lowered(p: Point, slope: number): Point {
  return slope === 0 ? p : { step: p.step, value: p.value - p.step * slope, slope: p.slope - slope };
}

/** Step to the minimiser of the cubic through both points with their slopes, and √ of its discriminant, scaled. */
function cubic(a: Point, b: Point): { theta: number; gamma: number } {
  const theta = (3 * (a.value - b.value)) / (b.step - a.step) + a.slope + b.slope;
  const s = Math.max(Math.abs(theta), Math.abs(a.slope), Math.abs(b.slope));
  const discriminant = (theta / s) ** 2 - (a.slope / s) * (b.slope / s);
  return { theta, gamma: s * Math.sqrt(Math.max(0, discriminant)) };
}

interface Interpolation {
  readonly best: Point;
  readonly other: Point;
  readonly bracketed: boolean;
  readonly step: number;
}

/** The next trial step and the updated interval of uncertainty, by the four cases of the paper's section 4. */
function interpolate(
  best: Point,
  other: Point,
  trial: Point,
  bracketed: boolean,
  low: number,
  high: number,
): Interpolation {
  const sign = trial.slope * Math.sign(best.slope);
  let step: number;
  let isBracketed = bracketed;
  if (trial.value > best.value) {
    step = afterHigher(best, trial);
    isBracketed = true;
  } else if (sign < 0) {
    step = afterTurn(best, trial);
    isBracketed = true;
  } else if (Math.abs(trial.slope) < Math.abs(best.slope)) {
    step = afterFlatter(best, other, trial, bracketed, low, high);
  } else if (bracketed) {
    const { theta, gamma: g } = cubic(trial, other);
    const gamma = trial.step > other.step ? -g : g;
    const r = (gamma - trial.slope + theta) / (gamma - trial.slope + gamma + other.slope);
    step = trial.step + r * (other.step - trial.step);
  } else {
    step = trial.step > best.step ? high : low;
  }
  if (trial.value > best.value) return { best, other: trial, bracketed: isBracketed, step };
  return { best: trial, other: sign < 0 ? best : other, bracketed: isBracketed, step };
}

/** Case 1, a higher value: the minimum is bracketed; the cubic step, or between it and the quadratic one. */
function afterHigher(best: Point, trial: Point): number {
  const { theta, gamma: g } = cubic(best, trial);
  const gamma = trial.step < best.step ? -g : g;
  const r = (gamma - best.slope + theta) / (gamma - best.slope + gamma + trial.slope);
  const byCubic = best.step + r * (trial.step - best.step);
  const span = trial.step - best.step;
  const byQuadratic = best.step + (best.slope / ((best.value - trial.value) / span + best.slope) / 2) * span;
  const cubicIsCloser = Math.abs(byCubic - best.step) < Math.abs(byQuadratic - best.step);
  return cubicIsCloser ? byCubic : byCubic + (byQuadratic - byCubic) / 2;
}

/** Case 2, a lower value and a slope of opposite sign: the minimum is bracketed; cubic or secant step, the farther one. */
function afterTurn(best: Point, trial: Point): number {
  const { theta, gamma: g } = cubic(best, trial);
  const gamma = trial.step > best.step ? -g : g;
  const r = (gamma - trial.slope + theta) / (gamma - trial.slope + gamma + best.slope);
  const byCubic = trial.step + r * (best.step - trial.step);
  const bySecant = trial.step + (trial.slope / (trial.slope - best.slope)) * (best.step - trial.step);
  return Math.abs(byCubic - trial.step) > Math.abs(bySecant - trial.step) ? byCubic : bySecant;
}

/** Case 3, lower and flatter: a cubic step only if the cubic rises beyond the trial, else the secant one; kept in bounds. */
function afterFlatter(best: Point, other: Point, trial: Point, bracketed: boolean, low: number, high: number): number {
  const { theta, gamma: g } = cubic(best, trial);
  const gamma = trial.step > best.step ? -g : g;
  const r = (gamma - trial.slope + theta) / (gamma + (best.slope - trial.slope) + gamma);
  const rises = r < 0 && gamma !== 0;
  const byCubic = rises ? trial.step + r * (best.step - trial.step) : trial.step > best.step ? high : low;
  const bySecant = trial.step + (trial.slope / (trial.slope - best.slope)) * (best.step - trial.step);
  const cubicIsCloser = Math.abs(byCubic - trial.step) < Math.abs(bySecant - trial.step);
  if (!bracketed) return Math.min(Math.max(cubicIsCloser ? bySecant : byCubic, low), high);
  const step = cubicIsCloser ? byCubic : bySecant;
  const limit = trial.step + 0.66 * (other.step - trial.step);
  return trial.step > best.step ? Math.min(limit, step) : Math.max(limit, step);
}
