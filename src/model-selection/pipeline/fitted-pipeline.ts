import { ConfigError, type KompaktError } from '../../core/errors';
import type { FittedEstimator, FittedTransformer, Resampler } from '../../data/estimator';
import type { Matrix } from '../../data/matrix';
import type { Rows } from '../../data/rows';
import { type ModelState, type Stateful, type StateValue, toJSON } from '../../estimator/state';
import { delegate, type OptionalMethods } from '../model-methods';

/** A step of a fitted pipeline: a fitted model, a resampler, which has nothing to do any more, or `'passthrough'`. */
export type FittedStep = FittedTransformer | FittedEstimator | Resampler | 'passthrough';

type Named = readonly (readonly [name: string, step: FittedStep])[];

const SAYS = ['predict', 'score', 'predictProba', 'decisionFunction'] as const;
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
  declare readonly classes?: OptionalMethods['classes'];
  declare readonly predict?: OptionalMethods['predict'];
  declare readonly score?: OptionalMethods['score'];
  declare readonly predictProba?: OptionalMethods['predictProba'];
  declare readonly decisionFunction?: OptionalMethods['decisionFunction'];
  declare readonly transform?: OptionalMethods['transform'];
  declare readonly inverseTransform?: OptionalMethods['inverseTransform'];

  constructor(steps: Named) {
    this.steps = steps;
    const last = steps.at(-1)![1];
    if (acts(last))
      Object.assign(
        this,
        delegate(last as object, (X) => through(steps.slice(0, -1), X), SAYS),
      );
    if (!acts(last) || isTransformer(last)) {
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
