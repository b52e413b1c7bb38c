import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';
import type { FitOptions, FittedTransformer, Resampler } from '../../data/estimator';
import { checkSameLength, type Labels } from '../../data/labels';
import { countRows, describe, type Rows, takeRows } from '../../data/rows';
import { readWeights } from '../../data/vector';
import { Nested, nestParams, withParams } from '../../estimator/params';
import type { KindOf } from '../model-methods';
import type { ParamsOf } from '../params/params-of';
import { FittedPipeline, type FittedStep } from './fitted-pipeline';
import type { LastOf, PipelineModel, PipelineStep, PipelineSteps } from './types';

interface Fit {
  fit(X: unknown, y?: unknown, options?: object): Promise<FittedStep>;
}

/**
 * Steps done one after the other: transformers and resamplers, and at the end an estimator (or a transformer).
 *
 * `fit` fits each step on what the ones before it make of the training samples. Predicting and scoring send samples through
 * the fitted transformers only: a resampler never touches what a model is judged on. Within cross-validation the whole
 * pipeline is fitted on the training samples of each part, so nothing of the test samples is seen.
 *
 * Parameters of steps are reached by the step's name and two underscores, for `withParams` and in searches: `'clf__C'`.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { SMOTE } from 'kompakt/imbalanced';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { Pipeline } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const pipeline = new Pipeline([['smote', new SMOTE({ seed: 1 })], ['clf', new LogisticRegression()]]);
 * const model = await pipeline.withParams({ clf__C: 10 }).fit(X, y);
 * console.log(model.score(X, y).toFixed(2), model.predict([[5, 3.4, 1.5, 0.2]])); // → 0.98 Int32Array(1) [ 0 ]
 * ```
 */
export class Pipeline<const S extends PipelineSteps = PipelineSteps> {
  readonly name = 'Pipeline' as const;
  /** The last step's: classifier or regressor; undefined for a pipeline of transformers. */
  readonly kind: KindOf<LastOf<S>>;
  /** Steps with their names. */
  readonly steps: S;

  /** @param steps - `[name, step]` in order; names are distinct, and without two underscores; checked by `fit`. */
  constructor(steps: S) {
    this.steps = steps;
    const last = Array.isArray(steps) ? (steps.at(-1)?.[1] as { readonly kind?: unknown } | null | undefined) : null;
    this.kind = last?.kind as KindOf<LastOf<S>>;
  }

  /** Steps by name. */
  get namedSteps(): { readonly [P in S[number] as P[0]]: P[1] } {
    return Object.fromEntries(this.steps) as { readonly [P in S[number] as P[0]]: P[1] };
  }

  /**
   * A pipeline with some parameters changed: a step by its name, its parameters by `'name__parameter'`.
   *
   * @param params - new values by name.
   * @throws ConfigError for a name that leads nowhere.
   */
  withParams(params: ParamsOf<this>): this {
    const changes = nestParams(params as Readonly<Record<string, unknown>>);
    const names = this.steps.map(([name]) => name);
    const stranger = Object.keys(changes).find((name) => !names.includes(name));
    if (stranger !== undefined)
      throw new ConfigError(
        `Pipeline.withParams: there is no step '${stranger}'. Steps are ${names.join(', ')}; their parameters are reached as 'step__parameter'.`,
      );
    const steps = this.steps.map(([name, step]) => {
      const change = changes[name];
      if (!(change instanceof Nested)) return [name, Object.hasOwn(changes, name) ? change : step];
      if (typeof step !== 'object' || step === null)
        throw new ConfigError(`Pipeline.withParams: the step '${name}' is ${shown(step)} and has no parameters.`);
      return [name, withParams(step, change.params)];
    });
    return new Pipeline(steps as unknown as S) as this;
  }

  /**
   * Fits every step on what those before it give.
   *
   * @param X - training samples, in any form the first step takes.
   * @param y - a label or target per sample.
   * @param options - `sampleWeight`, for the last step; after a resampler that only picks samples, theirs.
   * @returns the fitted pipeline, with the methods that its last step has.
   * @throws ConfigError for steps that can't be put together, or weights that a resampler makes meaningless; and what a
   * step throws.
   */
  async fit<L extends Labels>(X: Rows, y?: L, options: FitOptions = {}): Promise<PipelineModel<LastOf<S>, L>> {
    checkSteps(this.steps);
    checkOptions(options, ['sampleWeight'], 'Pipeline.fit');
    const n = countRows(X, 'Pipeline.fit: X');
    if (y !== undefined) checkSameLength(n, countRows(y as Rows, 'Pipeline.fit: y'), 'Pipeline.fit');
    let state: State = { X, y, weights: readWeights(options.sampleWeight, n, 'Pipeline.fit') };
    const fitted: [string, FittedStep][] = [];
    for (const [name, step] of this.steps.slice(0, -1)) {
      const done = await fitStep(name, step, state);
      fitted.push([name, done.step]);
      state = done.state;
    }
    const [name, last] = this.steps.at(-1)!;
    const weighted = state.weights === null ? {} : { sampleWeight: state.weights };
    fitted.push([
      name,
      last === 'passthrough' || last === null ? 'passthrough' : await (last as Fit).fit(state.X, state.y, weighted),
    ]);
    return new FittedPipeline(fitted) as unknown as PipelineModel<LastOf<S>, L>;
  }
}

