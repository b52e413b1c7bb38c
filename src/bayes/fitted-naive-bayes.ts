import type { Tensor } from '../core/tensor';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { argMaxRows, FittedProbabilisticClassifier, resultLike } from '../estimator/fitted';

/** Base of fitted naive Bayes classifiers: all follows from ln P(c) + ln P(x | c). */
export abstract class FittedNaiveBayes<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  /** ln P(c) + ln P(x | c), up to what does not depend on c: `[samples, classes]`, row by row. */
  protected abstract jointLogs(X: Matrix, method: string): Float64Array;

  /**
   * ln P(c) + ln P(x | c) of each sample and class, up to what does not depend on the class.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, classes]`, columns in the order of `classes`.
   */
  predictJointLogProba(X: Matrix): Tensor {
    return this.#tensor(X, this.jointLogs(X, 'predictJointLogProba'));
  }

  /**
   * ln P(c | x) of each sample and class.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, classes]`, columns in the order of `classes`.
   */
  predictLogProba(X: Matrix): Tensor {
    return this.#tensor(X, this.#logs(X, 'predictLogProba'));
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    return this.#logs(X, method).map((v) => Math.exp(v));
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    return argMaxRows(this.jointLogs(X, method), this.classes.length);
  }

  #logs(X: Matrix, method: string): Float64Array {
    const logs = this.jointLogs(X, method);
    const k = this.classes.length;
    for (let at = 0; at < logs.length; at += k) {
      let max = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < k; c++) max = Math.max(max, logs[at + c]!);
      // Impossible in every class: nothing speaks for any of them.
      if (max === Number.NEGATIVE_INFINITY) logs.fill(0, at, at + k);
      if (max === Number.NEGATIVE_INFINITY) max = 0;
      let sum = 0;
      for (let c = 0; c < k; c++) sum += Math.exp(logs[at + c]! - max);
      const total = max + Math.log(sum);
      for (let c = 0; c < k; c++) logs[at + c]! -= total;
    }
    return logs;
  }

  #tensor(X: Matrix, data: Float64Array): Tensor {
    const k = this.classes.length;
    return resultLike(X, data, [data.length / k, k]);
  }
}
