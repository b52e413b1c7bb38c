import { ConfigError, ShapeError } from '../core/errors';
import { scope } from '../core/scope';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { SampleSource } from '../data/batches';
import { firstValues } from '../nn/graph/network';
import { layerFromConfig } from '../nn/layers/registry';
import type { CompileOptions, FitOptions } from '../nn/options';
import type { Sequential } from '../nn/sequential';
import { asTensor, type TensorLike } from '../ops/create';
import { cast, concat, oneHot, reshape, slice } from '../ops/index';
import { checkDistillation, distillationLoss } from './distillation-loss';
import { checkModel, type Pass, refuseIntegers, type Stage, samplesFor, stagesOf, withChanges } from './pass';

export interface DistillOptions extends Omit<FitOptions, 'classWeight' | 'sampleWeight' | 'validationData'> {
  /** A trained classifier with the same classes. */
  teacher: Sequential;
  /** The transfer set: inputs, labelled or not. */
  x: TensorLike;
  /** Their classes `[n]`, or one-hot rows; without them only the teacher teaches. */
  y?: TensorLike;
  /** Softens the teacher's probabilities; default 3. */
  temperature?: number;
  /** Weight of the teacher against the labels; default 0.5 with `y`, 1 without. */
  alpha?: number;
  /** Default `'adam'`. */
  optimizer?: CompileOptions['optimizer'];
}

/**
 * Trains a copy of the model (the student) to give the probabilities a teacher gives, with Hinton's loss:
 * α·T²·KL(teacher ‖ student at temperature T) + (1 − α)·cross-entropy with the labels, on the logits of both.
 *
 * It pays with a teacher clearly better than the student and a transfer set larger than the labelled one; with the same
 * labelled data and a mediocre teacher it often doesn't.
 *
 * @throws ConfigError for models that do not end in softmax or logits; ShapeError when classes differ.
 *
 * Reference: Hinton, Vinyals, Dean 2015, arXiv:1503.02531.
 */
export function distill(options: DistillOptions): Pass {
  if (typeof options !== 'object' || options === null || options.x === undefined) {
    throw new ConfigError(
      'distill: expected options such as { teacher, x, epochs: 1 }; x are the inputs to learn from.',
    );
  }
  const { teacher, x, y, temperature: t, alpha: a, optimizer = 'adam', ...fit } = options;
  const { temperature, alpha } = checkDistillation({ temperature: t, alpha: a, labels: y });
  return async (student) => {
    checkModel(student, 'distill');
    refuseIntegers(student, 'distill');
    checkModel(teacher, 'distill (teacher)');
    const classes = student.outputShape.at(-1)!;
    if (teacher.outputShape.at(-1) !== classes) {
      throw new ShapeError(
        `distill: the teacher tells ${teacher.outputShape.at(-1)} classes apart, the student ${classes}.`,
      );
    }
    const labels = y === undefined ? undefined : await samplesFor(teacher, y, 'distill: y');
    const inputs = asTensor(x);
    const teaching = scope(() => logitsModel(teacher));
    const learning = scope(() => logitsModel(student));
    const targets = scope(() => targetsOf(teaching.model, inputs, labels, classes));
    try {
      const loss = (yTrue: Tensor, yPred: Tensor): Tensor => batchLoss(yTrue, yPred, classes, temperature, alpha);
      learning.model.compile({ optimizer, loss });
      await learning.model.fit(inputs, targets, fit);
      return scope(() => withLastActivation(student, learning));
    } finally {
      teaching.model.dispose();
      learning.model.dispose();
      targets.dispose();
      if (inputs !== x) inputs.dispose();
    }
  };
}

interface LogitsModel {
  readonly model: Sequential;
}

/** The position of the layer that makes the output of a model of one input and one output. */
function outputLayer({ network }: Sequential): number {
  if (network.inputs.length > 1 || network.outputs.length > 1)
    throw new ConfigError('distill: teacher and student must have one input and one output.');
  const at = firstValues(network).indexOf(network.outputs[0]!.value);
  if (at < 0) throw new ConfigError('distill: the output must be made by a layer of one output.');
  return network.calls[at]!.layer;
}

/** A copy of a classifier that ends in logits: its last softmax taken off. */
function logitsModel(model: Sequential): LogitsModel {
  const stages = stagesOf(model);
  const at = outputLayer(model);
  const last = stages[at]!;
  const activation = (last.layer.config as { activation?: string }).activation ?? 'linear';
  if (activation === 'linear') return { model: model.clone() };
  if (activation !== 'softmax') {
    throw new ConfigError(
      `distill: the model must end in softmax or logits, but '${last.name}' ends in '${activation}'.`,
    );
  }
  return {
    model: withChanges(model, { stages: stages.map((s, i) => (i === at ? linear(s) : s)), masks: model.masks }),
  };
}

const linear = (stage: Stage): Stage => ({
  ...stage,
  layer: layerFromConfig(stage.layer.kind, { ...stage.layer.config, activation: 'linear' }, stage.layer.name),
});

/** The student with the weights that its logits model learnt. */
function withLastActivation(student: Sequential, { model }: LogitsModel): Sequential {
  const learnt = stagesOf(model);
  const stages = stagesOf(student).map((s, i) => ({ ...learnt[i]!, layer: s.layer, name: s.name }));
  return withChanges(student, { stages, masks: student.masks });
}

/** Teacher logits and, where there are labels, one-hot rows, side by side: one row per sample that `fit` can batch. */
function targetsOf(teacher: Sequential, x: Tensor, y: SampleSource | undefined, classes: number): Tensor {
  const logits = teacher.predict(x);
  if (y === undefined) return logits;
  const given = y.range(0, y.length);
  const labels = given.rank === 2 && given.shape[1] === 1 ? reshape(given, [-1]) : given;
  const rows = labels.rank === 1 ? oneHot(cast(labels, 'int32'), classes) : labels;
  if (rows.shape[0] !== logits.shape[0] || rows.shape[1] !== classes) {
    throw new ShapeError(
      `distill: y must hold one of ${classes} classes per input, got shape ${formatShape(labels.shape)} for ${x.shape[0]} inputs.`,
    );
  }
  return concat([logits, cast(rows, logits.dtype)], -1);
}

function batchLoss(yTrue: Tensor, yPred: Tensor, classes: number, temperature: number, alpha: number): Tensor {
  const rows = yTrue.shape[0]!;
  const teacher = slice(yTrue, [0, 0], [rows, classes]);
  const labels = yTrue.shape[1]! > classes ? slice(yTrue, [0, classes], [rows, 2 * classes]) : undefined;
  return distillationLoss(yPred, teacher, { temperature, alpha, labels });
}