interface State {
  readonly X: Rows;
  readonly y: Labels | undefined;
  readonly weights: Float64Array | null;
}

const isResampler = (step: PipelineStep): step is Resampler =>
  typeof step === 'object' && step !== null && 'fitResample' in step;

async function fitStep(name: string, step: PipelineStep, state: State): Promise<{ step: FittedStep; state: State }> {
  if (step === 'passthrough' || step === null) return { step: 'passthrough', state };
  if (isResampler(step)) return { step, state: await resample(name, step, state) };
  const fitted = (await (step as Fit).fit(state.X, state.y)) as FittedTransformer;
  if (typeof fitted?.transform !== 'function')
    throw new ConfigError(
      `Pipeline.fit: the step '${name}' can't transform. All but the last must be transformers or resamplers.`,
    );
  return { step: fitted, state: { ...state, X: fitted.transform(state.X as never) as Rows } };
}

async function resample(name: string, step: Resampler, { X, y, weights }: State): Promise<State> {
  if (y === undefined)
    throw new ConfigError(`Pipeline.fit: the step '${name}' resamples, which needs labels: fit(X, y).`);
  const out = await step.fitResample(X as never, y);
  if (weights !== null && out.indices === undefined)
    throw new ConfigError(
      `Pipeline.fit: the step '${name}' makes new samples, which have no sampleWeight. Leave sampleWeight out, or use classWeight.`,
    );
  return { X: out.X as Rows, y: out.y as Labels, weights: weights === null ? null : takeRows(weights, out.indices!) };
}

function checkSteps(steps: PipelineSteps): void {
  const what = 'Pipeline.fit';
  if (!Array.isArray(steps) || steps.length === 0)
    throw new ConfigError(
      `${what}: steps must be a list such as [['clf', new LogisticRegression()]], not ${describe(steps)}.`,
    );
  const seen = new Set<string>();
  for (const entry of steps as readonly (readonly [string, PipelineStep])[]) {
    const [name, step] = Array.isArray(entry) ? entry : [undefined, undefined];
    if (typeof name !== 'string' || name === '' || name.includes('__'))
      throw new ConfigError(`${what}: each step must be [name, step], its name without '__'; got ${describe(name)}.`);
    if (seen.has(name)) throw new ConfigError(`${what}: two steps are named '${name}'. Names must be distinct.`);
    seen.add(name);
    const isStep = typeof step === 'object' && step !== null && ('fit' in step || 'fitResample' in step);
    if (!isStep && step !== 'passthrough' && step !== null)
      throw new ConfigError(
        `${what}: the step '${name}' is ${describe(step)}. It must be a transformer, a resampler, an estimator or 'passthrough'.`,
      );
  }
  const [name, last] = steps.at(-1)!;
  if (isResampler(last as PipelineStep))
    throw new ConfigError(
      `${what}: the last step '${name}' resamples. End with an estimator, a transformer or 'passthrough'.`,
    );
}

type StepName<E> = E extends { readonly name: infer N extends string }
  ? Uppercase<N> extends N
    ? Lowercase<N>
    : Uncapitalize<N>
  : string;

/**
 * A pipeline whose steps are named by their classes: `StandardScaler` is `standardScaler`, `PCA` is `pca`; several of one
 * class are `pca-1`, `pca-2`.
 *
 * @param steps - transformers, resamplers, and at the end an estimator or a transformer.
 *
 * @example
 * ```ts
 * import { SMOTE } from 'kompakt/imbalanced';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { makePipeline } from 'kompakt/model-selection';
 * console.log(makePipeline(new SMOTE(), new LogisticRegression()).steps.map(([name]) => name));
 * // → [ 'smote', 'logisticRegression' ]
 * ```
 */
export function makePipeline<const E extends readonly PipelineStep[]>(
  ...steps: E
): Pipeline<{ readonly [I in keyof E]: readonly [StepName<E[I]>, E[I]] }> {
  const names = steps.map(nameOf);
  const numbered = names.map((name, i) => {
    if (names.indexOf(name) === names.lastIndexOf(name)) return name;
    return `${name}-${names.slice(0, i).filter((other) => other === name).length + 1}`;
  });
  return new Pipeline(steps.map((step, i) => [numbered[i]!, step] as const)) as never;
}

function nameOf(step: PipelineStep): string {
  if (step === 'passthrough' || step === null) return 'passthrough';
  const name = (step as { readonly name?: string })?.name ?? step?.constructor?.name ?? 'step';
  // Its first word in small letters, initials being one: standardScaler, svc, knnImputer.
  return name.replace(/^(?:[A-Z]+(?![a-z])|[A-Z])/, (first) => first.toLowerCase());
}
