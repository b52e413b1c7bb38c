import { ConfigError, type KompaktError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import type { FitOptions, FittedEstimator, FittedTransformer, Resampler } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import type { Matrix } from '../../data/matrix';
import type { Rows } from '../../data/rows';
import { type ModelState, type Stateful, type StateValue, toJSON } from '../../estimator/state';

/** A step of a fitted pipeline: a fitted model, a resampler, which has nothing to do any more, or `'passthrough'`. */
export type FittedStep = FittedTransformer | FittedEstimator | Resampler | 'passthrough';

type Named = readonly (readonly [name: string, step: FittedStep])[];

const isTransformer = (step: FittedStep): step is FittedTransformer => typeof step === 'object' && 'transform' in step;
const acts = (step: FittedStep): boolean => step !== 'passthrough' && !('fitResample' in step);

/**
 * What `Pipeline.fit` returns: samples go through the fitted transformers to the last step. Resamplers are passed by: they
 * act in fit only. It has the methods that its last step has.
 */
export class FittedPipeline {
  static readonly type: string = 'Pipeline';
  readonly name = 'Pipeline';
  /** Fitted steps with their names. */
  readonly steps: Named;
  /** The labels, ascending, if the last step is a classifier. */
  declare readonly classes?: readonly (number | string | boolean)[];
  declare readonly predict?: (X: Rows) => Labels;
  declare readonly score?: (X: Rows, y: Labels, options?: FitOptions) => number;
  declare readonly predictProba?: (X: Rows) => Tensor;
  declare readonly decisionFunction?: (X: Rows) => Tensor;
  declare readonly transform?: (X: Rows) => Matrix;
  declare readonly inverseTransform?: (X: Matrix) => Matrix;

  constructor(steps: Named) {
    this.steps = steps;
    const last = steps.at(-1)![1];
    const model = (acts(last) ? last : {}) as Partial<FittedEstimator & FittedTransformer>;
    if (model.classes !== undefined) this.classes = model.classes;
    for (const method of ['predict', 'score', 'predictProba', 'decisionFunction'] as const) {
      if (typeof model[method] !== 'function') continue;
      const call = (X: Rows, ...rest: unknown[]): unknown =>
        (model[method] as (...args: unknown[]) => unknown)(through(steps.slice(0, -1), X), ...rest);
      Object.assign(this, { [method]: call });
    }
    if (!acts(last) || typeof model.transform === 'function') {
      this.transform = (X) => through(steps, X);
      const backwards = [...steps].reverse().filter(([, step]) => acts(step)) as [string, FittedTransformer][];
      if (backwards.every(([, step]) => typeof step.inverseTransform === 'function'))
        this.inverseTransform = (X) => backwards.reduce((Z, [, step]) => step.inverseTransform!(Z) as Matrix, X);
    }
  }

  /** Fitted steps by name. */
  get namedSteps(): Readonly<Record<string, FittedStep>> {
    return Object.fromEntries(this.steps);
  }

  /** How many features the first step that counts them takes. */
  get nFeatures(): number | undefined {
    const first = this.steps.find(([, step]) => acts(step))?.[1] as { readonly nFeatures?: number } | undefined;
    return first?.nFeatures;
  }

  /** What went less than well in fitting the steps. */
  get warnings(): readonly KompaktError[] {
    return this.steps.flatMap(([, step]) => (step as { readonly warnings?: readonly KompaktError[] }).warnings ?? []);
  }

  /**
   * All that the steps have learned, as data; `fromState` of the class makes the pipeline again, resamplers left out.
   *
   * @throws ConfigError for a step that keeps no state.
   */
  toState(): ModelState {
    const steps = this.steps.map(([name, step]): StateValue => [name, acts(step) ? stateOf(name, step) : null]);
    return { type: FittedPipeline.type, steps };
  }

  /** The pipeline as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /** The pipeline that {@link toState} described. */
  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedPipeline {
    const steps = state.steps as unknown as readonly (readonly [string, ModelState | null])[];
    return new FittedPipeline(
      steps.map(([name, inner]) => [name, inner === null ? 'passthrough' : (restore(inner) as FittedStep)] as const),
    );
  }
}

function stateOf(name: string, step: FittedStep): ModelState {
  const stateful = step as Partial<Stateful>;
  if (typeof stateful.toState === 'function') return stateful.toState();
  throw new ConfigError(`Pipeline.toState: the step '${name}' has no toState. Only built-in models can be kept.`);
}

function through(steps: Named, X: Rows): Matrix {
  return steps.reduce<Rows>((Z, [, step]) => (isTransformer(step) ? step.transform(Z as Matrix) : Z), X) as Matrix;
}
