import { NonFiniteError } from '../core/errors';
import { countSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import type { Loss } from './sgd-loss';
import { ScaledWeights, type SgdState } from './sgd-weights';
import { xorshift } from './xorshift';

export type Penalty = 'l2' | 'l1' | 'elasticnet';
export type LearningRate = 'constant' | 'optimal' | 'invscaling' | 'adaptive';

/** What SGD does, whatever the model. */
export interface SgdSettings {
  readonly loss: Loss;
  readonly penalty: Penalty | null;
  readonly alpha: number;
  /** Share of the L1 penalty: 0 for l2, 1 for l1. */
  readonly l1Ratio: number;
  readonly fitIntercept: boolean;
  /** −Infinity: run through all epochs. */
  readonly tol: number;
  readonly shuffle: boolean;
  /** `'pa1'` and `'pa2'`: the steps of passive-aggressive learning, with `aggressiveness`. */
  readonly learningRate: LearningRate | 'pa1' | 'pa2';
  readonly eta0: number;
  readonly powerT: number;
  readonly aggressiveness: number;
  readonly nIterNoChange: number;
  /** From which step on the mean is taken; 0: never. */
  readonly average: number;
}

/** One run over samples. */
export interface SgdRun {
  readonly X: Samples;
  /** 1 or −1 for a classifier. */
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
  /** What weights of samples are multiplied by whose y is not positive, and positive. */
  readonly classWeights: readonly [negative: number, positive: number];
  readonly isClassifier: boolean;
  readonly start: SgdState;
  /** The number of the first step, from 1. */
  readonly t: number;
  readonly epochs: number;
  /** 31 random bits. */
  readonly seed: number;
  /** Samples not to learn from, and how good coefficients are on them. */
  readonly validation: Validation | null;
  readonly what: string;
}

export interface Validation {
  readonly held: Uint8Array;
  score(coef: Float64Array, intercept: number): number;
}

export interface SgdResult {
  readonly state: SgdState;
  readonly epochs: number;
}

/** Slopes beyond this are cut. */
const STEEPEST = 1e12;
/** Sparse features are seen less often than the intercept, which then takes smaller steps. */
const SPARSE_INTERCEPT_DECAY = 0.01;

/** Runs stochastic gradient descent over the samples, epoch by epoch, until it no longer gets better. */
export function runSgd(run: SgdRun, settings: SgdSettings): SgdResult {
  const { X, validation, what } = run;
  const descent = new Descent(run, settings);
  const order = Int32Array.from({ length: countSamples(X) }, (_, i) => i);
  const progress = new Progress(settings, order.length - (validation?.held.reduce((a, b) => a + b, 0) ?? 0));
  let epoch = 0;
  while (epoch < run.epochs) {
    if (settings.shuffle) shuffle(order, run.seed);
    const loss = descent.epoch(order);
    epoch++;
    if (!descent.isFinite()) {
      throw new NonFiniteError(
        `${what}: the coefficients overflowed in epoch ${epoch}. Scale the features (StandardScaler), or lower eta0 or raise alpha.`,
      );
    }
    const isStuck = validation === null ? progress.takeLoss(loss) : progress.takeScore(descent.score());
    if (isStuck && !descent.slowDown()) break;
    if (isStuck) progress.forgive();
  }
  return { state: descent.state(), epochs: epoch };
}

/** One pass over the samples after the other. */
class Descent {
  readonly #run: SgdRun;
  readonly #settings: SgdSettings;
  readonly #w: ScaledWeights;
  readonly #decay: number;
  /** First step of the `'optimal'` schedule, by a heuristic of Bottou's. */
  readonly #optimalStart: number;
  #intercept: number;
  #meanIntercept: number;
  #eta: number;
  #t: number;
  /** The L1 penalty of all steps, and what each coefficient has paid of it. */
  #due = 0;
  readonly #paid: Float64Array | null;

  constructor(run: SgdRun, settings: SgdSettings) {
    const { alpha, eta0, penalty, loss, learningRate } = settings;
    this.#run = run;
    this.#settings = settings;
    this.#w = new ScaledWeights(run.X, run.start);
    this.#decay = isSparse(run.X) ? SPARSE_INTERCEPT_DECAY : 1;
    this.#intercept = run.start.intercept;
    this.#meanIntercept = run.start.mean?.intercept ?? 0;
    this.#eta = eta0;
    this.#t = run.t;
    this.#paid = penalty === 'l1' || penalty === 'elasticnet' ? new Float64Array(run.start.raw.length) : null;
    const typical = Math.sqrt(1 / Math.sqrt(alpha));
    this.#optimalStart =
      learningRate === 'optimal' ? 1 / ((typical / Math.max(1, loss.slope(-typical, 1))) * alpha) : 0;
  }

  /** Learns from every sample in order; the sum of the losses just before. */
  epoch(order: Int32Array): number {
    const { y, weights, classWeights, validation } = this.#run;
    const { loss, learningRate, penalty, alpha, l1Ratio, average, fitIntercept } = this.#settings;
    const [negative, positive] = classWeights;
    const w = this.#w;
    const isPassive = learningRate === 'pa1' || learningRate === 'pa2';
    let total = 0;
    for (let k = 0; k < order.length; k++) {
      const i = order[k]!;
      if (validation !== null && validation.held[i] === 1) continue;
      const p = w.dot(i) + this.#intercept;
      const target = y[i]!;
      const eta = this.#rate();
      if (validation === null) total += loss.value(p, target);
      let step = isPassive ? this.#passiveStep(i, p, target) : -eta * clip(loss.slope(p, target));
      // Passive-aggressive learning has nothing to learn from a sample of zeros, which does not count as a step.
      if (Number.isNaN(step)) continue;
      step *= (target > 0 ? positive : negative) * (weights === null ? 1 : weights[i]!);
      if (penalty === 'l2' || penalty === 'elasticnet') w.shrink(Math.max(0, 1 - (1 - l1Ratio) * eta * alpha));
      if (step !== 0) {
        w.add(i, step);
        if (fitIntercept) this.#intercept += step * this.#decay;
      }
      if (average > 0 && average <= this.#t) {
        const count = this.#t - average + 1;
        w.addToMean(i, step, count);
        this.#meanIntercept += (this.#intercept - this.#meanIntercept) / count;
      }
      if (this.#paid !== null) {
        this.#due += l1Ratio * eta * alpha;
        w.pay(i, this.#due, this.#paid);
      }
      this.#t++;
    }
    return total;
  }

  #rate(): number {
    const { learningRate, alpha, eta0, powerT } = this.#settings;
    if (learningRate === 'optimal') this.#eta = 1 / (alpha * (this.#optimalStart + this.#t - 1));
    else if (learningRate === 'invscaling') this.#eta = eta0 / this.#t ** powerT;
    return this.#eta;
  }

  #passiveStep(i: number, p: number, y: number): number {
    const { loss, learningRate, aggressiveness } = this.#settings;
    const norm = this.#w.squaredNorm(i);
    if (learningRate === 'pa1' && norm === 0) return Number.NaN;
    const value = loss.value(p, y);
    const size =
      learningRate === 'pa1' ? Math.min(aggressiveness, value / norm) : value / (norm + 0.5 / aggressiveness);
    if (this.#run.isClassifier) return size * y;
    return y - p < 0 ? -size : size;
  }

  isFinite(): boolean {
    return Number.isFinite(this.#intercept) && this.#w.isFinite();
  }

  /** Lowers the rate of the `'adaptive'` schedule; false where there is no lower one. */
  slowDown(): boolean {
    if (this.#settings.learningRate !== 'adaptive' || !(this.#eta > 1e-6)) return false;
    this.#eta /= 5;
    return true;
  }

  /** scikit-learn judges the coefficients before their scale is applied, and so when it stops; that is kept. */
  score(): number {
    return this.#run.validation!.score(this.#w.raw, this.#intercept);
  }

  state(): SgdState {
    return this.#w.state(this.#intercept, this.#meanIntercept);
  }
}

const clip = (slope: number): number => Math.max(-STEEPEST, Math.min(STEEPEST, slope));

/** Counts the epochs in a row that brought too little. */
class Progress {
  readonly #settings: SgdSettings;
  readonly #count: number;
  #leastLoss = Number.POSITIVE_INFINITY;
  #bestScore = Number.NEGATIVE_INFINITY;
  #idle = 0;

  /** @param count - how many samples are learned from. */
  constructor(settings: SgdSettings, count: number) {
    this.#settings = settings;
    this.#count = count;
  }

  takeLoss(loss: number): boolean {
    this.#note(loss > this.#leastLoss - this.#settings.tol * this.#count);
    this.#leastLoss = Math.min(this.#leastLoss, loss);
    return this.#isOver();
  }

  takeScore(score: number): boolean {
    this.#note(score < this.#bestScore + this.#settings.tol);
    this.#bestScore = Math.max(this.#bestScore, score);
    return this.#isOver();
  }

  forgive(): void {
    this.#idle = 0;
  }

  #note(isIdle: boolean): void {
    this.#idle = this.#settings.tol > Number.NEGATIVE_INFINITY && isIdle ? this.#idle + 1 : 0;
  }

  #isOver(): boolean {
    return this.#idle >= this.#settings.nIterNoChange;
  }
}

/** Fisher–Yates by a generator that starts from the seed again in each epoch, as in scikit-learn. */
function shuffle(order: Int32Array, seed: number): void {
  const next = xorshift(seed);
  for (let i = 0; i < order.length - 1; i++) {
    const j = i + (next() % (order.length - i));
    const t = order[i]!;
    order[i] = order[j]!;
    order[j] = t;
  }
}
