import { AbortError } from '../../core/errors';
import type { Estimator, FittedEstimator } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import type { Matrix } from '../../data/matrix';
import { type Rows, takeRows } from '../../data/rows';
import { withParams } from '../../estimator/params';
import type { Scorers, Scoring } from '../scoring/resolve';
import type { TrainTest } from '../stratify';
import { type Method, respond } from './respond';

/** Parameters by name, nested names included. */
export type Params = Readonly<Record<string, unknown>>;

/** What the jobs of one run have in common. */
export interface Task {
  readonly estimator: Estimator<FittedEstimator>;
  readonly X: Rows;
  readonly y: Labels;
  /** For `fit`; not for the figures. */
  readonly weights: Float64Array | null;
  readonly scorers: Scorers;
  /** What the scorers were made from. */
  readonly scoring: Scoring | undefined;
}

/** One fit on some samples, and what is wanted of the model. */
export interface Job {
  readonly part: TrainTest;
  /** Changes of the estimator's parameters. */
  readonly params?: Params | undefined;
  /** The sample whose label each sample has in this job, where labels are permuted. */
  readonly labelsFrom?: Int32Array | undefined;
  readonly trainScore?: boolean | undefined;
  /** Hand back the model. */
  readonly keepModel?: boolean | undefined;
  /** Instead of scores, what the model says about the test samples. */
  readonly predict?: Method | undefined;
}

/** Why a job, or one of its figures, failed. */
export interface Failure {
  /** The figure; null for all of them, and `'fit'` for fitting. */
  readonly stage: 'fit' | 'score';
  readonly name: string | null;
  readonly error: unknown;
}

export interface Outcome {
  readonly test: Readonly<Record<string, number>>;
  readonly train: Readonly<Record<string, number>> | null;
  /** Seconds. */
  readonly fitTime: number;
  /** Seconds. */
  readonly scoreTime: number;
  readonly failures: readonly Failure[];
  readonly model?: FittedEstimator | undefined;
  readonly predicted?: ReturnType<typeof respond> | undefined;
}

/** Fits and scores. What goes wrong in either is part of the outcome, except an abort. */
export async function runJob(task: Task, job: Job): Promise<Outcome> {
  const estimator = job.params === undefined ? task.estimator : withParams(task.estimator, job.params);
  const failures: Failure[] = [];
  const start = performance.now();
  let model: FittedEstimator;
  try {
    model = await fitOn(estimator, task, job);
  } catch (error) {
    if (error instanceof AbortError) throw error;
    failures.push({ stage: 'fit', name: null, error });
    return { test: {}, train: null, fitTime: secondsSince(start), scoreTime: 0, failures };
  }
  const fitTime = secondsSince(start);
  const begin = performance.now();
  const X = takeRows(task.X, job.part.test) as Matrix;
  const kept = job.keepModel ? { model } : {};
  if (job.predict !== undefined) {
    const predicted = respond(model, X, job.predict);
    return { test: {}, train: null, fitTime, scoreTime: secondsSince(begin), failures, predicted, ...kept };
  }
  const failed = (name: string | null, error: unknown): void => {
    failures.push({ stage: 'score', name, error });
  };
  const test = task.scorers.compute(model, X, labelsAt(task, job, job.part.test), failed);
  const scoreTime = secondsSince(begin);
  const train = job.trainScore
    ? task.scorers.compute(
        model,
        takeRows(task.X, job.part.train) as Matrix,
        labelsAt(task, job, job.part.train),
        failed,
      )
    : null;
  return { test, train, fitTime, scoreTime, failures, ...kept };
}

async function fitOn(estimator: Estimator, task: Task, job: Job): Promise<FittedEstimator> {
  const { train } = job.part;
  const weights = task.weights === null ? {} : { sampleWeight: takeRows(task.weights, train) };
  return await estimator.fit(takeRows(task.X, train) as Matrix, labelsAt(task, job, train), weights);
}

function labelsAt({ y }: Task, { labelsFrom }: Job, at: Int32Array): Labels {
  return takeRows(y as Rows, labelsFrom === undefined ? at : at.map((i) => labelsFrom[i]!)) as Labels;
}

const secondsSince = (start: number): number => (performance.now() - start) / 1000;
