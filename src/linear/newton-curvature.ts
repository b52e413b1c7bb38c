import { countFeatures, countSamples } from '../data/matrix';
import { softmaxInPlace } from './logistic-probabilities';
import { interceptL2, interceptsOf, type Problem, parameterCount } from './loss';
import { addOuterProducts, addSquares, linearScores } from './products';

/** The Hessian of a logistic objective at a point: its product with vectors and its diagonal. */
export class Curvature {
  readonly #problem: Problem;
  /** Class probabilities of each sample. */
  readonly p: Float64Array;
  readonly #products: Float64Array;

  constructor(problem: Problem, x: Float64Array) {
    const { X, outputs: k } = problem;
    this.#problem = problem;
    this.p = new Float64Array(countSamples(X) * k);
    this.#products = new Float64Array(this.p.length);
    linearScores(X, x, interceptsOf(problem, x), this.p);
    if (k === 1) for (let i = 0; i < this.p.length; i++) this.p[i] = 1 / (1 + Math.exp(-this.p[i]!));
    else softmaxInPlace(this.p, k);
  }

  /** H·v: with z = X·v, Σ sᵢ·(diag(pᵢ) − pᵢpᵢᵀ)·zᵢ ⊗ xᵢ + λ·v. */
  times(v: Float64Array): Float64Array {
    const { X, outputs: k, weights, l2, fitIntercept } = this.#problem;
    const z = this.#products;
    linearScores(X, v, interceptsOf(this.#problem, v), z);
    for (let i = 0; i < weights.length; i++) {
      const at = i * k;
      // For one output this is p·(1 − p)·z, as it should be.
      let inner = 0;
      for (let c = 0; c < k; c++) inner += this.p[at + c]! * z[at + c]!;
      for (let c = 0; c < k; c++) z[at + c] = weights[i]! * this.p[at + c]! * (z[at + c]! - inner);
    }
    const out = new Float64Array(v.length);
    addOuterProducts(X, z, k, out);
    const size = k * countFeatures(X);
    for (let j = 0; j < size; j++) out[j]! += l2 * v[j]!;
    if (!fitIntercept) return out;
    for (let i = 0; i < z.length; i++) out[size + (i % k)]! += z[i]!;
    const ofIntercept = interceptL2(this.#problem);
    for (let j = size; j < out.length; j++) out[j]! += ofIntercept * v[j]!;
    return out;
  }

  /** The diagonal of H. */
  diagonal(): Float64Array {
    const { X, outputs: k, weights, l2, fitIntercept } = this.#problem;
    const size = k * countFeatures(X);
    const out = new Float64Array(parameterCount(this.#problem));
    const d = this.p.map((p, at) => weights[Math.floor(at / k)]! * p * (1 - p));
    addSquares(X, d, k, out);
    for (let j = 0; j < size; j++) out[j]! += l2;
    if (!fitIntercept) return out;
    const ofIntercept = interceptL2(this.#problem);
    for (let i = 0; i < d.length; i++) out[size + (i % k)]! += d[i]!;
    for (let j = size; j < out.length; j++) out[j]! += ofIntercept;
    return out;
  }
}
