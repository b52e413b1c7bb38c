import type { Owned } from '../core/lifetime';
import { everyLeaf } from '../core/nest';
import type { Rng } from '../core/rng';
import { Tensor } from '../core/tensor';
import type { OptimizerState } from '../optim/index';
import { withTables } from '../optim/schedule-table';
import { packFindings, totalsOf } from './averages';
import { carriedOn } from './carried';
import type { Compiled } from './compiled';
import type { Network } from './graph/network';
import { deferringChecks } from './indices';
import type { LayerWeights, Params } from './layer';
import { NO_RATES, type Rates } from './rates';
import { type Compile, Runner } from './runner';
import { drawKey, StepRng } from './step-rng';
import { type Batch, type BatchTensors, objectiveOf, type StepState, trainedParams, trainStep } from './train-step';
import type { Variables } from './variables';

/** What steps are made of. */
export interface StepParts {
  readonly network: Network;
  readonly compiled: Compiled;
}

/** A batch as a nest of tensors: of targets and weights there is one or none for each output. */
interface BatchNest {
  readonly xs: readonly Tensor[];
  readonly ys: readonly (readonly Tensor[])[];
  readonly weights: readonly (readonly Tensor[])[];
}

interface TrainArgs {
  readonly weights: readonly LayerWeights[];
  readonly optimizerState: OptimizerState;
  readonly masks: { readonly [path: string]: Tensor };
  readonly batch: BatchNest;
  readonly key: Tensor;
  /** Tables of the learning rate, where the host can't be asked for it. */
  readonly rates: readonly Tensor[];
}

/** What changed, layer by layer, and what the step found. */
interface TrainResult {
  readonly params: readonly Params[];
  readonly states: readonly Params[];
  readonly optimizerState: OptimizerState;
  readonly findings: Tensor;
}

interface TestArgs {
  readonly weights: readonly LayerWeights[];
  readonly batch: BatchNest;
}

/** What there is to find in a batch, and what stateful layers carry on from it, layer by layer. */
export interface TestOutcome {
  readonly findings: Tensor;
  readonly carried: readonly Params[];
}

/** The next state of training, not taken over yet, and what the step found (see `readFindings`). */
export interface TrainOutcome extends StepState {
  readonly findings: Tensor;
}

const oneOrNone = (t: Tensor | null): Tensor[] => (t === null ? [] : [t]);
const toNest = ({ xs, ys, weights }: BatchTensors): BatchNest => ({
  xs,
  ys: ys.map(oneOrNone),
  weights: weights.map(oneOrNone),
});
const fromNest = ({ xs, ys, weights }: BatchNest): BatchTensors => ({
  xs,
  ys: ys.map((y) => y[0] ?? null),
  weights: weights.map((w) => w[0] ?? null),
});

/** The steps of one compiled model: of training, and of evaluation. Tensors they make belong to the scope of the call. */
export class Steps implements Owned {
  readonly pinnedBy = null;
  readonly #train: Runner<TrainArgs, TrainResult>;
  readonly #test: Runner<TestArgs, TestOutcome>;
  #schedules: Rates['schedules'] = [];

  constructor(
    readonly parts: StepParts,
    compile: Compile | null = null,
  ) {
    this.#train = new Runner((args) => this.#trainBody(args, new StepRng(args.key, null)), compile);
    this.#test = new Runner((args) => this.#testBody(args), compile);
  }

  /** Whether plans are run, as far as is known. */
  get isCompiled(): { readonly train: boolean; readonly test: boolean } {
    return { train: this.#train.isCompiled, test: this.#test.isCompiled };
  }

  /** Frees the plans. It stays usable. */
  dispose(): void {
    this.#train.dispose();
    this.#test.dispose();
  }

  /** One step of training; `noise` is a stream for it alone. */
  train(
    variables: Variables,
    optimizerState: OptimizerState,
    batch: Batch,
    noise: Rng,
    rates: Rates = NO_RATES,
  ): TrainOutcome {
    const { weights } = variables;
    this.#schedules = rates.schedules;
    const args: TrainArgs = {
      weights,
      optimizerState,
      masks: Object.fromEntries(variables.masks),
      batch: toNest(batch),
      key: drawKey(noise, batch.xs[0]!.backend),
      rates: rates.tables,
    };
    if (this.#train.isCompiled && !isTensors(optimizerState)) this.#train.giveUp();
    const result = this.#train.run(args, () => this.#trainBody(args, rngOf(args.key, noise)));
    return {
      weights: weights.map((w, i) => ({
        params: updated(w.params, result.params[i]!),
        state: updated(w.state, result.states[i]!),
      })),
      optimizerState: result.optimizerState,
      findings: result.findings,
    };
  }

  /** What there is to find in a batch without training on it. */
  test({ weights }: Variables, batch: Batch): TestOutcome {
    const args = { weights, batch: toNest(batch) };
    return this.#test.run(args, () => this.#testBody(args));
  }

  /** The same without a trace, which finds out what is wrong with values that a trace can't look at. */
  testEagerly({ weights }: Variables, batch: Batch): Tensor {
    return this.#testBody({ weights, batch: toNest(batch) }).findings;
  }

  #trainBody({ weights, optimizerState, masks, batch, key: _, rates }: TrainArgs, rng: StepRng): TrainResult {
    const { network, compiled } = this.parts;
    const { outputs, optimizer } = compiled;
    const spec = { network, outputs, optimizer, masks: new Map(Object.entries(masks)) };
    const tensors = fromNest(batch);
    const { result: step, strangers } = deferringChecks(() => {
      const next = withTables(this.#schedules, rates, () => trainStep(spec, { weights, optimizerState }, tensors, rng));
      return { ...next, totals: totalsOf(compiled, next.predicted, tensors) };
    });
    return {
      params: trainedParams(network.layers, step.weights),
      states: step.weights.map(({ state }, i) => (state === weights[i]!.state ? {} : state)),
      optimizerState: step.optimizerState,
      findings: packFindings({ ...step, strangers }),
    };
  }

  #testBody({ weights, batch }: TestArgs): TestOutcome {
    const { network, compiled } = this.parts;
    const tensors = fromNest(batch);
    const { result, strangers } = deferringChecks(() => {
      const predicted = objectiveOf({ network, outputs: compiled.outputs }, weights, tensors, {
        training: false,
        rng: null,
      });
      return {
        loss: predicted.total,
        totals: totalsOf(compiled, predicted, tensors),
        carried: carriedOn(network, predicted.state),
      };
    });
    return { findings: packFindings({ ...result, health: null, strangers }), carried: result.carried };
  }
}

/** Whether nothing in a state is a number of the host, which would need another plan whenever it changed. */
const isTensors = (state: OptimizerState): boolean => everyLeaf(state, isTensor);
const isTensor = (x: unknown): boolean => x instanceof Tensor;

/** `own` with the entries of `next` in their places; `next` itself where it has them all. */
function updated(own: Params, next: Params): Params {
  for (const name in own) if (!Object.hasOwn(next, name)) return { ...own, ...next };
  return next;
}

/** The randomness of a step that is not compiled: the same, and numbers of the host for layers that draw some. */
export function rngOf(key: Tensor, noise: Rng): StepRng {
  return new StepRng(key, noise.split());
}
