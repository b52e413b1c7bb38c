import type { Tensor } from '../core/tensor';
import type { Label, Labels } from '../data/labels';
import { countSamples, type Dense, type Matrix, type Samples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
import { argMaxRows, FittedClassifier, type FittedClassifierParts, resultLike } from '../estimator/fitted';
import { checkLearned } from '../estimator/learned';
import { classifierState, labelsOfForm, type ModelState, type StateValue } from '../estimator/state';
import { type Kernel, KernelColumns } from './kernel';
import { type Machines, pairDecisions, startsOf } from './one-vs-one';
import { mostVotes, scoresOfPairs } from './votes';

/** `'ovr'`: one decision per class; `'ovo'`: one per pair of classes. */
export type DecisionFunctionShape = 'ovr' | 'ovo';

interface Parts<L extends Labels>
  extends Pick<FittedClassifierParts<L>, 'nFeatures' | 'warnings' | 'classes' | 'likeLabels'> {
  readonly kernel: Kernel;
  readonly machines: Machines;
  /** The support vectors. */
  readonly vectors: Samples;
  readonly decisionFunctionShape: DecisionFunctionShape;
  readonly breakTies: boolean;
  /** Results are made beside it. */
  readonly beside: Matrix;
}

/** What `SVC.fit` returns. Labels come back in the form they were given in. */
export class FittedSVC<L extends Labels = Labels> extends FittedClassifier<L> {
  static readonly type = 'SVC';
  /** int32 `[support vectors]`: rows of the training samples that are support vectors, class by class. */
  readonly support: Int32Array;
  /** `[support vectors, features]`, float64; a CsrMatrix if the samples were sparse. */
  readonly supportVectors: Tensor | CsrMatrix;
  /** How many support vectors each class has. */
  readonly nSupport: Int32Array;
  /**
   * float64 `[classes − 1, support vectors]`: α·y. A support vector of class c has its coefficient against class d in row
   * d, counted without c.
   */
  readonly dualCoef: Tensor;
  /** float64 `[pairs of classes]`, in the order (0, 1), (0, 2), …, (1, 2), …. */
  readonly intercept: Tensor;
  /** γ of the kernel. */
  readonly gamma: number;
  /** Steps taken for each pair of classes. */
  readonly nIter: Int32Array;
  readonly #parts: Omit<Parts<L>, 'likeLabels' | 'beside' | 'warnings'>;
  readonly #starts: Int32Array;
  readonly #columns: KernelColumns;

  constructor(parts: Parts<L>) {
    super({ ...parts, name: 'SVC', accepts: { sparse: true } });
    const { machines, vectors, beside, kernel, nFeatures, classes, decisionFunctionShape, breakTies } = parts;
    checkLearned(machines.coef, 'a coefficient', 'SVC');
    checkLearned(machines.offset, 'the intercept', 'SVC');
    this.support = machines.support;
    this.nSupport = machines.nSupport;
    this.nIter = machines.iterations;
    this.gamma = kernel.gamma;
    this.supportVectors = isSparse(vectors)
      ? vectors
      : resultLike(beside, vectors.data, [machines.support.length, nFeatures]);
    // Of two classes the second is the positive one, of each pair of more the first.
    const sign = classes.length === 2 ? -1 : 1;
    this.dualCoef = resultLike(
      beside,
      machines.coef.map((v) => sign * v),
      [classes.length - 1, machines.support.length],
    );
    this.intercept = resultLike(
      beside,
      machines.offset.map((v) => sign * v),
      [machines.offset.length],
    );
    this.#parts = { kernel, machines, vectors, nFeatures, classes, decisionFunctionShape, breakTies };
    this.#starts = startsOf(machines.nSupport);
    this.#columns = new KernelColumns(kernel, vectors);
  }

  /**
   * How far each sample is on the side of a class, Σ α·y·K(x, support vector) + b.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples]` for two classes (positive: the second); for more `[samples, classes]`, votes of the pairs
   * with ties broken by their decisions, or with `decisionFunctionShape: 'ovo'` `[samples, pairs]`, positive for the first
   * of a pair.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  decisionFunction(X: Matrix): Tensor {
    const samples = this.readSparse(X, 'decisionFunction');
    const rows = countSamples(samples);
    const k = this.classes.length;
    if (k === 2)
      return resultLike(
        X,
        this.#decisions(samples).map((v) => -v),
        [rows],
      );
    if (this.#parts.decisionFunctionShape === 'ovr') return resultLike(X, this.#classScores(samples), [rows, k]);
    return resultLike(X, this.#decisions(samples), [rows, (k * (k - 1)) / 2]);
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    const samples = this.readSparse(X, method);
    const k = this.classes.length;
    if (this.#parts.breakTies && k > 2) return argMaxRows(this.#classScores(samples), k);
    const pairs = (k * (k - 1)) / 2;
    const decisions = this.#decisions(samples);
    return Int32Array.from({ length: countSamples(samples) }, (_, i) =>
      mostVotes(decisions.subarray(i * pairs, (i + 1) * pairs), k),
    );
  }

  toState(): ModelState {
    const { kernel, machines, vectors, decisionFunctionShape, breakTies } = this.#parts;
    return {
      type: FittedSVC.type,
      ...classifierState(this as never, this.likeLabels),
      kernel: { ...kernel },
      machines: { ...machines },
      vectors: isSparse(vectors)
        ? { data: vectors.data, indices: vectors.indices, indptr: vectors.indptr, rows: vectors.shape[0] }
        : { data: vectors.data, rows: vectors.rows },
      decisionFunctionShape,
      breakTies,
    };
  }

  /** The model from what `toState` gave; its labels come back in the same form. */
  static fromState(state: ModelState): FittedSVC {
    const nFeatures = state.nFeatures as number;
    return new FittedSVC({
      nFeatures,
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
      kernel: state.kernel as unknown as Kernel,
      machines: state.machines as unknown as Machines,
      vectors: vectorsOf(state.vectors as { readonly [key: string]: StateValue }, nFeatures),
      decisionFunctionShape: state.decisionFunctionShape as DecisionFunctionShape,
      breakTies: state.breakTies as boolean,
      beside: [],
    });
  }

  /** Decisions `[samples, pairs]`, positive for the first of a pair. */
  #decisions(X: Samples): Float64Array {
    const rows = countSamples(X);
    const pairs = this.#parts.machines.offset.length;
    const out = new Float64Array(rows * pairs);
    for (let i = 0; i < rows; i++)
      pairDecisions(
        this.#parts.machines,
        this.#starts,
        this.#columns.at(X, i),
        out.subarray(i * pairs, (i + 1) * pairs),
      );
    return out;
  }

  #classScores(X: Samples): Float64Array {
    const rows = countSamples(X);
    const k = this.classes.length;
    const pairs = this.#parts.machines.offset.length;
    const decisions = this.#decisions(X);
    const out = new Float64Array(rows * k);
    for (let i = 0; i < rows; i++)
      scoresOfPairs(decisions.subarray(i * pairs, (i + 1) * pairs), k, out.subarray(i * k, (i + 1) * k));
    return out;
  }
}

function vectorsOf(state: { readonly [key: string]: StateValue }, cols: number): Samples {
  const rows = state.rows as number;
  const data = state.data as Float64Array;
  if (state.indptr === undefined) return { data, rows, cols } satisfies Dense;
  return new CsrMatrix({
    data,
    indices: state.indices as Int32Array,
    indptr: state.indptr as Int32Array,
    shape: [rows, cols],
  });
}
